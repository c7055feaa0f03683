"""An HTTP server whose every path is written by the test: odd cameras, films and snapshots, on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import cv2
from film import card

RATE = 20.0


@dataclass
class Asked:
    """A request, as it came.

    Attributes:
        path: What was asked for.
        headers: Its headers, names in lower case.
    """

    path: str
    headers: Mapping[str, str]


@dataclass
class Odd:
    """A server that answers as it is told to.

    Attributes:
        uri: Its address, without a path.
        asked: The requests so far.
        over: Set when the test is over: endless answers end.
    """

    uri: str
    asked: list[Asked] = field(default_factory=list[Asked])
    over: threading.Event = field(default_factory=threading.Event)


Answer = Callable[["Odd", BaseHTTPRequestHandler], None]
"""Writes the answer to a request."""


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, odd: Odd, answer: Answer, *args: object) -> None:
        self._odd, self._answer = odd, answer
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        odd = self._odd
        odd.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}))
        try:
            self._answer(odd, self)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - http.server's name


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def serving(answer: Answer, *, one_client: bool = False) -> Generator[Odd]:
    """Serve until the context ends; several clients at once, or one after the other, as some cameras do."""
    odd = Odd("")
    kind = HTTPServer if one_client else _Server
    server = kind(("127.0.0.1", 0), partial(_Handler, odd, answer))  # type: ignore[arg-type]
    odd.uri = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield odd
    finally:
        odd.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def jpeg_of(index: int, size: tuple[int, int] = (160, 120)) -> bytes:
    """Return `card` of a number as a JPEG."""
    return cv2.imencode(".jpg", card(index, *size))[1].tobytes()


def whole(
    data: bytes, kind: str, *, status: int = 200, sized: bool = True, headers: Mapping[str, str] | None = None
) -> Answer:
    """Answer with a body of a type, with or without its length."""

    def answer(_odd: Odd, request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            request.send_header(name, value)
        if sized:
            request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return answer


def endless(kind: str, parts: Callable[[], Iterable[bytes]]) -> Answer:
    """Answer with parts, `RATE` a second, until they end or the test is over."""

    def answer(odd: Odd, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        if kind:
            request.send_header("Content-Type", kind)
        request.end_headers()
        for part in parts():
            if odd.over.wait(1 / RATE):
                return
            request.wfile.write(part)

    return answer
