"""When: moments and durations as a monitor writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rxvlm.display.wall_time import clock, moment


def short_time(at: float, now: float) -> str:
    """Return a moment as ``07:35:40``, with the day if it is not today's: ``11-28 07:35:40``.

    Args:
        at: Seconds since 1970 (UTC).
        now: The same; what is today.
    """
    then = datetime.fromtimestamp(at).astimezone()
    same = then.date() == datetime.fromtimestamp(now).astimezone().date()
    return clock(at) if same else f"{then:%m-%d} {clock(at)}"


def window_time(record: Mapping[str, Any], now: float) -> str:
    """Return when the window of an answer was: of a film its moments, of a camera when it ended."""
    if record["captured"] is None:
        return f"{moment(record['start'])}-{moment(record['end'])}"
    return short_time(record["captured"], now)


def seconds_text(seconds: float | None) -> str:
    """Return a duration in few letters: ``12ms``, ``1.24s``, ``73s``; ``-`` for None.

    >>> [seconds_text(one) for one in (None, 0.0, 0.0123, 1.236, 73.4, -0.5)]
    ['-', '0', '12ms', '1.24s', '73s', '-0.50s']
    """
    if seconds is None:
        return "-"
    if abs(seconds) < 0.0005:  # noqa: PLR2004 - half a millisecond
        return "0"
    if 0 < seconds < 0.0995:  # noqa: PLR2004 - two digits of milliseconds
        return f"{seconds * 1000:.0f}ms"
    return f"{seconds:.2f}s" if seconds < 9.995 else f"{seconds:.0f}s"  # noqa: PLR2004 - three digits
