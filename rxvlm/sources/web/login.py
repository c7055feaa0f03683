"""Login: the user name and password of an address, for the authentication that the server asks for."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx

_UNAUTHORIZED: Final = 401


class Login(httpx.Auth):
    """Answers a server's challenge, Basic or Digest; nothing is sent to a server that asks for nothing.

    Args:
        user: The user name.
        password: The password.
    """

    def __init__(self, user: str, password: str) -> None:
        self._basic, self._digest = httpx.BasicAuth(user, password), httpx.DigestAuth(user, password)
        self._seen_digest = False

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Send the request without a login; if the server wants one, send it again with it."""
        if self._seen_digest:
            yield from self._digest.auth_flow(request)  # it remembers the challenge
            return
        response = yield request
        if response.status_code != _UNAUTHORIZED:
            return
        challenges = response.headers.get_list("www-authenticate")
        self._seen_digest = any(one.lower().startswith("digest") for one in challenges)
        yield from (self._digest if self._seen_digest else self._basic).auth_flow(request)


def split_login(address: str) -> tuple[str, Login | None]:
    """Return an address without its login, and the login; None if it has none."""
    parts = urlsplit(address)
    login, _, host = parts.netloc.rpartition("@")
    if not login:
        return address, None
    user, _, password = login.partition(":")
    return urlunsplit(parts._replace(netloc=host)), Login(unquote(user), unquote(password))
