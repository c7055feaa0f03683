"""Receiver: the address that a webhook posts to, and one request to it."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, unquote, urlsplit

from rxvlm.errors import SinkError
from rxvlm.network.proxies import proxy_for, through
from rxvlm.sinks.addresses import shown
from rxvlm.sinks.posting.deadline import Deadline
from rxvlm.sinks.posting.outcome import Outcome, no_answer, outcome_of, outcome_of_error
from rxvlm.uri import unwritten, without_secrets

if TYPE_CHECKING:
    from httpx import BaseTransport

POST_SECONDS: Final = 10.0
"""How long a request may take in all, from the connection to the head of the reply."""


class Receiver:
    """Takes requests at an address.

    The requests do not pass through a client of httpx, which would log their address.

    Args:
        url: The address, ``http`` or ``https``; its login is sent as Basic authentication.
        transport: Makes what carries requests; None for connections, through the proxy of the environment, if any.
        wall: Returns the seconds since the epoch.

    Attributes:
        shown: The address, without what may be secret.
        name: The same for errors, with the proxy before it.

    Raises:
        ValueError: If it is no such address. The error does not show its secrets.
    """

    def __init__(
        self,
        url: str,
        transport: Callable[[], BaseTransport] | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        parts = _split(url)
        login, _, host = parts.netloc.rpartition("@")
        self._url = parts._replace(netloc=host, fragment="").geturl()
        self._login = _basic(login) if login else {}
        self._proxy = proxy_for(self._url)
        self.shown = f"{parts.scheme}://{host}{'/...' if parts.path.strip('/') or parts.query else ''}"
        self.name = through(self.shown, self._proxy)
        self.wall = wall
        self._made = transport or self._connections
        self._transport: BaseTransport | None = None

    def post(self, body: bytes, headers: Mapping[str, str], most: float) -> Outcome:
        """Send a request, and return what came back. The reply's body is not read.

        Args:
            body: What to send.
            headers: What to say of it.
            most: Seconds that it may take, if that is less than `POST_SECONDS`.

        Raises:
            SinkError: If the proxy of the environment cannot be used.
        """
        import httpx  # it takes time to load

        seconds = max(0.001, min(POST_SECONDS, most))
        deadline = Deadline(seconds)
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        told = {"timeout": timeout, "trace": deadline.trace}
        said = {"User-Agent": "rxvlm", **headers, **self._login}
        request = httpx.Request("POST", self._url, headers=said, content=body, extensions=told)
        self._transport = self._transport or self._made()
        began = time.monotonic()
        try:
            with deadline:
                response = self._transport.handle_request(request)
                response.close()
            outcome = outcome_of(response.status_code, response.headers, self.wall())
        except httpx.HTTPError as error:
            outcome = no_answer(seconds) if deadline.is_over else outcome_of_error(error, seconds)
        return replace(outcome, took=time.monotonic() - began)

    def close(self) -> None:
        """Close its connections; the next request opens new ones."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def _connections(self) -> BaseTransport:
        import httpx

        from rxvlm.network.certificates import trusted

        try:
            return httpx.HTTPTransport(verify=trusted(), proxy=self._proxy)
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            problem = without_secrets(f"the proxy {self._proxy}, which the environment names, cannot be used: {error}")
        raise SinkError(f"{self.shown}: {problem}")  # here, so that it refers to no error with the proxy's login


def _split(url: str) -> SplitResult:
    """Split an address, and check it; the error of urllib, or of httpx, may quote a password."""
    import httpx

    if codes := unwritten(url):
        raise ValueError(f"{shown(url)}: in a user name or password, write {codes}; after the host, write %40 for @")
    problem = "has no host in it"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        parts, usable, problem = urlsplit(""), False, "is malformed"
    if not usable:
        if not url.lower().startswith(("http://", "https://")):
            problem = "is not an address of a webhook: give http://... or https://..."
        raise ValueError(f"{shown(url)} {problem}")
    return parts


def _basic(login: str) -> dict[str, str]:
    user, _, password = login.partition(":")
    both = f"{unquote(user)}:{unquote(password)}"
    return {"Authorization": f"Basic {b64encode(both.encode()).decode()}"}
