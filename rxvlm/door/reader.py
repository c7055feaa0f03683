"""Reader: one connection to a door, seen from inside: what waits for it, and what it asks for."""

from __future__ import annotations

import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Final

from rxvlm.door.lines import LONGEST_REQUEST, Lines, encoded

MOST_WAITING: Final = 1024 * 1024
"""Bytes that wait for a reader at most; of more, the oldest lines are lost. One line may be longer."""

MOST_REQUESTS: Final = 100
"""Requests of a reader in a second that are read; the rest waits in its socket."""

_AT_ONCE: Final = 64 * 1024  # bytes that are read or written at a time, so that others have their turn


class Reader:
    """One connection. Its methods are called on the door's thread, and never wait.

    Args:
        connection: The connection.
        now: Seconds of a clock that does not go back.

    Attributes:
        connection: The connection.
        ending: Whether it is to be closed once what waits is written.
        deaf: Whether the other side sends nothing more.
        missed: Whether it lost lines since it was told how all is.
        moved: When it took something, or had nothing to take; in seconds of the same clock.
    """

    def __init__(self, connection: socket.socket, now: float) -> None:
        self.connection = connection
        self.ending = self.deaf = self.missed = False
        self.moved = now
        self._lines = Lines(LONGEST_REQUEST)
        self._waiting: deque[tuple[bytes, bool]] = deque()  # lines, and whether they may be lost
        self._bytes = 0
        self._lost = 0
        self._begun = b""  # the rest of what is being written
        self._requests: deque[bytes] = deque()
        self._left = MOST_REQUESTS

    @property
    def has_more(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._begun or self._waiting)

    @property
    def listens(self) -> bool:
        """Whether more of it is read: not if it has asked for too much, or does not take what it was told."""
        return not (self.ending or self.deaf or self._requests or self._bytes > MOST_WAITING)

    @property
    def asks(self) -> bool:
        """Whether requests of it were read, and not taken yet."""
        return bool(self._requests)

    def put(self, line: bytes, *, may_be_lost: bool = True) -> None:
        """Let a line wait to be written; if too much waits, the oldest lines that may be lost are, and are counted.

        Args:
            line: The line.
            may_be_lost: Whether it is one of many, and not the reply to a request.
        """
        self._waiting.append((line, may_be_lost))
        self._bytes += len(line)
        kept: list[tuple[bytes, bool]] = []
        while self._bytes > MOST_WAITING and len(self._waiting) > 1:
            oldest = self._waiting.popleft()
            if oldest[1]:
                self._bytes -= len(oldest[0])
                self.lose(1)
            else:
                kept.append(oldest)
        self._waiting.extendleft(reversed(kept))

    def lose(self, lines: int) -> None:
        """Count lines that never came here."""
        self._lost += lines
        self.missed = True

    def write(self, now: float) -> None:
        """Write what the connection takes at once.

        Raises:
            OSError: If the other side has gone.
        """
        while self.has_more:
            if not self._begun:
                self._begin()
            try:
                taken = self.connection.send(self._begun)
            except BlockingIOError:
                return
            self.moved = now
            self._begun = self._begun[taken:]
        self.moved = now

    def hear(self) -> None:
        """Read what came, at most 64 kB.

        Raises:
            LineTooLongError: If a line is too long.
            OSError: If the other side has gone.
        """
        try:
            data = self.connection.recv(_AT_ONCE)
        except BlockingIOError:
            return
        self.deaf = not data
        self._requests.extend(self._lines.feed(data))

    def requests(self, take: Callable[[bytes], None]) -> None:
        """Take the requests that were read, as many as it may have in a second."""
        while self._requests and self._left > 0 and not self.ending:
            self._left -= 1
            take(self._requests.popleft())

    def next_second(self) -> None:
        """Let it ask again."""
        self._left = MOST_REQUESTS

    def is_ours(self, user: int) -> bool:
        """Return whether the other side is a process of this user, or of root; True where the system cannot say."""
        option: int | None = getattr(socket, "SO_PEERCRED", None)
        if option is None:
            return True
        size = struct.calcsize("3i")
        _pid, uid, _gid = struct.unpack("3i", self.connection.getsockopt(socket.SOL_SOCKET, option, size))
        return uid in (user, 0)

    def _begin(self) -> None:
        """Take the next lines to write; before them, how many were lost."""
        lines: list[bytes] = []
        if self._lost:
            lines.append(encoded({"type": "lost", "lines": self._lost}))
            self._lost = 0
        size = 0
        while self._waiting and size < _AT_ONCE:
            line, _ = self._waiting.popleft()
            self._bytes -= len(line)
            size += len(line)
            lines.append(line)
        self._begun = b"".join(lines)
