from __future__ import annotations

import pytest

from rxvlm.network.proxies import proxy_for, read_rule

PROXY = "http://proxy:3128"
pytestmark = pytest.mark.usefixtures("clean_environment")


def covered(entries: str, url: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether a URL is asked directly in spite of a proxy."""
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", entries)
    return proxy_for(url) is None


@pytest.mark.parametrize(
    ("entries", "url"),
    [
        ("*", "https://gpu"),
        ("a, *", "https://gpu"),
        ("gpu", "http://gpu:8000/v1"),
        ("GPU", "http://gpu/v1"),
        ("a gpu b", "http://gpu/v1"),
        ("a,\tgpu ;b", "http://gpu/v1"),
        ("gpu:8000", "http://gpu:8000/v1"),
        ("gpu:443", "https://gpu/v1"),
        ("example.com", "http://gpu.example.com/v1"),
        (".example.com", "http://gpu.example.com/v1"),
        (".example.com", "http://example.com/v1"),
        ("*.example.com", "http://gpu.example.com/v1"),
        ("gpu-*", "http://gpu-7:8000"),
        ("192.168.*", "http://192.168.1.5"),
        ("http://gpu/", "http://gpu"),
        ("192.168.1.5", "http://192.168.1.5:8000"),
        ("192.168.1.5:8000", "http://192.168.1.5:8000"),
        ("192.168.0.0/16", "http://192.168.1.5:8000"),
        ("10.0.0.7/8", "http://10.200.1.1"),
        ("2001:db8::/32", "http://[2001:db8::5]:8000/v1"),
        ("[2001:db8::5]", "http://[2001:db8::5]:8000/v1"),
        ("[2001:db8::5]:8000", "http://[2001:db8::5]:8000/v1"),
        ("[2001:db8::]/32", "http://[2001:db8::5]/v1"),
        ("2001:db8::5/128", "http://[2001:db8:0::5]/v1"),
        ("[::1, 999.1.1.1/8, gpu", "http://gpu"),
    ],
)
def test_these_are_asked_directly(entries: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every usual spelling of an entry is understood."""
    assert covered(entries, url, monkeypatch)


@pytest.mark.parametrize(
    ("entries", "url"),
    [
        ("", "http://gpu"),
        ("gp", "http://gpu"),
        ("gpu", "http://mygpu"),
        ("gpu:8001", "http://gpu:8000/v1"),
        ("gpu:80", "https://gpu"),
        ("192.168.0.0/16", "http://192.169.1.5"),
        ("1.5", "http://192.168.1.5"),
        ("127.0.0.0/8,::1/128,localhost", "http://gpu"),
        ("10.0.0.0/8", "http://ten.example.com"),
        ("0.0.0.0/0", "http://[2001:db8::5]"),
        ("example.com", "http://example.com.evil.org"),
    ],
)
def test_these_go_through_the_proxy(entries: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry covers no more than it says."""
    assert not covered(entries, url, monkeypatch)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "https://localhost", "http://[::1]:8000/v1", "http://127.9.9.9"]
)
def test_loopback_never_goes_through_a_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server on this machine is asked directly, whatever the environment says."""
    assert covered("", url, monkeypatch)


@pytest.mark.parametrize(
    ("name", "value", "proxy"),
    [
        ("HTTPS_PROXY", "http://p:1", "http://p:1"),
        ("https_proxy", "p:1", "http://p:1"),
        ("ALL_PROXY", "socks5://p:1", "socks5://p:1"),
        ("HTTP_PROXY", "http://p:1", None),
    ],
)
def test_the_proxy_is_that_of_the_scheme(
    name: str, value: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is that of the address's scheme, or the one for all."""
    monkeypatch.setenv(name, value)
    assert proxy_for("https://gpu/v1") == proxy


BAD = [
    *("[::1", "::1]", "::1/129", "10.0.0.0/33", "gpu:port", "gpu:", "gpu:99999", "999.1.1.1", "10.0.0.1-10.0.0.9"),
    *("a/b", "{}", "10.", "a..b", "::1::", "[gpu]:8000:1", "!"),
]


@pytest.mark.parametrize("entry", BAD)
def test_what_cannot_be_read_is_an_error(entry: str) -> None:
    """A slip in an entry is not taken for something else."""
    with pytest.raises(ValueError):  # noqa: PT011 - whichever parser says it
        read_rule(entry)


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_what_cannot_be_read_is_told_once(
    variable: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning names the variable and the entry; the other entries hold."""
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv(variable, f"10.0.0.0/77,gpu,{variable}-only")
    assert [proxy_for("http://gpu"), proxy_for("http://other"), proxy_for("http://127.0.0.1")] == [None, PROXY, None]
    assert caplog.messages == [f"{variable}: the entry '10.0.0.0/77' cannot be read, and is ignored"]
