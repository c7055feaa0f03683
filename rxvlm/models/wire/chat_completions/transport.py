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
    """A question that is sent, once.

    Attributes:
        sent: Whether any of it was.
    """

    def __init__(self) -> None:
        self.sent = False
        self._connection: AsyncNetworkStream | None = None

    @asynccontextmanager
    async def send(
        self, client: AsyncClient, url: str, headers: Mapping[str, str], body: Iterable[bytes]
    ) -> AsyncGenerator[Response, None]:
        """Send it, and give the reply, whose body is yet to be read.

        Args:
            client: Of `new_client`.
            url: Where to.
            headers: What its head says; the length of the body among it.
            body: Its bytes, made as they are sent.

        Raises:
            httpx.HTTPError: If that fails; see `ours`.
        """
        try:
            async with client.stream(
                "POST", url, headers=headers, content=self._bytes(body), extensions={"trace": self._note}
            ) as response:
                yield response
        finally:
            # httpcore leaves a connection open that is given up while TLS shakes hands.
            if self._connection is not None and not self.sent:
                await self._connection.aclose()

    async def _bytes(self, body: Iterable[bytes]) -> AsyncIterator[bytes]:
        self.sent = True
        for chunk in body:
            yield chunk

    async def _note(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self._connection = info["return_value"]


def transport_error(error: Exception, name: str, url: str) -> ModelError:
    """Give our error for one of httpx.

    Args:
        error: What a client raised.
        name: The model's.
        url: Where it was asked.
    """
    import httpx  # noqa: PLC0415 - it is loaded, since it raised

    kind, what, said = ModelError, "failed", str(error) or type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.UnsupportedProtocol):
        kind, what = ModelUnreachableError, f"cannot be reached at {url}"
        if said in _NO_ANSWER:
            said = "is the server running?"
    elif isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        kind, what = ModelDroppedError, "broke off before the answer's end"
    elif isinstance(error, httpx.DecodingError):
        kind, what = BadAnswerError, "gave what cannot be read"
    return kind(without_secrets(f"{name} {what}: {said}"))
