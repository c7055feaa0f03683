"""Standing: how far something has come, and how that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_TEXT_BAR: Final = 10  # letters
_FULL: Final = 0.9999


@dataclass(frozen=True, slots=True)
class Standing:
    """How far something has come.

    Attributes:
        name: What it is.
        share: How much is done, from 0 to 1; None if nothing says how much there is.
        said: Facts, such as the position and the number of answers.
        seconds: Seconds since it began.
        newest: The newest answer, on one line.
    """

    name: str
    share: float | None
    said: Sequence[str]
    seconds: float
    newest: str = ""

    @property
    def percent(self) -> str:
        """The share in percent, rounded down, so that only what is done has 100; "" if it is unknown."""
        return "" if self.share is None else f"{int(100 * self.share + 1 - _FULL)}%"

    @property
    def times(self) -> str:
        """The time that it took, and the time that is probably left.

        >>> Standing("cars", 0.25, [], 10.0).times, Standing("cars", None, [], 75.0).times
        ('0:10, 0:30 left', '1:15')
        """
        if not self.share or self.share >= _FULL:
            return clock(self.seconds)
        return f"{clock(self.seconds)}, {clock(self.seconds * (1 - self.share) / self.share)} left"

    @property
    def line(self) -> str:
        """All of it as a line of text.

        >>> Standing("cars", 0.25, ["0:05 of 0:20", "2 answers"], 10.0).line
        'cars:  25%|##--------| 0:05 of 0:20, 2 answers [0:10, 0:30 left]'
        """
        done = round(_TEXT_BAR * (self.share or 0.0))
        bar = f" {self.percent:>4}|{'#' * done}{'-' * (_TEXT_BAR - done)}|" if self.share is not None else ""
        return f"{self.name}:{bar} {', '.join(self.said)} [{self.times}]"


def clock(seconds: float) -> str:
    """Return a length as minutes and seconds, or as hours, minutes and seconds.

    >>> clock(5.4), clock(3723)
    ('0:05', '1:02:03')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
