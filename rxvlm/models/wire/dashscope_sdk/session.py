"""CallSession: the requests session of one call of the SDK. It sends each request once and raises every error."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache, partial
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit
from uuid import uuid4

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, ReadTimeoutError

from rxvlm.errors import BadAnswerError, ModelDroppedError, ModelError, ModelTimeoutError, ModelUnreachableError
from rxvlm.models.wire.dashscope_sdk.call_socket import CallSocket
from rxvlm.models.wire.dashscope_sdk.event_lines import event_lines
from rxvlm.models.wire.destinations import note_destination
from rxvlm.models.wire.encodings import ASKED, check_encoding
from rxvlm.models.wire.streamed_body import StreamedBody
from rxvlm.network.proxies import proxy_for
from rxvlm.uri import without_secrets

MARK = f"<clip {uuid4().hex}>"
"""Stands for a clip in a request until it is sent. No prompt can contain it, and logs show it instead of the clip."""

_MOST = 16_000_000  # bytes of an answer
_CHUNK = 65_536
_OK = 200
_EVENTS = "text/event-stream"
_BROKEN = (requests.RequestException, HTTPError, OSError)

Check: TypeAlias = Callable[[int, bytes, Mapping[str, str]], ModelError | None]
"""Returns the error that status, body and headers of a reply, or an event of it, stand for; None if it is an answer."""


class CallFailed(BaseException):
    """Carries one of our errors through the SDK.

    It is not an Exception, because the SDK repeats the request after some, and logs a traceback of each.
    """

    def __init__(self, error: ModelError) -> None:
        super().__init__(error)
        self.error = error


class CallSession(requests.Session):
    """The session of one call. Each request is sent once, over a connection of its own.

    It shares nothing with other calls: no cookie goes to another key, and no connection to a forked child. No
    connection is used again, because the server may just have closed it, and a question that is lost in that way
    cannot be told from one that is being answered. The price is one handshake a call.

    Args:
        name: The model's name, for errors.
        secret: The key; it is removed from every reply, so that no error repeats it.
        call_socket: Keeps the socket, so that another thread can shut it.
        check: Returns the error in a reply, if there is one.
        clips: The clips that replace the `MARK`s in a body, in base64.
    """

    def __init__(
        self, name: str, secret: str, call_socket: CallSocket, check: Check, clips: Sequence[bytes] = ()
    ) -> None:
        super().__init__()
        self._name, self._secret, self._socket, self._check, self._clips = (
            name,
            secret.encode(),
            call_socket,
            check,
            clips,
        )
        self._streams: list[requests.Response] = []
        self.auth = _as_it_is
        self.headers.update({"Connection": "close", **ASKED})
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(call_socket))

    def merge_environment_settings(self, url: Any, *others: Any, **more: Any) -> Any:  # noqa: ANN401 - the base class says so
        """Return the settings of the environment, with the proxy of `proxy_for`."""
        proxy = proxy_for(str(url))
        settings = super().merge_environment_settings(url, *others, **more)
        return {**settings, "proxies": {"http": proxy, "https": proxy} if proxy else {}}

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: no redirect is followed, because the key and the clip are for this address only."""
        _ = resp

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - the base class says so
        """Send a request once, and return its reply: read completely, or a stream of events.

        Raises:
            CallFailed: If there is no reply, or the check finds an error in it.
        """
        self._socket.ready = False
        if self._clips and isinstance(request.body, bytes):
            request.body = StreamedBody(request.body, MARK, self._clips)
            request.headers["Content-Length"] = str(len(request.body))
        if request.method == "POST":  # a question, or a clip for the storage
            note_destination(request.url or "")
        events = bool(kwargs.get("stream"))
        try:
            reply = super().send(request, **{**kwargs, "stream": True})
            if reply.status_code == _OK:
                check_encoding(reply.headers, self._name)
                if events:
                    self._streams.append(reply)
                    return _Events(reply, self._name, self._raise_error_in, partial(self._broken, request.url))
            with closing(reply):
                body = b"".join(_chunks(reply.raw, self._name))
        except BadAnswerError as error:
            raise CallFailed(error) from None
        except _BROKEN as error:
            raise CallFailed(self._broken(request.url, error)) from None
        self._raise_error_in(reply.status_code, body, reply.headers)
        return _like(reply, requests.Response(), io.BytesIO(body))

    def close(self) -> None:
        """Close every connection."""
        for reply in self._streams:
            reply.close()
        super().close()

    def _raise_error_in(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        error = self._check(status, body.replace(self._secret, b"***"), headers)
        if error is not None:
            raise CallFailed(error)

    def _broken(self, url: str | None, error: Exception) -> ModelError:
        root = _root(error)
        words = without_secrets(getattr(root, "strerror", None) or str(root) or type(root).__name__)
        if not self._socket.ready:
            certain = isinstance(root, ssl.SSLCertVerificationError)
            where = urlsplit(url or "").netloc.rpartition("@")[2]
            return ModelUnreachableError(
                f"{self._name} cannot be reached at {where}: {words}", retryable=False if certain else None
            )
        if isinstance(root, (TimeoutError, ReadTimeoutError)):
            return ModelTimeoutError(f"{self._name} fell silent")
        return ModelDroppedError(f"the connection to {self._name} broke off: {words}")


class _Adapter(HTTPAdapter):
    """Passes every socket to the call's `CallSocket`, and uses none twice."""

    def __init__(self, call_socket: CallSocket) -> None:
        super().__init__()
        self._socket = call_socket
        self._pool: HTTPConnectionPool | None = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:  # noqa: ANN401 - the base class's own
        self.close()  # the connection of the request before may still look usable
        self._pool = pool = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = cast("Any", partial(_reporting(pool.ConnectionCls), call_socket=self._socket))
        return pool

    def close(self) -> None:
        super().close()
        if self._pool is not None:
            self._pool.close()  # urllib3 would leave that to the garbage collector


class _ReportingConnection(HTTPConnection):
    def __init__(self, *args: Any, call_socket: CallSocket, **kwargs: Any) -> None:  # noqa: ANN401 - the base class's own
        super().__init__(*args, **kwargs)
        self._socket = call_socket

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self._socket.hold(connected)
        return connected

    def connect(self) -> None:
        super().connect()  # TLS and all
        cast("socket.socket", self.sock).settimeout(None)  # sending may take as long as the call
        self._socket.ready = True


@cache
def _reporting(kind: type) -> type:
    """Return a subclass of a connection class (plain, TLS or through a proxy) that reports its socket."""
    return type("ReportingConnection", (_ReportingConnection, kind), {})


class _Events(requests.Response):
    """A stream of events, each checked before the SDK sees it."""

    def __init__(
        self,
        reply: requests.Response,
        name: str,
        raise_error_in: Callable[[int, bytes, Mapping[str, str]], None],
        broken: Callable[[Exception], ModelError],
    ) -> None:
        super().__init__()
        _like(reply, self, reply.raw)
        self.headers = CaseInsensitiveDict({**reply.headers, "Content-Type": _EVENTS})  # the SDK looks at it
        self._name, self._raise_error_in, self._broken = name, raise_error_in, broken

    def iter_lines(self, *_args: Any, **_kwargs: Any) -> Iterator[bytes]:  # pyright: ignore[reportIncompatibleMethodOverride] # noqa: ANN401 - the SDK passes no arguments
        def check(status: int, data: bytes) -> None:
            self._raise_error_in(status, data, self.headers)

        try:
            yield from event_lines(_chunks(self.raw, self._name), self._name, check)
        except BadAnswerError as error:
            raise CallFailed(error) from None
        except _BROKEN as error:
            raise CallFailed(self._broken(error)) from None


def _chunks(raw: Any, name: str) -> Iterator[bytes]:  # noqa: ANN401 - urllib3's response, under two types
    """Read a body as it arrives, not unpacked; more than `_MOST` bytes are a BadAnswerError."""
    size = 0
    while chunk := cast("bytes", raw.read1(_CHUNK, decode_content=False)):
        size += len(chunk)
        if size > _MOST:
            raise BadAnswerError(f"{name} sent more than {_MOST} bytes")
        yield chunk


def _like(reply: requests.Response, other: requests.Response, raw: Any) -> requests.Response:  # noqa: ANN401 - any file
    other.status_code, other.headers, other.raw = reply.status_code, reply.headers, raw
    return other


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is: otherwise a ~/.netrc would replace the key."""
    return request


def _root(error: BaseException) -> BaseException:
    """Return the innermost cause of an error of the transport."""
    while True:
        sources = (getattr(error, "reason", None), error.__cause__, *error.args)
        source = next((one for one in sources if isinstance(one, BaseException)), None)
        if source is None:
            return error
        error = source
