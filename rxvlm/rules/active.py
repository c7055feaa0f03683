"""Active: the hours of the week in which a rule is active."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPAN: Final = re.compile(r"(?:(?P<days>[A-Za-z,\s-]+?)\s+)?(?P<begin>\d\d?:\d\d)\s*-\s*(?P<end>\d\d?:\d\d)")
_DAY_MINUTES: Final = 24 * 60
_EXAMPLE: Final = 'as in "Mon-Fri 22:00-06:00 Europe/Berlin"'


class _Hours(NamedTuple):
    days: frozenset[int]  # on which they begin, Monday is 0
    begin: int  # minutes
    end: int  # minutes; below `begin`: on the next day

    def contain(self, day: int, minute: int) -> bool:
        if self.begin < self.end:
            return day in self.days and self.begin <= minute < self.end
        yesterday = (day - 1) % 7
        return (day in self.days and minute >= self.begin) or (yesterday in self.days and minute < self.end)


@dataclass(frozen=True, slots=True)
class Active:
    """The hours of the week in which a rule is active.

    >>> night = Active.parsed("Mon-Fri 22:00-06:00 Europe/Berlin")
    >>> saturday_at_three = datetime(2026, 1, 3, 3, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    >>> night.contains(saturday_at_three.timestamp())
    True

    Hours over midnight belong to the day on which they begin.
    """

    hours: tuple[_Hours, ...]
    zone: tzinfo | None

    @staticmethod
    def parsed(text: str) -> Active:
        """Make it from a text: days, hours, and a time zone; several of them apart by ``;`` before the zone.

        Args:
            text: As ``"Mon-Fri 22:00-06:00 Europe/Berlin"``. Without days: every day. Without a time zone: that of
                this machine.

        Raises:
            ValueError: If it cannot be read.
        """
        spans, zone = text.strip(), None
        last = spans.rsplit(None, 1)[-1] if spans else ""
        if last and not last[0].isdigit():
            spans, zone = spans.removesuffix(last), _zone(last, text)
        return Active(tuple(_hours(span, text) for span in spans.split(";")), zone)

    def contains(self, captured: float) -> bool:
        """Return whether a moment, in seconds since 1970 (UTC), lies within the hours."""
        then = datetime.fromtimestamp(captured, self.zone)
        return any(hours.contain(then.weekday(), then.hour * 60 + then.minute) for hours in self.hours)


def _hours(span: str, text: str) -> _Hours:
    found = _SPAN.fullmatch(span.strip())
    if found is None:
        raise ValueError(f"the hours {text!r} cannot be read: write days, hours and a time zone, {_EXAMPLE}")
    begin, end = (_minutes(found[name], text) for name in ("begin", "end"))
    if begin == end:
        raise ValueError(f"the hours {text!r} have no length; a whole day is 00:00-24:00")
    return _Hours(_days(found["days"], text), begin, end)


def _minutes(clock: str, text: str) -> int:
    hours, minutes = map(int, clock.split(":"))
    whole = hours * 60 + minutes
    if minutes >= 60 or whole > _DAY_MINUTES:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(f"{clock!r} in {text!r} is not a time of day")
    return whole


def _days(listed: str | None, text: str) -> frozenset[int]:
    if listed is None:
        return frozenset(range(7))
    days: set[int] = set()
    for part in listed.split(","):
        first, _, last = (end.strip() for end in part.partition("-"))
        begin, end = _day(first, text), _day(last or first, text)
        days.update((begin + more) % 7 for more in range((end - begin) % 7 + 1))
    return frozenset(days)


def _day(name: str, text: str) -> int:
    if name.title() not in _DAYS:
        raise ValueError(f"{name!r} in {text!r} is not a day: the days are {', '.join(_DAYS)}")
    return _DAYS.index(name.title())


def _zone(name: str, text: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"{name!r} in {text!r} is not a time zone, such as Europe/Berlin or UTC") from error
    except KeyError as error:
        raise ValueError(f"{name!r} in {text!r} is not a time zone, such as Europe/Berlin or UTC") from error
