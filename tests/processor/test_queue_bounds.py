from __future__ import annotations

import logging

import psutil
import pytest

from rxvlm.processor.queue_bounds import AdaptiveBounds, Bounds, memory_percent


class Memory:
    def __init__(self, *percents: float) -> None:
        self.percents = list(percents)
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.percents.pop(0)


def test_it_begins_with_the_usual_bounds() -> None:
    """The bounds are 100 frames and 10 videos until they are adjusted."""
    assert AdaptiveBounds().now == Bounds(100, 10)


@pytest.mark.parametrize(
    ("percent", "bounds"),
    [
        (80.1, Bounds(50, 5)),
        (80.0, Bounds(100, 10)),
        (50.0, Bounds(100, 10)),
        (49.9, Bounds(200, 20)),
    ],
)
def test_adjusted_by_hand_they_follow_the_memory(percent: float, bounds: Bounds) -> None:
    """The bounds shrink over 80 % and grow under 50 %; in between they stay."""
    assert AdaptiveBounds(Memory(percent)).adjust() == bounds


def test_numbers_win() -> None:
    """With numbers given, the memory is not read."""
    memory = Memory()
    bounds = AdaptiveBounds(memory)
    assert bounds.adjust(frames=30) == Bounds(30, 10)
    assert bounds.adjust(videos=2) == Bounds(30, 2)
    assert memory.looks == 0


@pytest.mark.parametrize("numbers", [{"frames": 0}, {"videos": 0}, {"frames": -1}])
def test_nothing_is_no_bound(numbers: dict[str, int]) -> None:
    """A bound below 1 is an error, and changes nothing."""
    bounds = AdaptiveBounds()
    with pytest.raises(ValueError, match="at least 1"):
        bounds.adjust(**numbers)
    assert bounds.now == Bounds()


def test_small_bounds_stay_small_where_memory_is_short() -> None:
    """Shrinking never makes a bound larger."""
    bounds = AdaptiveBounds(Memory(90.0))
    bounds.adjust(frames=20, videos=2)
    assert bounds.adjust() == Bounds(20, 2)


def test_it_looks_once_in_five_seconds() -> None:
    """`follow` reads the memory only once in some seconds, however often it is called."""
    memory = Memory(60.0, 60.0, 60.0)
    bounds = AdaptiveBounds(memory)
    for tenth in range(1, 101):
        bounds.follow(tenth / 10)
    assert memory.looks == 2


def test_bounds_do_not_swing() -> None:
    """Bounds change only when memory crosses a mark, not while it stays on one side."""
    bounds = AdaptiveBounds(Memory(81.0, 79.0, 85.0, 51.0, 49.0, 51.0, 79.0, 81.0))
    heard: list[int] = []
    for look in range(1, 9):
        bounds.follow(look * 10.0)
        heard.append(bounds.now.frames)
    assert heard == [50, 50, 50, 50, 200, 200, 200, 50]


def test_what_was_set_by_hand_holds_until_a_mark_is_crossed() -> None:
    """Bounds set by hand stay while the memory is on the same side of the marks."""
    bounds = AdaptiveBounds(Memory(85.0, 85.0, 40.0))
    bounds.follow(10.0)
    bounds.adjust(frames=70)
    bounds.follow(20.0)
    assert bounds.now.frames == 70
    bounds.follow(30.0)
    assert bounds.now.frames == 200


def test_a_clock_that_was_set_back_is_followed() -> None:
    """After a clock went back the memory is read at once, not when the old time is reached again."""
    memory = Memory(60.0, 60.0)
    bounds = AdaptiveBounds(memory)
    bounds.follow(1e9)
    bounds.follow(5.0)
    assert memory.looks == 2


def test_memory_that_cannot_be_told_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """If reading the memory raises, that is logged, and the bounds stay."""
    bounds = AdaptiveBounds(Memory())
    bounds.follow(10.0)
    assert bounds.now == Bounds()
    assert "cannot be measured" in caplog.text


def test_a_change_is_logged_with_its_numbers(caplog: pytest.LogCaptureFixture) -> None:
    """A change of the bounds is logged in one line, with the bounds as fields of the record."""
    caplog.set_level(logging.INFO, "rxvlm")
    AdaptiveBounds(Memory(91.0)).adjust()
    (record,) = caplog.records
    assert (record.__dict__["event"], record.__dict__["frames"], record.__dict__["videos"]) == ("bounds", 50, 5)


def test_the_machines_memory_is_told() -> None:
    """The default reads the memory in use with psutil."""
    assert abs(memory_percent() - psutil.virtual_memory().percent) < 50
