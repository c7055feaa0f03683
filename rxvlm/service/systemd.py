"""Messages to systemd: ready, reloading, stopping, a status, and that the process is alive (sd_notify)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

_USEC: Final = 1_000_000


class Notifier:
    """Sends datagrams to the socket that the service manager has named; without one it does nothing.

    Args:
        environment: Has ``NOTIFY_SOCKET`` if a manager listens, and ``WATCHDOG_USEC`` with ``WATCHDOG_PID`` if the
            process is to say in time that it is alive. None: that of the process.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        own = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit = environment.get("WATCHDOG_USEC", "")
        self.watchdog_seconds = int(limit) / _USEC / 2 if own and limit.isdecimal() and int(limit) else None
        """Seconds between two signs of life: half of what is allowed; None if the manager does not wait for them."""

    def ready(self, status: str) -> None:
        """Say that the service works, for the first time or again after a reload."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Say that the file is read again; `ready` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def status(self, text: str) -> None:
        """Set the line that ``systemctl status`` shows."""
        self._send(f"STATUS={text}")

    def alive(self) -> None:
        """Say that the process is alive."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the service ends."""
        self._send("STOPPING=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        message = "\n".join(line.replace("\n", " ") for line in lines)
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.connect(self._address)  # a manager that has gone is no reason to end
            channel.setblocking(False)  # noqa: FBT003 - the standard library's own signature
            channel.send(message.encode())
