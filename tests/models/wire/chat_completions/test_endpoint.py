from __future__ import annotations

import pytest

from rxvlm.models.wire.chat_completions.capabilities import ANY
from rxvlm.models.wire.chat_completions.endpoint import endpoint


@pytest.mark.parametrize("base_url", ["http://host:8000/v1", "http://host:8000/v1/", "http://me:pass@host:8000/v1"])
def test_questions_go_below_the_address(base_url: str) -> None:
    """The path is appended to the address, with or without a slash at its end, and a login is removed."""
    assert endpoint(base_url, None, ANY).url == "http://host:8000/v1/chat/completions"


@pytest.mark.parametrize(
    ("base_url", "key", "proof"),
    [
        ("http://host/v1", None, None),
        ("http://host/v1", "", None),
        ("http://host/v1", " k\n", "Bearer k"),
        ("https://[::1]:8000/v1", "k", "Bearer k"),
        ("http://me:p%40ss@host/v1", None, "Basic bWU6cEBzcw=="),
        ("http://me:p@s/s@host/v1", None, "Basic bWU6cEBzL3M="),
    ],
)
def test_one_proves_who_one_is(base_url: str, key: str | None, proof: str | None) -> None:
    """A key is sent as a bearer token, a login as basic authentication, percent-decoded."""
    assert endpoint(base_url, key, ANY).headers.get("Authorization") == proof


@pytest.mark.parametrize("base_url", ["http://me:p?s@host/v1", "http://me:pa#s@host/v1", "http://me:pa s@host/v1"])
def test_a_password_that_breaks_the_address_is_not_shown(base_url: str) -> None:
    """If the password cannot be told from the rest, the error shows nothing of the address."""
    with pytest.raises(ValueError, match="percent-encode") as raised:
        endpoint(base_url, None, ANY)
    assert "me:p" not in str(raised.value)
