from __future__ import annotations

import pytest

from rxvlm.models.wire.chat_completions.capabilities import ANY, SERVERS, Server, server_of


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("HTTPS://API.OpenAI.com/v1", "openai"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://llm-abc.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("http://localhost:11434/v1", "ollama"),
        ("http://me:pass@192.168.1.7:1234/v1/", "lmstudio"),
        ("http://gpu:30000/v1", "sglang"),
        ("http://gpu:8000/v1", "any"),
        ("http://localhost:8080", "any"),
        ("https://api.openai.com.example.org/v1", "any"),
        ("https://example.org/api.openai.com:11434/v1", "any"),
        ("nonsense", "any"),
    ],
)
def test_a_server_is_told_by_its_address(url: str, name: str) -> None:
    """A known host, or a port that only one kind of server uses, decides; any other server gets the safe defaults."""
    assert server_of(None, url).name == name


def test_the_caller_knows_better() -> None:
    """A name takes precedence over the address, and the caller's own Server is used as it is."""
    own = Server("own", forms=("images",), most_images=4)
    assert server_of("vllm", "https://api.openai.com/v1") is SERVERS["vllm"]
    assert server_of(own, "https://api.openai.com/v1") is own


def test_an_unknown_server_names_those_that_are_known() -> None:
    """An unknown name is a ValueError that lists the known ones."""
    with pytest.raises(ValueError, match=r"'vlmm'.*vllm.*openai"):
        server_of("vlmm", "")


def test_care_says_nothing_that_a_server_may_not_know() -> None:
    """An unknown server is sent no parameter that some servers do not know."""
    assert Server() == ANY
    assert (ANY.sampling, ANY.json, ANY.stream_usage, ANY.key, dict(ANY.always)) == (None, None, False, "", {})


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_a_row_makes_sense(server: Server) -> None:
    """Each server accepts at least pictures, and its name is its key in the table."""
    assert server.forms[-1] == "images"
    assert SERVERS[server.name] is server
    assert server.most_images >= 1
