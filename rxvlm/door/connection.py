"""Connection: one end of a door, in the process that looks."""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from rxvlm.door.lines import LONGEST_LINE, PROTOCOL, Lines, LineTooLongError, decoded, encoded
from rxvlm.door.places import reachable
from rxvlm.errors import DoorError

_SECONDS: Final = 3.0  # for the first line
_AGAIN_SECONDS: Final = 0.05
_AT_ONCE: Final = 256 * 1024  # bytes


class Connection:
    """A connection to a run, whose first line was read.

    Args:
        path: The socket.

    Attributes:
        path: The socket.
        hello: The first line: what the run says of itself.

    Raises:
        DoorError: If nothing answers there, or it is no run of this user, or of another protocol.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = Lines(LONGEST_LINE)
        self._whole: list[bytes] = []
        self._kept: list[dict[str, Any]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_SECONDS)
        try:
            self._connect()
            self.hello = self._first()
        except BaseException:
            self._socket.close()
            raise
        self._socket.settimeout(None)

    @property
    def name(self) -> str:
        """What the run is called."""
        return str(self.hello.get("name", ""))

    def read(self) -> list[dict[str, Any]] | None:
        """Wait for the next lines; return them, or None if the run has gone. What is no object of JSON is left out.

        Raises:
            DoorError: If the other side sends what no run sends.
        """
        while not self._whole:
            try:
                data = self._socket.recv(_AT_ONCE)
                self._whole = self._lines.feed(data)
            except LineTooLongError as error:
                raise DoorError(f"{self.path}: {error}") from None
            except TimeoutError:
                raise DoorError(f"{self.path} answers nothing: {self._whose()}") from None
            except OSError:
                return None
            if not data:
                return None
        whole, self._whole = self._whole, []
        found: list[dict[str, Any]] = []
        for line in whole:
            with suppress(ValueError):
                found.append(decoded(line))
        return found

    def send(self, record: dict[str, Any]) -> None:
        """Send a request.

        Raises:
            DoorError: If the run has gone.
        """
        try:
            self._socket.sendall(encoded(record))
        except OSError as error:
            raise DoorError(f"the run {self.name} has gone ({error.strerror})") from None

    def close(self) -> None:
        """End it; a thread that reads is woken."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _connect(self) -> None:
        failed = self._reach()
        if failed in (errno.EACCES, errno.EPERM):
            raise DoorError(f"{self.path} belongs to another user")
        if failed:
            raise DoorError(f"nothing answers at {self.path} ({os.strerror(failed)}): {self._whose()}")
        option: int | None = getattr(socket, "SO_PEERCRED", None)
        if option is not None and os.getuid() != 0:
            size = struct.calcsize("3i")
            _pid, uid, _gid = struct.unpack("3i", self._socket.getsockopt(socket.SOL_SOCKET, option, size))
            if uid not in (os.getuid(), 0):
                raise DoorError(f"{self.path} is opened by a process of another user; nothing is sent there")

    def _reach(self) -> int:
        """Connect; return 0, or the number of the error."""
        until = time.monotonic() + _SECONDS
        try:
            with reachable(self.path) as address:
                while (failed := self._socket.connect_ex(address)) == errno.EAGAIN and time.monotonic() < until:
                    time.sleep(_AGAIN_SECONDS)  # too many are just connecting
        except OSError as error:  # its folder has gone
            return error.errno or errno.ENOENT
        return failed

    def _first(self) -> dict[str, Any]:
        lines: list[dict[str, Any]] = []
        while not lines:
            more = self.read()
            if more is None:
                raise DoorError(f"nothing answers at {self.path}: {self._whose()}")
            lines += more
        hello, self._kept = lines[0], lines[1:]
        if hello.get("type") == "bye":
            raise DoorError(f"{self.path} turns readers away: {hello.get('reason')}")
        if hello.get("type") != "hello" or not isinstance(hello.get("protocol"), int):
            raise DoorError(f"{self.path} is no door of a run")
        if hello["protocol"] != PROTOCOL:
            theirs, run = hello["protocol"], hello.get("name")
            older = "this rxvlm" if theirs > PROTOCOL else "that of the run"
            raise DoorError(f"the run {run} speaks version {theirs}, and this rxvlm version {PROTOCOL}; update {older}")
        return hello

    def rest(self) -> list[dict[str, Any]]:
        """Return, once, what came together with the first line."""
        kept, self._kept = self._kept, []
        return kept

    def _whose(self) -> str:
        return "the run that it belonged to has ended"
