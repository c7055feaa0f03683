from __future__ import annotations

import socket

import psutil
import pytest

from rxvlm.network.hosts import is_loopback, is_this_machine, looks_like_an_address, meant_address


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "127.0.0.1:8000/v1", "192.168.1.5:8000", "gpu:8000", "gpu:8000/v1", "gpu/v1", "localhost"),
        *("localhost:11434/v1", "HTTP://gpu:8000/v1", "http:/gpu", "http:gpu", "//gpu:8000", "/v1", "[::1]:8000"),
        *("::1", "fe80::1", "gpu.lan", "gpu.example.com/v1", "me:pass@gpu", "ws://gpu", " gpu:8000", "gpu:80"),
        *("host.docker.internal:8000", "https//gpu", "gpu\\v1", "gpu/"),
    ],
)
def test_what_looks_like_an_address(text: str) -> None:
    """Hosts with a port, paths, IP addresses, domains and addresses with a slip are seen."""
    assert looks_like_an_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *("gpt-4o", "gpt-4.1-mini", "o4-mini", "chatgpt-4o-latest", "gpt-4o-2024-08-06", "qwen3-vl-plus"),
        *("qwen2.5-vl:72b", "llama3.2-vision:11b", "qwen/qwen2.5-vl-72b-instruct:free", "llava", "moondream:1.8b-v2"),
        *("Qwen/Qwen2.5-VL-7B-Instruct-AWQ", "google/gemma-3-27b-it", "z-ai/glm-4.5v", "hf.co-model"),
    ],
)
def test_names_of_models_do_not(text: str) -> None:
    """Names that providers give to their models are no addresses."""
    assert not looks_like_an_address(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("192.168.1.5:8000", "http://192.168.1.5:8000/v1"),
        ("HTTPS://gpu/v1", "https://gpu/v1"),
        ("https//gpu", "https://gpu/v1"),
        ("::1", "http://[::1]/v1"),
        ("http://me:pa/ss@gpu:80", "http://gpu:80/v1"),
    ],
)
def test_the_address_that_was_meant(text: str, meant: str) -> None:
    """The scheme and the path are added, and a login is left out."""
    assert meant_address(text) == meant


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.3.2.1", "127.1", "::1", "[::1]", "0.0.0.0"]
)
def test_loopback_is_this_machine(host: str) -> None:
    """Every spelling of loopback is this machine."""
    assert is_loopback(host)
    assert is_this_machine(host)


@pytest.mark.parametrize("host", ["api.openai.com", "gpu", "192.0.2.1", "localhost.example.com", "2001:db8::1", "1x"])
def test_other_hosts_are_not(host: str) -> None:
    """Any other host is another machine."""
    assert not is_this_machine(host)


def test_own_names_are_this_machine() -> None:
    """The machine's own name and the addresses of its networks are no other machine."""
    own = [one.address for of in psutil.net_if_addrs().values() for one in of if one.family is socket.AF_INET]
    for host in (socket.gethostname(), *own):
        assert is_this_machine(host)
