"""Teller: says in the log where pictures of a film are missing, and where its clock was set."""

from __future__ import annotations

import logging
from typing import Final

from rxvlm.ticks import to_seconds, to_ticks

_log = logging.getLogger("rxvlm")

_LONG: Final = to_ticks(5.0)  # between two pictures, and
_OFTEN: Final = 50  # times the distance of those before: films of a screen have long pauses everywhere
_MOST_TOLD: Final = 5


class Teller:
    """Follows the times of a film's pictures, and logs its gaps and seams.

    Args:
        where: What to call the film.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._first: int | None = None
        self._last = 0
        self._longest = 0  # ticks between two pictures so far, gaps aside
        self._seams = self._told = 0

    def tell(self, pts: int, seams: int) -> None:
        """Take the time of the next picture, in ticks, and the number of times that the clock was set so far."""
        if self._first is None:
            self._first = self._last = pts
        distance = pts - self._last
        if seams > self._seams:
            self._say("%s: the clock was set after %.1f s; it goes on from there", self._seconds(self._last))
        elif distance > _LONG and 0 < self._longest * _OFTEN < distance:
            self._say("%s has no pictures from %.1f to %.1f s", self._seconds(self._last), self._seconds(pts))
        else:
            self._longest = max(self._longest, distance)
        self._seams, self._last = seams, max(pts, self._last)

    def _seconds(self, pts: int) -> float:
        return to_seconds(pts - (self._first or 0))

    def _say(self, text: str, *seconds: float) -> None:
        self._told += 1
        if self._told <= _MOST_TOLD:
            _log.warning(text, self._where, *seconds)
