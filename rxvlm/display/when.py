"""When something was filmed, in words: of a film the seconds of its own time, of a camera the date and the time."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

from rxvlm.display.prose import plain_words
from rxvlm.display.wall_time import local, moment

_MINUTE: Final = 60.0
_SHORT: Final = 2.0  # seconds; of a shorter span the time of day has decimals
_MOST_ALT: Final = 200  # characters of an answer in the description of each of its pictures


class Filmed(Protocol):
    """A part of a video: a span, a window, a clip."""

    @property
    def source(self) -> str:
        """Name of the camera or film."""
        ...

    @property
    def start(self) -> float:
        """Seconds of the source's time at which it begins."""
        ...

    @property
    def end(self) -> float:
        """Seconds at which it ends."""
        ...

    @property
    def captured(self) -> float | None:
        """When its end was filmed, in seconds since 1970 (UTC); None of a film."""
        ...


def span_in_words(start: float, end: float, captured: float | None = None) -> str:
    """Return the part of a video that a window covers, in words.

    >>> span_in_words(5.0, 10.0), span_in_words(65.0, 70.5)
    ('5 s to 10 s', '1:05 to 1:10.5')

    Args:
        start: Seconds of the source's time at which it begins.
        end: Seconds at which it ends.
        captured: When its end was filmed, in seconds since 1970 (UTC); None of a film.
    """
    if captured is None:
        long = end >= _MINUTE
        return " to ".join(moment(time) if long else f"{round(time, 3):g} s" for time in (start, end))
    decimals = 1 if end - start < _SHORT else 0
    first, last = local(captured - (end - start)), local(captured)
    day = "" if first.date() == last.date() else f"{last:%Y-%m-%d} "
    return f"{first:%Y-%m-%d} {_clock(first, decimals)} to {day}{_clock(last, decimals)}"


def moment_in_words(time: float, captured: float | None = None, *, date: bool = True) -> str:
    """Return the moment of a picture in words.

    >>> moment_in_words(5.25), moment_in_words(65.25)
    ('5.25 s', '1:05.25')

    Args:
        time: Seconds of the source's time.
        captured: When it was filmed, in seconds since 1970 (UTC); None of a film.
        date: Whether the date is said, too, of what has one.
    """
    if captured is None:
        return moment(time) if time >= _MINUTE else f"{time:.2f} s"
    filmed = local(captured)
    return f"{filmed:%Y-%m-%d} {_clock(filmed, 1)}" if date else _clock(filmed, 1)


def in_words(span: Filmed) -> str:
    """Return a span in words, as a heading: ``cars, 5 s to 10 s``; of a camera with the date and the time of day."""
    words = span_in_words(span.start, span.end, span.captured)
    return f"{span.source}, {words}" if span.source else words


def picture_of(span: Filmed, time: float, jpeg: bytes, said: str = "") -> tuple[bytes, str, str]:
    """Return a picture of a span as `rxvlm.display.markup.sheet` takes it: with its moment, and what it shows.

    Args:
        span: The span.
        time: Seconds of the source's time.
        jpeg: The picture.
        said: What a model said about it.
    """
    filmed = None if span.captured is None else span.captured - (span.end - time)
    about = f"{span.source} at {moment_in_words(time, filmed)}"
    alt = f"{about}: {plain_words(said)[:_MOST_ALT]}" if said else about
    return jpeg, moment_in_words(time, filmed, date=False), alt


def _clock(filmed: datetime, decimals: int) -> str:
    tenths = f".{filmed.microsecond // 100_000}" if decimals else ""
    return f"{filmed:%H:%M:%S}{tenths}"
