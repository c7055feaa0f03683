from __future__ import annotations

import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st

from rxvlm import Window
from rxvlm.operators import buffer_by_time, sample_rate
from rxvlm.operators.sampling.nearest import at_rate
from rxvlm.testing import draw, frames_at, play, video_of


def window_of(times: list[float], start: float = 0.0, end: float = 10.0) -> Window:
    return Window(tuple(frames_at(sorted(times))), start, end, captured=77.0, fresh=1)


def test_each_window_is_thinned() -> None:
    """Each window keeps the frames nearest to the seconds, and is given when it came."""
    frames = video_of(frames_at([0.0, 0.4, 0.9, 1.4, 2.1, 2.6, 3.2, 3.9]))
    assert draw(frames.pipe(buffer_by_time(3.0), sample_rate(1.0)), tick=0.1).strip("-") == "(0,2,4)(6,7)|"


def test_moments_are_those_of_the_source() -> None:
    """The moments are multiples of 1 / fps from time 0 of the source, not from the window's start."""
    assert [frame.time for frame in at_rate(window_of([2.5, 2.9, 3.5, 3.9], 2.5, 4.5), 1.0)] == [2.9, 3.9]


def test_rates_below_one_leave_seconds_between() -> None:
    """A rate of 0.25 keeps a frame of every four seconds."""
    window = window_of([float(second) for second in range(10)])
    assert [frame.time for frame in at_rate(window, 0.25)] == [0.0, 4.0, 8.0]


def test_a_span_without_a_moment_gives_one_frame() -> None:
    """A window too short for the rate keeps the frame nearest to its start."""
    assert [frame.time for frame in at_rate(window_of([1.2, 1.4], 1.1, 1.5), 0.1)] == [1.2]


def test_a_window_of_no_length_gives_one_frame() -> None:
    """A window by count of one frame ends where it starts, and keeps it."""
    assert len(at_rate(window_of([2.0], 2.0, 2.0), 5.0)) == 1


def test_a_whole_second_loses_nothing_to_rounding() -> None:
    """A camera of 30 frames a second sampled at 30 keeps every frame, far into the day too."""
    start = 86_400.0
    window = window_of([start + k / 30 for k in range(60)], start, start + 2.0)
    assert len(at_rate(window, 30.0)) == 60


def test_what_a_window_stands_for_stays() -> None:
    """Sampling leaves the span, time of capture, `seen` and `fresh` of a window as they are."""
    window = window_of([0.0, 0.5, 1.0])
    (_, thinned), _ = play(reactivex.just(window).pipe(sample_rate(0.1)))
    assert (thinned.start, thinned.end, thinned.captured, thinned.seen, thinned.fresh) == (0.0, 10.0, 77.0, 3, 1)
    assert thinned.window_id is window.window_id


@pytest.mark.parametrize("fps", [0.0, -1.0, 1001.0, float("nan"), float("inf")])
def test_a_rate_out_of_range_is_an_error_at_once(fps: float) -> None:
    """A rate of 0, below it, over 1000 or no number is a ValueError when the step is made."""
    with pytest.raises(ValueError, match=f"not {fps}"):
        sample_rate(fps)


def test_an_error_goes_on() -> None:
    """An error of the source is the stream's."""
    ((_, error),) = play(reactivex.throw(OSError("gone")).pipe(sample_rate(1.0)))
    assert str(error) == "gone"


seconds = st.one_of(st.integers(0, 20).map(float), st.integers(0, 20_000_000).map(lambda time: time / 1e6))


@given(
    times=st.lists(seconds, min_size=1, max_size=30), fps=st.floats(0.01, 60.0), start=seconds, span=st.integers(0, 20)
)
@settings(max_examples=200)
def test_its_laws_hold(times: list[float], fps: float, start: float, span: int) -> None:
    """What it keeps is a subsequence, distinct, in time order, never empty, of about ``fps`` a second at most."""
    kept = [frame.index for frame in at_rate(window_of(times, start, start + span), fps)]
    assert kept == sorted(set(kept))
    assert 1 <= len(kept) <= span * fps + 1.01
