from __future__ import annotations

from dataclasses import replace

from rxvlm import Event
from rxvlm.terminal.event_strip import EventStrip

START = Event(id="0", name="moves", camera="yard", phase="start", start=20.0, end=30.0, count=2)


def test_an_event_runs_and_ends() -> None:
    """What runs is in red with its beginning, what ended is dim with its span."""
    strip = EventStrip()
    strip.on_next(START)
    assert strip.lines() == [("● moves yard since 0:20, 2 clips", "bold red")]
    strip.on_next(replace(START, phase="update", end=70.0, count=6))
    assert strip.lines() == [("● moves yard since 0:20, 6 clips", "bold red")]
    strip.on_next(replace(START, phase="end", end=70.0, count=6, reason="cleared"))
    assert strip.lines() == [("○ moves yard 0:20-1:10, cleared", "dim")]


def test_there_are_few_lines() -> None:
    """The newest are shown, the others are counted; a name with a line break stays in its line."""
    strip = EventStrip()
    for number in range(9):
        strip.on_next(replace(START, id=str(number), name=f"a\n{number}"))
    for number in range(9, 14):
        strip.on_next(replace(START, id=str(number), name=str(number), phase="end", reason="lost"))
    assert [line.split()[:3] for line, _ in strip.lines()] == [
        ["●", "a", "8"],
        ["●", "a", "7"],
        ["●", "a", "6"],
        ["●", "a", "5"],
        ["●", "and", "5"],
        ["○", "13", "yard"],
        ["○", "12", "yard"],
    ]


def test_an_event_of_a_camera_has_wall_time_and_one_about_all_has_no_camera() -> None:
    """A live event says when it began by the clock; one without a camera has just its name."""
    strip = EventStrip()
    strip.on_next(replace(START, camera="", captured=1_790_000_000.0))
    [(line, _)] = strip.lines()
    assert line.startswith("● moves since ")
    assert line.count(":") == 2
