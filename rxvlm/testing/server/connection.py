"""One connection of a client: read its requests, and send the responses, or spoil the sending."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from rxvlm.testing.server.listener import Listener
from rxvlm.testing.server.reply import Fault, Reply, Request
from rxvlm.testing.server.response import Response, route_of

_RESET_WHEN_CLOSED = struct.pack("ii", 1, 0)  # SO_LINGER on, with 0 seconds
_CUT: tuple[Fault, ...] = ("drop_body", "stall_body", "stream_drop", "stream_stall")


class Connection(BaseHTTPRequestHandler):
    """One connection: reads each request, passes it to the host, and sends the response."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener  # pyright: ignore[reportIncompatibleVariableOverride] - only a Listener makes connections

    def setup(self) -> None:
        """Take the next connection number."""
        super().setup()
        self._number, self._asked = next(self.server.numbers), count(1)

    def handle(self) -> None:
        """Serve until either side closes."""
        with suppress(OSError):  # clients may leave at any time
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the base class says so
        """Log nothing."""

    def do_GET(self) -> None:
        """Handle it like a POST."""
        self.do_POST()

    def do_POST(self) -> None:
        """Read a request, and reply as the script says."""
        request = self._request()
        try:
            self._send(request, *self.server.host.on_request(request))
        except OSError:
            self.close_connection = True
            if not self.server.closing.is_set():
                request.hung_up.set()
        finally:
            self.server.host.on_reply_end(request)

    def _request(self) -> Request:
        body, url = self._body(), urlsplit(self.path)
        return Request(
            id=f"fake-{self._number}-{next(self._asked)}",
            route=route_of(self.command, url.path),
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query)),
            headers=self.headers,
            body=body,
            json=_object(body),
            connection=self._number,
            at=time.monotonic(),
        )

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        size = int(self.headers.get("Content-Length", 0))
        return _complete(self.rfile.read(size), size)

    def _chunks(self) -> Iterator[bytes]:
        size = -1
        while size:
            size = int(_complete(self.rfile.readline(), 1).partition(b";")[0], 16)
            yield _complete(self.rfile.read(size), size)
            self.rfile.readline()

    def _send(self, request: Request, reply: Reply, response: Response) -> None:
        if reply.fault != "trickle":
            self._wait(None if reply.fault == "stall" else reply.seconds)
        self.close_connection |= reply.fault in ("drop", "reset", *_CUT)
        if reply.fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_WHEN_CLOSED)
        if reply.fault in ("drop", "reset"):
            return
        *most, last = _writes(response, reply.fault)
        for data in most:
            self.wfile.write(data)
            if reply.fault == "trickle":
                self._wait(reply.seconds)
        if reply.fault not in _CUT:
            self.server.host.on_reply_end(request)  # before the client can send its next request
        self.wfile.write(last)
        if reply.fault in ("stall_body", "stream_stall"):
            self._wait(None)

    def _wait(self, seconds: float | None) -> None:
        """Wait some seconds, or without limit with None; raise as soon as the client hangs up or the server closes."""
        if seconds == 0:
            return
        self.connection.settimeout(seconds)
        try:
            ahead = self.connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return
        finally:
            self.connection.settimeout(None)
        if not ahead or self.server.closing.wait(seconds):  # data that is there already is the next request
            raise ConnectionAbortedError("the client does not wait for the reply")


def _complete(data: bytes, size: int) -> bytes:
    if len(data) < size:
        raise ConnectionAbortedError("the client left in the middle of its request")
    return data


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(body)
    except ValueError:
        return None
    return cast("dict[str, Any]", read) if isinstance(read, dict) else None


def _head(response: Response) -> bytes:
    length = sum(map(len, response.parts))
    framing = {"Transfer-Encoding": "chunked"} if response.streamed else {"Content-Length": str(length)}
    phrase = HTTPStatus(response.status).phrase if response.status in set(HTTPStatus) else "Unknown"
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in {**response.headers, **framing}.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _writes(response: Response, fault: Fault | None) -> list[bytes]:
    """Split a response into what is sent at once: all of it, or one event, or one byte of a trickle."""
    parts = _chunked(response.parts) if response.streamed else list(response.parts)
    whole = b"".join(parts)
    if fault == "trickle":
        parts = [whole[at : at + 1] for at in range(len(whole))]
    elif fault in ("stream_drop", "stream_stall") and response.streamed:
        parts = parts[:1]
    elif fault in _CUT:
        parts = [whole[: len(whole) // 2]]
    first, *others = parts or [b""]
    return [_head(response) + first, *others]


def _chunked(parts: tuple[bytes, ...]) -> list[bytes]:
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part]  # an empty chunk would end the stream
    return [*chunks[:-1], chunks[-1] + b"0\r\n\r\n"]
