from __future__ import annotations

import pytest

from rxvlm.models import named, openai_compatible
from rxvlm.models.openai_compatible import ChatVlm

WHERES = ["127.0.0.1:8000/v1", "gpu:8000", "HTTP://gpu/v1", "http:/gpu", "localhost", "[::1]:80", "/v1", "ftp://gpu"]


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, clean_environment: object) -> None:
    """Set the keys of all clouds, so that nothing but a check keeps a clip from them."""
    _ = clean_environment
    for name in ("OPENAI_API_KEY", "OPENROUTER_API_KEY", "DASHSCOPE_API_KEY"):
        monkeypatch.setenv(name, "sk-x")
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)


def url_of(name: str) -> str:
    made = named(name)
    assert isinstance(made, ChatVlm)
    return made.endpoint.url


@pytest.mark.parametrize("where", WHERES)
@pytest.mark.parametrize("form", ["openai:llava@{}", "openai:{}", "openai:{}@openai", "openai:{}@openrouter"])
def test_an_address_is_never_the_name_of_a_model(form: str, where: str) -> None:
    """Whatever looks like an address is an error that shows what was perhaps meant, in every place of a name."""
    with pytest.raises(ValueError, match="did you mean"):
        named(form.format(where))


@pytest.mark.parametrize("where", ["http://gpu:8000/v1", *WHERES])
def test_dashscope_takes_no_address(where: str) -> None:
    """An address after @ never goes to DashScope as a part of the model's name."""
    with pytest.raises(ValueError, match="takes no address"):
        named(f"dashscope:qwen3-vl-plus@{where}")


@pytest.mark.parametrize("name", ["openai:llava@", "openai:@http://gpu/v1", "openai:llava@nowhere", "openai:a@OpenAI"])
def test_half_a_name_is_none(name: str) -> None:
    """A name without its model or with an unknown server is an error."""
    with pytest.raises(ValueError, match="no model"):
        named(name)


def test_a_login_is_not_shown() -> None:
    """The error for an address with a password does not hold the password."""
    with pytest.raises(ValueError, match="gpu:8000") as raised:
        named("openai:llava@me:s3cret@gpu:8000/v1")
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("openai:gpt-4o", "https://api.openai.com/v1"),
        ("openai:ft:gpt-4o-mini:acme:cars:12345", "https://api.openai.com/v1"),
        ("openai:qwen2-vl@q4_k_m@lmstudio", "http://localhost:1234/v1"),
        ("openai:qwen2.5-vl:7b@http://me:p@gpu:8000/v1", "http://gpu:8000/v1"),
        ("openai:qwen/qwen3-vl:free@openrouter", "https://openrouter.ai/api/v1"),
    ],
)
def test_names_that_are_right(name: str, url: str) -> None:
    """A name goes to OpenAI or to the server behind its last @."""
    assert url_of(name) == f"{url}/chat/completions"


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "OPENAI_API_BASE"])
def test_the_address_in_the_environment_is_kept_to(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """openai:NAME goes where OpenAI's own clients would go, and a slip in that address is an error."""
    monkeypatch.setenv(variable, "http://127.0.0.1:8000/v1")
    assert url_of("openai:llava") == "http://127.0.0.1:8000/v1/chat/completions"
    assert url_of("openai:gpt-4o@openai") == "https://api.openai.com/v1/chat/completions"
    assert url_of("openai:/models/llava") == "http://127.0.0.1:8000/v1/chat/completions"
    monkeypatch.setenv(variable, "https://eu.api.openai.com/v1")
    with pytest.raises(ValueError, match="did you mean"):
        named("openai:gpu:8000")
    monkeypatch.setenv(variable, "127.0.0.1:8000/v1")
    with pytest.raises(ValueError, match=f"{variable}: 127.0.0.1:8000/v1 is no address; did you mean http://127"):
        named("openai:llava")


def test_an_address_of_dashscope_without_a_scheme_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """DASHSCOPE_HTTP_BASE_URL must be an address, too."""
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "gpu:8000/api/v1")
    with pytest.raises(ValueError, match="did you mean http://gpu:8000/api/v1"):
        named("dashscope:qwen3-vl-plus")


def test_the_client_says_the_same() -> None:
    """openai_compatible() takes no address without a scheme either."""
    with pytest.raises(ValueError, match="gpu:8000/v1 is no address; did you mean http://gpu:8000/v1"):
        openai_compatible("gpu:8000/v1", "m")
