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


@pytest.mark.parametrize(
    "where",
    [
        "127.1",
        "2130706433",
        "gpu:8",
        "unix:/tmp/s",
        "./s",
        "http;//gpu",
        "\uff47\uff50\uff55\uff1a80",
        "[fe80::1%25e]:80",
    ],
)
def test_what_is_no_word_is_an_address(where: str) -> None:
    """After @, whatever is not a plain word is an address with a slip."""
    with pytest.raises(ValueError, match="is no address; did you mean http://"):
        named(f"openai:llava@{where}")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("openai:llava@gpu", "openai:llava@http://gpu/v1"),
        ("openai:llava@VLLM", "openai:llava@vllm"),
        ("openai:llava@olama", "openai:llava@ollama"),
        ("llava@127.0.0.1:8000/v1", "openai:llava@http://127.0.0.1:8000/v1"),
        ("http://gpu:8000/v1", "openai:NAME@http://gpu:8000/v1"),
        ("gpu:8000", "openai:NAME@http://gpu:8000/v1"),
    ],
)
def test_what_was_perhaps_meant(name: str, meant: str) -> None:
    """A word that is not the name of a server, or an address alone, leads to a name that can be asked."""
    with pytest.raises(ValueError, match="there is no model") as raised:
        named(name)
    assert f"did you mean {meant}?" in str(raised.value)


@pytest.mark.parametrize("name", ["llava\uff20gpu", "llava\uff0cgpu", "llava=gpu", "llava%40gpu"])
def test_letters_that_no_name_has_go_to_no_cloud(name: str) -> None:
    """A name at a cloud holds ASCII letters, digits and a few marks only."""
    with pytest.raises(ValueError, match="looks like an address"):
        named(f"openai:{name}")


@pytest.mark.parametrize("name", ["http://me:s3cret@gpu", "openai:llava@me:s3cret@gpu", "llava@me:s3cret@gpu:80"])
def test_a_login_in_what_is_no_name_is_not_shown(name: str) -> None:
    """The error for what cannot be named does not hold a password."""
    with pytest.raises(ValueError, match="there is no model") as raised:
        named(name)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("where", ["gpu:8000/v1", "gpu", "http:/gpu", "http://", "'http://gpu'"])
def test_a_slip_in_the_address_of_dashscope_names_the_variable(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """DASHSCOPE_HTTP_BASE_URL with a slip is an error that names it."""
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", where)
    with pytest.raises(ValueError, match=r"DASHSCOPE_HTTP_BASE_URL: .* is no address; did you mean http://"):
        named("dashscope:qwen3-vl-plus")


def test_half_a_name_of_a_local_server_is_none() -> None:
    """An address that is left out after @ is an error for a server of one's own, too."""
    with pytest.raises(ValueError, match="there is no model 'vllm:llava@'"):
        named("vllm:llava@")
