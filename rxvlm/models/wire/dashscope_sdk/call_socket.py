"""CallSocket: the socket of a blocking call, which another thread can shut."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class CallSocket:
    """The socket of a call. Another thread can shut it, which wakes the thread that reads or writes it at once.

    Attributes:
        ready: Whether the connection is established: what follows may be billed.
    """

    def __init__(self) -> None:
        self.ready = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._hung_up = False

    def hold(self, connected: socket.socket) -> None:
        """Keep a connected socket, in place of the one before.

        Raises:
            ConnectionAbortedError: If `hang_up` was called before; the socket is closed then.
        """
        with self._lock:
            if self._hung_up:
                connected.close()
                raise ConnectionAbortedError("the call was cancelled")
            self._let_go()
            # A duplicate can shut the connection, too, and stays valid when TLS takes over the original.
            self._socket = connected.dup()

    def hang_up(self) -> None:
        """Shut the socket now, or as soon as there is one. Thread-safe."""
        with self._lock:
            self._hung_up = True
            if self._socket is not None:
                with suppress(OSError):  # the server was first
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the duplicate; the connection itself belongs to the session."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
