"""Where the fake server listens, and the threads of its connections."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from typing import Any, Protocol

from rxvlm.concurrency.threads import daemon
from rxvlm.testing.server.answer import Answer
from rxvlm.testing.server.reply import Reply, Request

LOOPBACK = "127.0.0.1"
_WAKING_SECONDS = 1.0


class Host(Protocol):
    """Who says what happens."""

    def begun(self, request: Request) -> tuple[Reply, Answer]:
        """Hear a request, and give what to do with it."""
        ...

    def over(self, request: Request) -> None:
        """Hear, perhaps twice, that the reply to a request ends."""
        ...

    def changed(self) -> None:
        """Hear that a connection was opened or closed."""
        ...

    def failed(self, error: BaseException) -> None:
        """Hear of what should not happen."""
        ...


class Listener(ThreadingMixIn, TCPServer):  # an HTTPServer would ask for its own name, which may take seconds
    """A listening socket and its connections, each with a thread; `close` ends and joins them all.

    Args:
        port: Where to listen; 0 for a free one.
        handler: What is done on a connection.
        host: Who says what happens.
        numbers: Of the connections.
    """

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, handler: type[BaseRequestHandler], host: Host, numbers: Iterator[int]) -> None:
        super().__init__((LOOPBACK, port), handler)
        self.host, self.numbers, self.closing = host, numbers, threading.Event()
        self.open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._serving: list[threading.Thread] = []
        self._acceptor = daemon("rxvlm fake server", self.hang_up)(self._accept)
        self._acceptor.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server_address[1]

    def close(self) -> None:
        """Hang up on everybody, and return when all threads have ended; but the one that calls."""
        self.hang_up()
        self._acceptor.join()
        for thread in self._serving:  # no more are added
            if thread is not threading.current_thread():
                thread.join()
        self.server_close()

    def hang_up(self) -> None:
        """End every wait and every connection."""
        with self._lock:
            self.closing.set()
            for connection in self.open:
                with suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)
        if self._acceptor.is_alive():  # or the port may be another's by now
            self._wake()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class says so
        """Give a connection a thread."""
        with self._lock:
            if self.closing.is_set():
                self.close_request(request)
                return
            self.open.add(request)
        self.host.changed()
        serve = partial(self.process_request_thread, request, client_address)
        thread = daemon("rxvlm fake server's connection")(serve)
        self._serving = [*filter(threading.Thread.is_alive, self._serving), thread]
        thread.start()

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the base class says so
        """Close a connection; without a word before, so that it can be a reset."""
        with self._lock:
            self.open.discard(request)
            self.close_request(request)
        self.host.changed()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class says so
        """Pass on what went wrong with a connection."""
        _ = request, client_address
        error = sys.exception()
        if error is not None:
            self.host.failed(error)

    def _accept(self) -> None:
        while not self.closing.is_set():
            self.handle_request()

    def _wake(self) -> None:
        with suppress(OSError):  # it woke by itself
            socket.create_connection((LOOPBACK, self.port), _WAKING_SECONDS).close()
