"""Time in ticks, integer microseconds: sums do not drift, and ticks can be compared and used as keys.

The public values have times in float seconds. Code that adds times up, or compares them for equality, uses ticks.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Aligned: TypeAlias = Literal["source", "clock"]
"""Where windows begin: at multiples of their stride on the source's own time, or on the wall clock."""

TICKS_PER_SECOND = 1_000_000


def to_ticks(seconds: float) -> int:
    """Return a time or a duration in ticks, rounded to the nearest.

    >>> to_ticks(0.1 + 0.2)
    300000
    """
    return round(seconds * TICKS_PER_SECOND)


def to_seconds(ticks: int) -> float:
    """Return a time or a duration in seconds.

    >>> to_seconds(40_000)
    0.04
    """
    return ticks / TICKS_PER_SECOND


def windows_at(time: int, span: int, stride: int) -> range:
    """Return the numbers of the windows that contain a moment, all in ticks.

    Window k is [k * stride, k * stride + span), k = 0, 1, ...; with ``stride`` equal to ``span`` each moment
    is in exactly one.

    >>> list(windows_at(5, span=4, stride=2))
    [1, 2]
    >>> list(windows_at(3, span=2, stride=4))
    []
    """
    return range(max(0, (time - span) // stride + 1), time // stride + 1)


def moments(start: float, end: float, count: int) -> list[float]:
    """Return the ``count`` evenly spaced moments of a span, in seconds: start + i * (end - start) / count.

    The first is the start; the end is none of them.

    >>> moments(3.0, 6.0, 3)
    [3.0, 4.0, 5.0]
    """
    return [start + i * (end - start) / count for i in range(count)]
