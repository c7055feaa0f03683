"""FairQueue: what waits, served in turn by source."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import count
from typing import Generic, TypeVar

_MOST_SOURCES = 1000  # whose last turn is remembered

_T = TypeVar("_T", bound=Hashable)


class FairQueue(Generic[_T]):
    """A queue that is fair between sources: next is the oldest item of the source that was served longest ago.

    So while a source has an item waiting, no other source is served twice.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, dict[_T, None]] = {}
        self._served: dict[str, int] = {}
        self._number = count(1)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def __iter__(self) -> Iterator[_T]:
        for items in self._waiting.values():
            yield from items

    def add(self, source: str, item: _T) -> None:
        """Add an item of a source."""
        self._waiting.setdefault(source, {})[item] = None

    def pop(self) -> _T:
        """Remove the next item and return it."""
        source = min(self._waiting, key=self._last_served)
        self._served.pop(source, None)
        self._served[source] = next(self._number)
        if len(self._served) > _MOST_SOURCES:
            del self._served[next(iter(self._served))]
        item = next(iter(self._waiting[source]))
        self.discard(source, item)
        return item

    def evict(self) -> _T:
        """Remove and return the newest item of the source with most waiting; of several such, the last in turn."""
        last_first = reversed(self._waiting)
        source = max(last_first, key=lambda source: (len(self._waiting[source]), self._last_served(source)))
        item = next(reversed(self._waiting[source]))
        self.discard(source, item)
        return item

    def discard(self, source: str, item: _T) -> bool:
        """Remove an item; return whether it was waiting."""
        items = self._waiting.get(source, {})
        if item not in items:
            return False
        del items[item]
        if not items:
            del self._waiting[source]
        return True

    def _last_served(self, source: str) -> int:
        return self._served.get(source, 0)
