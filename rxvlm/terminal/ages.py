"""Ages: how old the answers of the last hour were when they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import ceil
from typing import Final

_HOUR: Final = 3600.0
_MOST: Final = 20_000  # ages that are kept


class Ages:
    """Collects ages; those of more than an hour ago, and all but the newest 20,000, are left out."""

    def __init__(self) -> None:
        self._ages: deque[tuple[float, float]] = deque(maxlen=_MOST)

    def add(self, age: float | None, now: float) -> None:
        """Add an age that an answer had now; None, as of a film, is left out.

        Args:
            age: Seconds.
            now: Seconds of the monotonic clock.
        """
        if age is not None:
            self._ages.append((now, age))

    def at(self, share: float, now: float) -> float | None:
        """Return the age at a share of them, by nearest rank; None of none."""
        while self._ages and self._ages[0][0] < now - _HOUR:
            self._ages.popleft()
        return percentile(sorted(age for _, age in self._ages), share)


def percentile(known: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank percentile of sorted values; None of no values.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5), percentile([], 0.5)
    (2.0, None)
    """
    return known[max(0, ceil(share * len(known)) - 1)] if known else None
