"""One request over httpx, sent once; and httpx's errors as ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from rxvlm.errors import BadAnswerError, ModelDroppedError, ModelError, ModelUnreachableError
from rxvlm.uri import without_secrets

if TYPE_CHECKING:
    from httpcore import AsyncNetworkStream
    from httpx import AsyncClient, Response

_NO_ANSWER = ("All connection attempts failed", "ConnectTimeout")  # in httpx's words


class Attempt:
    """One attempt to send a request.

    Attributes:
        sent: Whether any of the body was sent, so that the server may work on it and bill it.
        status: The HTTP status of the response; 0 before there is one.
    """

    def __init__(self) -> None:
        self.sent = False
        self.status = 0
        self._connection: AsyncNetworkStream | None = None

    @asynccontextmanager
    async def send(
        self, client: AsyncClient, url: str, headers: Mapping[str, str], body: Iterable[bytes]
    ) -> AsyncGenerator[Response, None]:
        """Send the request; the context manager yields the response, its body not read yet.

        Args:
            client: From `new_client`.
            url: The address.
            headers: The headers, with the length of the body.
            body: The body in chunks, made as they are sent.

        Raises:
            httpx.HTTPError: If that fails; see `transport_error`.
        """
        try:
            async with client.stream(
                "POST", url, headers=headers, content=self._bytes(body), extensions={"trace": self._note}
            ) as response:
                yield response
        finally:
            # httpcore does not close a connection that is cancelled during the TLS handshake.
            if self._connection is not None and not self.sent:
                await self._connection.aclose()

    async def _bytes(self, body: Iterable[bytes]) -> AsyncIterator[bytes]:
        self.sent = True
        for chunk in body:
            yield chunk

    async def _note(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self._connection = info["return_value"]


def transport_error(error: Exception, name: str, url: str, *, asked: str = "server") -> ModelError:
    """Return our error for one of httpx.

    Args:
        error: What the client raised.
        name: The model's name.
        url: The address that was asked.
        asked: What the client connects to: the server, or the proxy before it.
    """
    import httpx  # it is loaded already, since it raised

    kind, what, said = ModelError, "failed", str(error) or type(error).__name__
    untrusted = "CERTIFICATE_VERIFY_FAILED" in said
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.UnsupportedProtocol):
        kind, what = ModelUnreachableError, f"cannot be reached at {url}"
        if said in _NO_ANSWER:
            said = f"is the {asked} running?"
    elif isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        kind, what = ModelDroppedError, "broke off before the answer's end"
    elif isinstance(error, httpx.DecodingError):
        kind, what = BadAnswerError, "sent an answer that cannot be decoded"
    if untrusted:
        said += "; if the certificate is your own, set SSL_CERT_FILE to the file of the authority that signed it"
    return kind(without_secrets(f"{name} {what}: {said}"), retryable=False if untrusted else None)
