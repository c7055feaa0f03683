"""One question and its reply over httpx, which is loaded here, when it is needed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

from rxvlm.errors import BadAnswerError, ModelDroppedError, ModelError, ModelUnreachableError
from rxvlm.uri import without_secrets

if TYPE_CHECKING:
    from httpcore import AsyncNetworkStream
    from httpx import AsyncClient, Response

CONNECT_SECONDS = 10.0
MOST_BYTES = 8_000_000  # of an answer
_NO_ANSWER = ("All connection attempts failed", "ConnectTimeout")  # in httpx's words


def new_client(keep_seconds: float) -> AsyncClient:
    """Make a client that goes by the environment's proxies, and remembers nothing.

    Args:
        keep_seconds: For how long a connection is kept that is not used.

    Raises:
        ModelUnreachableError: If the environment names a proxy that cannot be used.
    """
    import httpx  # noqa: PLC0415 - takes a tenth of a second, and is needed for calls only

    try:
        return httpx.AsyncClient(
            verify=_tls(),
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),  # whoever calls cancels in time
            limits=httpx.Limits(keepalive_expiry=keep_seconds),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"Accept-Encoding": "identity", "User-Agent": "rxvlm"},
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise ModelUnreachableError(
            without_secrets(f"the proxy that the environment names cannot be used: {error}"), retryable=False
        ) from error


@cache
def _tls() -> SSLContext:
    """Read the certificates that are trusted, once: it takes 30 ms."""
    import httpx  # noqa: PLC0415 - as above

    return httpx.create_ssl_context()


class Attempt:
    """A question that is sent, once.

    Attributes:
        sent: Whether any of it was.
    """

    def __init__(self) -> None:
        self.sent = False
        self._connection: AsyncNetworkStream | None = None

    @asynccontextmanager
    async def reply(
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


async def read_body(response: Response, name: str) -> bytes:
    """Read what comes, whole.

    Args:
        response: The reply.
        name: The model's.

    Raises:
        BadAnswerError: If it is more than `MOST_BYTES`.
    """
    return b"".join([chunk async for chunk in _chunks(response, name)])


async def read_lines(response: Response, name: str) -> AsyncIterator[bytes]:
    """Read what comes, line by line; the arguments and errors are those of `read_body`."""
    rest = b""
    async for chunk in _chunks(response, name):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
    yield rest


async def _chunks(response: Response, name: str) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > MOST_BYTES:
            raise BadAnswerError(f"{name} gave over {MOST_BYTES} bytes, which is no answer")
        yield chunk


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
