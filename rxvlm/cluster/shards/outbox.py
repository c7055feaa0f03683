"""Outbox: the results of a shard that wait until they are taken; bounded, and it never holds up a camera."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from rxvlm.cluster.task import Given, Over, Result

CAPACITY: Final = 256
BATCH: Final = 32


class Outbox:
    """Results on their way from the threads that answer to the one that sends them.

    While it is full, a film waits, and of the cameras the oldest waiting answer is lost. The end of a camera always
    finds room: there is one for each.

    Args:
        on_lost: Called with each answer that is lost.
        capacity: How many answers wait at most.
    """

    def __init__(self, on_lost: Callable[[Given], None], *, capacity: int = CAPACITY) -> None:
        self._on_lost, self._capacity = on_lost, capacity
        self._items: deque[tuple[Result, bool]] = deque()  # each with whether it may be lost
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, given: Given, *, waits: bool, left: Callable[[], bool] = lambda: False) -> None:
        """Add an answer.

        Args:
            given: The answer.
            waits: Whether it waits for room, as that of a film does, instead of taking that of the oldest.
            left: Returns whether it need not wait any more, since its film is not watched any more.
        """
        lost: Given | None = None
        with self._changed:
            if waits:
                while not self._closed and not left() and len(self._items) >= self._capacity:
                    self._changed.wait(0.2)
            elif len(self._items) >= self._capacity:
                lost = self._oldest_that_may_be_lost() or given
            if not self._closed and lost is not given:
                self._items.append((given, not waits))
                self._changed.notify_all()
        if lost is not None:
            self._on_lost(lost)

    def end(self, over: Over) -> None:
        """Add the end of a camera."""
        with self._changed:
            self._items.append((over, False))
            self._changed.notify_all()

    def take(self, seconds: float) -> list[Result]:
        """Return what waits, `BATCH` at most; wait up to some seconds until there is something."""
        with self._changed:
            if not self._items and not self._closed:
                self._changed.wait(seconds)
            taken = [self._items.popleft()[0] for _ in range(min(BATCH, len(self._items)))]
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Let nothing wait for room any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def _oldest_that_may_be_lost(self) -> Given | None:
        for at, (item, may_be_lost) in enumerate(self._items):
            if may_be_lost and isinstance(item, Given):
                del self._items[at]
                return item
        return None
