from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st

from rxvlm import Frame, Window
from rxvlm.operators import buffer_by_time, sample_evenly
from rxvlm.operators.sample_evenly import evenly, evenly_keyframes
from rxvlm.testing import draw, frames_at, video_of


def window_of(times: list[float], start: float = 0.0, end: float = 10.0, keyframes: set[int] | None = None) -> Window:
    frames = [
        replace(frame, keyframe=keyframes is None or frame.index in keyframes) for frame in frames_at(sorted(times))
    ]
    return Window(tuple(frames), start, end, captured=77.0, fresh=1)


def sampled(window: Window, count: int, **how: Any) -> Window:
    thinned: list[Window] = []
    reactivex.just(window).pipe(sample_evenly(count, **how)).subscribe(thinned.append)
    return thinned[0]


def indices(window: Window) -> list[int]:
    return [frame.index for frame in window.frames]


def transcribed(window: Window, count: int) -> list[Frame]:
    """The definition, word for word: the nearest to each moment, the earlier of two, each once."""
    chosen: list[Frame] = []
    for i in range(count):
        moment = window.start + i * (window.end - window.start) / count
        nearest = min(window.frames, key=lambda frame: abs(frame.time - moment))
        if not any(nearest is frame for frame in chosen):
            chosen.append(nearest)
    return chosen


def test_each_window_is_thinned() -> None:
    """Each window keeps the frames nearest to even moments, and is given when it came."""
    frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    assert draw(frames.pipe(buffer_by_time(3.0), sample_evenly(2)), tick=0.5) == "------(0,1)--(3,4)(6)|"


def test_what_a_window_stands_for_stays() -> None:
    """Sampling leaves the span, time of capture, `seen` and `fresh` of a window as they are."""
    window = window_of([0.0, 1.0, 2.0, 3.0])
    thinned = sampled(window, 1)
    assert (thinned.start, thinned.end, thinned.captured, thinned.seen, thinned.fresh) == (0.0, 10.0, 77.0, 4, 1)
    assert len(window.frames) == 4


def test_moments_begin_at_the_windows_start() -> None:
    """The moments are start + i * (end - start) / count: the window's own start, not 0, and not its middle."""
    assert indices(sampled(window_of([20.1, 22.4, 24.9, 27.6, 29.9], 20.0, 30.0), 2)) == [0, 2]


def test_the_earlier_of_two_equally_near_is_kept() -> None:
    """Of two frames equally near to a moment it is the earlier; of several at one time the first."""
    assert indices(sampled(window_of([4.0, 6.0]), 2)) == [0]
    assert indices(sampled(window_of([1.0, 5.0, 5.0]), 2)) == [0, 1]


def test_a_frame_nearest_to_several_moments_is_kept_once() -> None:
    """A window with fewer frames than moments gives fewer, never one twice."""
    assert indices(sampled(window_of([4.5]), 8)) == [0]


def test_snap_chooses_among_key_frames() -> None:
    """snap="keyframe" keeps the key frames nearest to the moments, not the nearest frames."""
    window = window_of([0.0, 1.0, 4.0, 5.0, 8.0], keyframes={1, 4})
    assert indices(sampled(window, 2)) == [0, 3]
    assert indices(sampled(window, 2, snap="keyframe")) == [1, 4]


def test_snap_takes_any_frame_where_no_key_frame_is() -> None:
    """A window without key frames is sampled from all its frames."""
    assert indices(sampled(window_of([0.0, 1.0, 5.0], keyframes=set()), 2, snap="keyframe")) == [0, 2]


@pytest.mark.parametrize("count", [0, -1])
def test_a_count_out_of_range_is_an_error_at_once(count: int) -> None:
    """A count below 1 is a ValueError when the step is made."""
    with pytest.raises(ValueError, match=f"at least 1, not {count}"):
        sample_evenly(count)


def test_an_unknown_snap_is_an_error_at_once() -> None:
    """A snap that is none is a ValueError when the step is made, and names it."""
    wrong: Any = "scene"
    with pytest.raises(ValueError, match="scene"):
        sample_evenly(1, snap=wrong)


seconds = st.one_of(st.integers(0, 20).map(float), st.integers(0, 20_000_000).map(lambda time: time / 1e6))
moments = st.lists(seconds, min_size=1, max_size=30)


@given(times=moments, count=st.integers(1, 12), start=seconds, span=seconds)
@settings(max_examples=200)
def test_it_is_what_its_definition_says(times: list[float], count: int, start: float, span: float) -> None:
    """For any times, doubled ones too, it chooses as the plain transcription of its definition does."""
    window = window_of(times, start, start + span)
    assert evenly(window, count) == transcribed(window, count)


@given(times=moments, count=st.integers(1, 12), keyframes=st.sets(st.integers(0, 30)))
@settings(max_examples=200)
def test_its_laws_hold(times: list[float], count: int, keyframes: set[int]) -> None:
    """What it keeps is a subsequence of the window, distinct, in time order, at most ``count``, never empty."""
    window = window_of(times, keyframes=keyframes)
    for strategy in (evenly, evenly_keyframes):
        kept = [frame.index for frame in strategy(window, count)]
        assert kept == sorted(set(kept))
        assert 1 <= len(kept) <= count
    snapped = {frame.index for frame in evenly_keyframes(window, count)}
    assert snapped <= keyframes or not keyframes & set(range(len(times)))
