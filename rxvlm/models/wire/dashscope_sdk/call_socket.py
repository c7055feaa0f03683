"""CallSocket: the socket of a call, which any thread may shut."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class CallSocket:
    """The socket of a call, which another thread may shut: whoever reads or writes it is woken at once.

    Attributes:
        ready: Whether the connection is made, so that what follows may be billed.
    """

    def __init__(self) -> None:
        self.ready = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._hung_up = False

    def hold(self, connected: socket.socket) -> None:
        """Take a connected socket, in place of the one before.

        Raises:
            ConnectionAbortedError: If the line was hung up meanwhile; the socket is closed then.
        """
        with self._lock:
            if self._hung_up:
                connected.close()
                raise ConnectionAbortedError("hung up")
            self._let_go()
            # A duplicate shuts the connection just as well, and stays what it is when TLS takes the socket over.
            self._socket = connected.dup()

    def hang_up(self) -> None:
        """Shut the socket, or the one that is yet to come."""
        with self._lock:
            self._hung_up = True
            if self._socket is not None:
                with suppress(OSError):  # the other end was first
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let the socket go; its owner closes it."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
