"""LaterSink: a sink that is made when the service begins, not when the file is read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from contextlib import suppress

from rxvlm.event import Event, Phase
from rxvlm.sinks.sink import Item, Sink


class LaterSink:
    """A sink that opens a file, or connects, and so must not be made to check what a file says.

    Args:
        make: Makes the sink.
        phases: The phases of the events that it gets.
        answers: Whether it gets answers, too.
    """

    def __init__(
        self,
        make: Callable[[], Sink],
        *,
        phases: Collection[Phase] = ("start", "update", "end"),
        answers: bool = True,
    ) -> None:
        self._make, self._phases, self._answers = make, frozenset(phases), answers
        self._lock = threading.Lock()
        self._made: Sink | None = None

    def takes(self, item: Item) -> bool:
        """Return whether the sink gets an item."""
        return item.phase in self._phases if isinstance(item, Event) else self._answers

    def open(self) -> None:
        """Make the sink. If that cannot be, the first item says why."""
        with suppress(OSError):
            self._sink()

    def __call__(self, item: Item) -> object:
        """Pass an item on.

        Raises:
            OSError: If the sink cannot be made, or does not take it.
        """
        return self._sink()(item) if self.takes(item) else None

    def close(self) -> int | None:
        """Close the sink; the next item makes it again."""
        with self._lock:
            made, self._made = self._made, None
        return None if made is None else made.close()

    def _sink(self) -> Sink:
        with self._lock:
            self._made = self._made or self._make()
            return self._made
