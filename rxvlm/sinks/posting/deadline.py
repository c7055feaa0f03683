"""Deadline: the end of a request that takes too long in all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from rxvlm.concurrency.timers import TIMERS

_CONNECTED: Final = "connect_tcp.complete"  # how httpcore calls a connection, also one to a proxy


class Deadline:
    """Shuts the connection of a request when its time is up; a context manager around the request.

    A time-out of httpx bounds each wait, not their sum: a receiver that sends a byte now and then would hold the
    request without end.

    Args:
        seconds: How long the request may take.

    Attributes:
        is_over: Whether its time was up before its end.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.is_over = False

    def __enter__(self) -> Self:
        self._timer = TIMERS.schedule_relative(self._seconds, lambda _scheduler, _state: self._shut())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.dispose()
        with self._lock:
            own, self._socket = self._socket, None
        if own is not None:
            own.close()

    def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Keep a second handle of the connection when there is one; httpcore calls this with each step of a request."""
        if not name.endswith(_CONNECTED):
            return
        connected = info["return_value"].get_extra_info("socket")
        with self._lock:
            former, self._socket = self._socket, connected.dup()  # of its own, since TLS takes the first one away
        if former is not None:  # of an address of the host that refused, or of a redirect
            former.close()
        if self.is_over:
            self._shut()

    def _shut(self) -> None:
        with self._lock:
            self.is_over = True
            if self._socket is not None:
                with suppress(OSError):  # the receiver has closed it already
                    self._socket.shutdown(socket.SHUT_RDWR)
