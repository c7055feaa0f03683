from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from rxvlm.rules.active import Active

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "moment", "inside"),
    [
        ("Mon-Fri 22:00-06:00", "2026-01-02 23:00", True),  # a Friday
        ("Mon-Fri 22:00-06:00", "2026-01-03 05:59", True),
        ("Mon-Fri 22:00-06:00", "2026-01-03 06:00", False),
        ("Mon-Fri 22:00-06:00", "2026-01-03 22:30", False),
        ("Mon-Fri 22:00-06:00", "2026-01-05 03:00", False),  # the night of Sunday
        ("Sat,Sun 00:00-24:00", "2026-01-04 23:59", True),
        ("Sat,Sun 00:00-24:00", "2026-01-05 00:00", False),
        ("Fri-Mon 8:00-9:00", "2026-01-04 08:30", True),
        ("Fri-Mon 8:00-9:00", "2026-01-06 08:30", False),
        ("08:00-09:00", "2026-01-06 08:30", True),
        ("Mon 08:00-09:00; Tue 10:00-11:00", "2026-01-06 10:30", True),
        ("Mon 08:00-09:00; Tue 10:00-11:00", "2026-01-06 08:30", False),
    ],
)
def test_hours(text: str, moment: str, inside: bool) -> None:  # noqa: FBT001 - parametrised
    """A moment lies within hours of its day, or of the day before, in the zone that is written."""
    captured = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(BERLIN)).timestamp()
    assert Active.parsed(f"{text} {BERLIN}").contains(captured) is inside


def test_hours_follow_the_summer() -> None:
    """Eight o'clock is eight o'clock by the clock on the wall, in summer as in winter."""
    for day in ("2026-01-05", "2026-07-06"):
        captured = datetime.fromisoformat(f"{day} 08:30").replace(tzinfo=ZoneInfo(BERLIN)).timestamp()
        assert Active.parsed(f"Mon 08:00-09:00 {BERLIN}").contains(captured)


def test_without_a_zone_it_is_that_of_this_machine() -> None:
    """Hours without a time zone are local."""
    assert Active.parsed("08:00-09:00").contains(datetime(2026, 1, 5, 8, 30).timestamp())  # noqa: DTZ001 - local is the point


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("always", "not a time zone"),
        ("Mon-Fri", "not a time zone"),
        ("Mon-Fri 22:00", "cannot be read"),
        ("Mon-Fri 22:00-06:00 Europe/Berln", "not a time zone"),
        ("Foo 22:00-06:00", "not a day"),
        ("25:00-26:00", "not a time of day"),
        ("22:61-23:00", "not a time of day"),
        ("22:00-22:00", "no length"),
    ],
)
def test_hours_that_cannot_be_read_are_refused(text: str, said: str) -> None:
    """A text that is no hours is a ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=said):
        Active.parsed(text)
