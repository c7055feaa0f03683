"""The listening socket of the fake server, and the threads of its connections."""

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
from rxvlm.testing.server.reply import Reply, Request
from rxvlm.testing.server.response import Response

LOOPBACK = "127.0.0.1"
_WAKING_SECONDS = 1.0


class Host(Protocol):
    """What a listener and its connections report to; `Record` is one."""

    def on_request(self, request: Request) -> tuple[Reply, Response]:
        """Take a request that has arrived; return its reply and its response."""
        ...

    def on_reply_end(self, request: Request) -> None:
        """Take note that the reply to a request has ended; may be called twice."""
        ...

    def on_connections_change(self) -> None:
        """Take note that a connection was opened or closed."""
        ...

    def on_error(self, error: BaseException) -> None:
        """Take note of an error that should not happen."""
        ...


class Listener(ThreadingMixIn, TCPServer):  # an HTTPServer would look up its own host name, which may take seconds
    """A listening socket and its connections, each with a thread; `close` ends and joins them all.

    Args:
        port: Where to listen; 0 for a free one.
        handler: The class that serves a connection.
        host: What requests and changes are reported to.
        numbers: The numbers of the connections, one for each.
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
        """The port it listens on."""
        return self.server_address[1]

    def close(self) -> None:
        """Close all connections, and return when all threads have ended, except the one that calls."""
        self.hang_up()
        self._acceptor.join()
        for thread in self._serving:  # the acceptor has ended, so no more are added
            if thread is not threading.current_thread():
                thread.join()
        self.server_close()

    def hang_up(self) -> None:
        """End every wait and every connection."""
        with self._lock:
            self.closing.set()
            for connection in self.open:
                with suppress(OSError):  # the client has closed it already
                    connection.shutdown(socket.SHUT_RDWR)
        if self._acceptor.is_alive():  # once it has ended, another program may have the port
            self._wake()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class says so
        """Serve a connection on a thread of its own."""
        with self._lock:
            if self.closing.is_set():
                self.close_request(request)
                return
            self.open.add(request)
        self.host.on_connections_change()
        serve = partial(self.process_request_thread, request, client_address)
        thread = daemon("rxvlm fake server's connection")(serve)
        self._serving = [*filter(threading.Thread.is_alive, self._serving), thread]
        thread.start()

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the base class says so
        """Close a connection without a shutdown before, so that the close can be a reset."""
        with self._lock:
            self.open.discard(request)
            self.close_request(request)
        self.host.on_connections_change()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class says so
        """Report an error of a connection to the host."""
        _ = request, client_address
        error = sys.exception()
        if error is not None:
            self.host.on_error(error)

    def _accept(self) -> None:
        while not self.closing.is_set():
            self.handle_request()

    def _wake(self) -> None:
        with suppress(OSError):  # it has ended already
            socket.create_connection((LOOPBACK, self.port), _WAKING_SECONDS).close()
