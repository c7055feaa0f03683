from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rxvlm.sources.running.monotonic import MonotonicTime


def test_timestamps_count_from_the_first() -> None:
    """Time is 0 at the first timestamp, whatever that is, to the microsecond."""
    line = MonotonicTime()
    assert [line.advance(1_790_000_000.1 + at) for at in (0.0, 0.04, 0.08)] == [0.0, 0.04, 0.08]


def test_time_goes_on_one_step_after_a_restart() -> None:
    """A restart goes on after the newest time at the distance that the timestamps had before."""
    line = MonotonicTime()
    for stamp in (10.0, 10.5):
        line.advance(stamp)
    line.restart(3.0)
    assert [line.advance(stamp) for stamp in (3.0, 3.5)] == [1.0, 1.5]


def test_a_restart_may_say_where_time_goes_on() -> None:
    """With a place of its own the timestamps after a restart count from there."""
    line = MonotonicTime()
    line.advance(10.0)
    line.restart(3.0, at=60.0)
    assert (line.advance(3.0), line.advance(4.0)) == (60.0, 61.0)


def test_a_long_pause_is_no_usual_step() -> None:
    """After a pause of a minute a restart goes on within a second."""
    line = MonotonicTime()
    for stamp in (0.0, 60.0):
        line.advance(stamp)
    line.restart(0.0)
    assert line.advance(0.0) == 61.0


@given(st.lists(st.floats(0, 2e9), min_size=1, max_size=30))
def test_time_never_goes_back(stamps: list[float]) -> None:
    """With a restart at each timestamp that would go back, times never do."""
    line, times = MonotonicTime(), [0.0]
    for stamp in stamps:
        if line.place(stamp) < line.time:
            line.restart(stamp)
        times.append(line.advance(stamp))
    assert times == sorted(times)
