"""The session that carries a call of the SDK: each request is sent once, and only good answers come back."""

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
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, ReadTimeoutError

from rxvlm.errors import BadAnswerError, ModelDroppedError, ModelError, ModelTimeoutError, ModelUnreachableError
from rxvlm.models.wire.dashscope_sdk.call_socket import CallSocket
from rxvlm.models.wire.streamed_body import StreamedBody
from rxvlm.uri import without_secrets

MARK = f"<clip {uuid4().hex}>"
"""What stands for a clip in a request until it is sent: no prompt can hold it, and logs show it instead."""

_MOST = 16_000_000  # bytes of an answer
_OK = 200
_EVENTS = "text/event-stream"
_STATUS = b":HTTP_STATUS/"
_BROKEN = (requests.RequestException, HTTPError, OSError)

Check: TypeAlias = Callable[[int, bytes, Mapping[str, str]], ModelError | None]
"""Tells from status, body and headers what is wrong with an answer, or an event of one; None if nothing is."""


class CallFailed(BaseException):
    """Carries an error of ours through the SDK.

    No Exception: the SDK sends again upon some, and logs a traceback of each.
    """

    def __init__(self, error: ModelError) -> None:
        super().__init__(error)
        self.error = error


class CallSession(requests.Session):
    """The session of one call, whose every request is sent once, over a connection of its own.

    It shares nothing: no cookie goes from key to key, no connection into a fork's child, and none is
    used again that the server may just have given up, for a question that is lost there looks like
    one that is being answered. Price: a handshake a call.

    Args:
        name: Of the model, for errors.
        secret: The key, which no error repeats.
        line: Holds the socket, for whoever hangs up.
        check: Judges each answer.
        clips: What takes the place of each `MARK` in a body, in base64.
    """

    def __init__(self, name: str, secret: str, line: CallSocket, check: Check, clips: Sequence[bytes] = ()) -> None:
        super().__init__()
        self._name, self._secret, self._line, self._check, self._clips = name, secret.encode(), line, check, clips
        self._streams: list[requests.Response] = []
        self.auth = _as_it_is
        self.headers["Connection"] = "close"
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(line))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow nobody: the key and the clip are for this address."""
        _ = resp

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - the base class says so
        """Send a request once, and give its answer: read whole, or a stream of events.

        Raises:
            CallFailed: If there is no answer, or the check finds fault with it.
        """
        self._line.ready = False
        if self._clips and isinstance(request.body, bytes):
            request.body = StreamedBody(request.body, MARK, self._clips)
            request.headers["Content-Length"] = str(len(request.body))
        events = bool(kwargs.get("stream"))
        try:
            reply = super().send(request, **{**kwargs, "stream": True})
            if events and reply.status_code == _OK and _EVENTS in reply.headers.get("Content-Type", ""):
                self._streams.append(reply)
                return _Events(reply, self._judge, partial(self._broken, request.url))
            with closing(reply):
                body = cast("bytes", reply.raw.read(_MOST + 1, decode_content=True))
        except _BROKEN as error:
            raise CallFailed(self._broken(request.url, error)) from None
        if len(body) > _MOST:
            raise CallFailed(BadAnswerError(f"{self._name} sent more than {_MOST} bytes"))
        self._judge(reply.status_code, body, reply.headers)
        return _like(reply, requests.Response(), io.BytesIO(body))

    def close(self) -> None:
        """Close every connection."""
        for reply in self._streams:
            reply.close()
        super().close()

    def _judge(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        error = self._check(status, body.replace(self._secret, b"***"), headers)
        if error is not None:
            raise CallFailed(error)

    def _broken(self, url: str | None, error: Exception) -> ModelError:
        root = _root(error)
        words = without_secrets(getattr(root, "strerror", None) or str(root) or type(root).__name__)
        if not self._line.ready:
            certain = isinstance(root, ssl.SSLCertVerificationError)
            where = urlsplit(url or "").netloc.rpartition("@")[2]
            return ModelUnreachableError(
                f"{self._name} cannot be reached at {where}: {words}", retryable=False if certain else None
            )
        if isinstance(root, (TimeoutError, ReadTimeoutError)):
            return ModelTimeoutError(f"{self._name} fell silent")
        return ModelDroppedError(f"the connection to {self._name} broke off: {words}")


class _Adapter(HTTPAdapter):
    """Gives the line every socket, and uses none again."""

    def __init__(self, line: CallSocket) -> None:
        super().__init__()
        self._line = line
        self._pool: HTTPConnectionPool | None = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:  # noqa: ANN401 - the base class's own
        self.close()  # what the request before used may still look alive
        self._pool = pool = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = cast("Any", partial(_watched(pool.ConnectionCls), line=self._line))
        return pool

    def close(self) -> None:
        super().close()
        if self._pool is not None:
            self._pool.close()  # urllib3 leaves that to the garbage collector


class _Watched(HTTPConnection):
    def __init__(self, *args: Any, line: CallSocket, **kwargs: Any) -> None:  # noqa: ANN401 - the base class's own
        super().__init__(*args, **kwargs)
        self._line = line

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self._line.hold(connected)
        return connected

    def connect(self) -> None:
        super().connect()  # TLS and all
        cast("socket.socket", self.sock).settimeout(None)  # to send may take as long as the call
        self._line.ready = True


@cache
def _watched(kind: type) -> type:
    """Give the kind of connection, plain, TLS or through a proxy, that tells its line."""
    return type("Watched", (_Watched, kind), {})


class _Events(requests.Response):
    """A stream of events, each judged before the SDK sees it."""

    def __init__(
        self,
        reply: requests.Response,
        judge: Callable[[int, bytes, Mapping[str, str]], None],
        broken: Callable[[Exception], ModelError],
    ) -> None:
        super().__init__()
        _like(reply, self, reply.raw)
        self._judge, self._broken = judge, broken

    def iter_lines(self, *_args: Any, **_kwargs: Any) -> Iterator[bytes]:  # pyright: ignore[reportIncompatibleMethodOverride] # noqa: ANN401 - overloaded by what nobody asks for
        status = _OK
        try:
            for line in super().iter_lines():
                if line.startswith(_STATUS):
                    status = int(line.removeprefix(_STATUS))
                elif line.startswith(b"data:"):
                    self._judge(status, line.removeprefix(b"data:"), self.headers)
                yield line
        except _BROKEN as error:
            raise CallFailed(self._broken(error)) from None


def _like(reply: requests.Response, other: requests.Response, raw: Any) -> requests.Response:  # noqa: ANN401 - any file
    other.status_code, other.headers, other.raw = reply.status_code, reply.headers, raw
    return other


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authorise nothing: a ~/.netrc would replace the key."""
    return request


def _root(error: BaseException) -> BaseException:
    """Give what an error of the transport comes from."""
    while True:
        sources = (getattr(error, "reason", None), error.__cause__, *error.args)
        source = next((one for one in sources if isinstance(one, BaseException)), None)
        if source is None:
            return error
        error = source
