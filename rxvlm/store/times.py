"""Times as users write and read them: seconds of a film, or a moment of the clock."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from rxvlm.display.json_form import whole
from rxvlm.display.wall_time import clock, moment

When: TypeAlias = float | str | datetime
"""A time: a text as `time_of` takes it, seconds, or a datetime (one without a zone is local)."""

FILM_SECONDS: Final = 1e8  # three years: a number below is the time in a film, one above counts from 1970

_UNITS: Final = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_AGO: Final = re.compile(r"-?(\d+(?:\.\d+)?)\s*(s|m|min|h|d)")
_FILM: Final = re.compile(r"(?:(\d+):(\d{1,2}):)?(\d+(?:\.\d+)?)")
_CLOCK_OR_FILM: Final = re.compile(r"(?:(\d+):)?([0-5]?\d):([0-5]?\d(?:\.\d+)?)")
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def time_of(when: When) -> float:
    """Return a time in seconds: of a film from its beginning, of the clock since 1970 (UTC).

    >>> time_of("3"), time_of("01:02:03"), time_of("2026-11-29T07:35:00Z")
    (3.0, 3723.0, 1795937700.0)

    Args:
        when: Seconds of a film (``3``, ``01:02:03``); RFC 3339 (local without a zone), ``07:35`` (today, local), or
            ``-2h`` or ``2h`` (before now; also ``s``, ``m``, ``d``). A number below 100,000,000 is
            seconds of a film.

    Raises:
        ValueError: If it is none of these.
    """
    return whole(_seconds(when)) or 0.0


def time_in(when: When, *, film: bool) -> float:
    """Return a time like `time_of`, if it is known whether it is about a film.

    So what `time_text` writes can be read, too: ``2:07`` and ``0:24.5`` in a film, ``07:35:40`` (today) of a camera.

    Args:
        when: The time.
        film: Whether it is a time in a film, and not of a camera.

    Raises:
        ValueError: If it cannot be read.
    """
    found = _CLOCK_OR_FILM.fullmatch(when.strip()) if isinstance(when, str) else None
    if found is None or not (film or found[1]):
        return time_of(when)
    hours, minutes, seconds = int(found[1] or 0), int(found[2]), float(found[3])
    if film:
        return hours * 3600 + minutes * 60 + seconds
    return _today(hours, minutes, seconds) if hours < 24 else time_of(when)  # noqa: PLR2004 - hours of a day


def _today(hours: int, minutes: int, seconds: float) -> float:
    today = datetime.now().astimezone()
    naive = datetime(today.year, today.month, today.day, hours, minutes)  # noqa: DTZ001 - local
    return naive.astimezone().timestamp() + seconds


def _seconds(when: When) -> float:
    if isinstance(when, datetime):
        return when.astimezone().timestamp()
    if not isinstance(when, str):
        return float(when)
    text = when.strip()
    if found := _FILM.fullmatch(text):
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds
    if found := _CLOCK.fullmatch(text):
        return _today(int(found[1]), int(found[2]), 0.0)
    if found := _AGO.fullmatch(text):
        return time.time() - timedelta(seconds=float(found[1]) * _UNITS[found[2]]).total_seconds()
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError):
        forms = "3 or 01:02:03 of a film, 07:35 of today, -2h, or 2026-11-29T07:35:00+01:00"
        raise ValueError(f"a time is written as {forms}, not {when!r}") from None


def time_text(seconds: float) -> str:
    """Return a moment in words: for a film ``2:07``, for a camera ``07:35:40``, with the date if it is not today."""
    if seconds < FILM_SECONDS:
        return moment(seconds)
    then, now = datetime.fromtimestamp(seconds).astimezone(), datetime.now().astimezone()
    return clock(seconds) if then.date() == now.date() else f"{then:%Y-%m-%d} {clock(seconds)}"


def span_text(since: float | None, until: float | None) -> str:
    """Return a span of time in words, as ``from 07:30:00 to 07:41:10``; "" if it has neither end."""
    begin = "" if since is None else f"from {time_text(since)}"
    end = "" if until is None else f"{'to' if begin else 'until'} {time_text(until)}"
    return " ".join(filter(None, [begin, end]))
