"""A receiver of webhooks on loopback, for tests: it answers by a script, and keeps what came."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

Reply = int | str | tuple[int, Mapping[str, str]]
"""A status, a status with headers, ``"hang"`` (no answer) or ``"close"`` (the connection is closed without one)."""


@dataclass
class Posted:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Takes requests inside of a ``with`` block.

    Args:
        script: What is answered, one request after another; then what ``reply`` returns.
        reply: Returns what is answered.
        told: Called with each request before it is answered.
        pem: A file with a key and a certificate, for TLS; None for none.
    """

    script: list[Reply] = field(default_factory=list[Reply])
    reply: Callable[[], Reply] = field(default=lambda: 204)
    told: Callable[[Posted], object] = field(default=lambda _posted: None)
    pem: Path | None = None
    posted: list[Posted] = field(default_factory=list[Posted])

    def __enter__(self) -> Self:
        self.over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if self.pem is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(self.pem)
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http{'s' if self.pem else ''}://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [posted.headers["webhook-id"] for posted in self.posted]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            names = {name.lower(): value for name, value in self.headers.items()}
            posted = Posted(self.path, names, self.rfile.read(length))
            number = len(receiver.posted)
            reply = receiver.script[number] if number < len(receiver.script) else receiver.reply()
            receiver.posted.append(posted)
            receiver.told(posted)
            if isinstance(reply, str):
                if reply == "hang":
                    receiver.over.wait()
                self.close_connection = True
                return
            status, headers = reply if isinstance(reply, tuple) else (reply, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            if status not in (204, 304):
                self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own
            """Say nothing."""

    return Handler
