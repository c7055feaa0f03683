"""Inbox: what a run tells its door, on its way to the door's thread."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Container, Mapping
from contextlib import suppress
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from rxvlm.analysis import Analysis
from rxvlm.event import Event

Item: TypeAlias = Analysis | Event
Told: TypeAlias = Item | Mapping[str, Any]
"""An answer, an event, or a line that is ready."""

_To = TypeVar("_To")
MOST_TOLD: Final = 1000
"""Answers, events and lines that wait for the door's thread at most; of more, the oldest are lost."""


class Taken(NamedTuple, Generic[_To]):
    """What was in an inbox.

    Attributes:
        told: What is for all, in order.
        lost: How many before them were lost.
        replies: What is for one, in order.
    """

    told: list[Told]
    lost: int
    replies: list[tuple[_To, Mapping[str, Any]]]


class Inbox(Generic[_To]):
    """A bounded queue that no one waits for. Any thread puts, one takes.

    Attributes:
        wanted: Whether there is a reader; without one only the newest of all is remembered.
        wakes: A socket that can be read when there is something to take.
    """

    def __init__(self) -> None:
        self.wanted = False
        self.wakes, self._wake = socket.socketpair()
        for end in (self.wakes, self._wake):
            end.settimeout(0.0)
        self._lock = threading.Lock()
        self._told: deque[Told] = deque()
        self._replies: deque[tuple[_To, Mapping[str, Any]]] = deque()
        self._lost = 0
        self._awake = False
        self._newest: dict[str, Analysis] = {}
        self._running: dict[str, Event] = {}

    def put(self, told: Told) -> None:
        """Put what is for all."""
        with self._lock:
            self._remember(told)
            if not self.wanted:
                return
            self._told.append(told)
            if len(self._told) > MOST_TOLD:
                self._told.popleft()
                self._lost += 1
        self.wake()

    def reply(self, to: _To, line: Mapping[str, Any]) -> None:
        """Put what is for one; its number is bounded by that of its requests."""
        self._replies.append((to, line))
        self.wake()

    def wake(self) -> None:
        """Let the taker look."""
        if not self._awake:
            self._awake = True
            with suppress(OSError):  # it is full, and so awake; or closed
                self._wake.send(b"x")

    def take(self) -> Taken[_To]:
        """Take all that is there."""
        with suppress(OSError):
            self.wakes.recv(64)
        self._awake = False
        with self._lock:
            told, lost = list(self._told), self._lost
            self._told.clear()
            self._lost = 0
        replies: list[tuple[_To, Mapping[str, Any]]] = []
        while self._replies:
            replies.append(self._replies.popleft())
        return Taken(told, lost, replies)

    def begin(self) -> tuple[list[Told], list[Item]]:
        """Want all that is told from now on.

        Returns:
            What is for those that were there before, and was not taken yet; and, of what was told so far, the newest
            answer about each camera, and the events that run.
        """
        with self._lock:
            self.wanted = True
            told = list(self._told)
            self._told.clear()
            return told, [*self._newest.values(), *self._running.values()]

    def keep(self, cameras: Container[str]) -> None:
        """Let go what is remembered of cameras that are not watched any more."""
        with self._lock:
            self._newest = {name: one for name, one in self._newest.items() if name in cameras}

    def close(self) -> None:
        """Close its sockets; what is put from now on goes nowhere."""
        self.wanted = False
        for end in (self.wakes, self._wake):
            end.close()

    def _remember(self, told: Told) -> None:
        if isinstance(told, Analysis):
            self._newest[told.clip.source] = told
        elif isinstance(told, Event):
            self._running.pop(told.id, None)
            if told.phase != "end":
                self._running[told.id] = told
