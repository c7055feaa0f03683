from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st

from rxvlm import DecodeError, Frame, Window
from rxvlm.media.picture import Image
from rxvlm.operators import buffer_by_time, sample_changes
from rxvlm.operators.sample_changes import beyond, changes
from rxvlm.testing import draw, frames_at, play, video_of


class Damaged:
    """Pixels that cannot be decoded."""

    def picture(self) -> Any:
        raise DecodeError("damaged")

    def image(self) -> Image:
        raise DecodeError("damaged")


def levels(greys: list[int], damaged: set[int] | None = None) -> Window:
    """Make a window of plain pictures, one of each grey, a second apart."""
    frames = [
        Frame.of(np.full((12, 16, 3), grey, np.uint8), float(at), source="cam", index=at)
        for at, grey in enumerate(greys)
    ]
    shown = [replace(frame, pixels=Damaged()) if frame.index in (damaged or set()) else frame for frame in frames]
    return Window(tuple(shown), 0.0, float(len(greys)), captured=77.0, fresh=1)


def kept(window: Window, count: int) -> list[int]:
    return [frame.index for frame in changes(window, count)]


def test_the_first_and_the_largest_changes_are_kept() -> None:
    """Of one small and two large changes the first frame and the large ones are kept."""
    assert kept(levels([10, 10, 14, 14, 90, 90, 200, 200]), 3) == [0, 4, 6]


def test_a_window_in_which_nothing_changes_keeps_one_frame() -> None:
    """What stands still is kept once, whatever the count."""
    assert kept(levels([50] * 6), 4) == [0]


def test_slow_change_adds_up() -> None:
    """A frame is compared with the last one kept, not with the one before: slow change is seen."""
    assert kept(levels(list(range(0, 100, 10))), 3) == [0, 4, 8]


def test_a_count_of_one_keeps_the_first_frame() -> None:
    """With a count of 1 only the first frame is kept."""
    assert kept(levels([0, 255, 0, 255]), 1) == [0]


def test_black_and_white_are_the_utmost_difference() -> None:
    """Between black and white nothing is too different to be kept."""
    assert kept(levels([0, 255, 0]), 3) == [0, 1, 2]


def test_pictures_of_unlike_sizes_differ_wholly() -> None:
    """A picture of another shape counts as new."""
    pictures = [np.zeros((2, 2), np.uint8), np.zeros((3, 2), np.uint8)]
    assert beyond(pictures, 254.0) == [0, 1]


def test_damaged_frames_are_passed_over() -> None:
    """A frame that cannot be decoded is not kept, the first neither; where none can, the first is."""
    assert kept(levels([0, 80, 160], damaged={0}), 3) == [1, 2]
    assert kept(levels([0, 80, 160], damaged={0, 1, 2}), 3) == [0]


def test_it_thins_windows() -> None:
    """Each window is given thinned, when it came."""
    frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    assert draw(frames.pipe(buffer_by_time(3.0), sample_changes(1)), tick=0.5) == "------(0)----(3)(6)|"


def test_what_a_window_stands_for_stays() -> None:
    """Sampling leaves the span, time of capture, `seen` and `fresh` of a window as they are."""
    (_, thinned), _ = play(reactivex.just(levels([0, 9])).pipe(sample_changes(1)))
    assert (thinned.start, thinned.end, thinned.captured, thinned.seen, thinned.fresh) == (0.0, 2.0, 77.0, 2, 1)


def test_a_count_out_of_range_is_an_error_at_once() -> None:
    """A count below 1 is a ValueError when the step is made."""
    with pytest.raises(ValueError, match="at least 1, not 0"):
        sample_changes(0)


@given(
    greys=st.lists(st.integers(0, 255), min_size=1, max_size=16), count=st.integers(1, 6), damaged=st.sets(st.just(3))
)
@settings(max_examples=100)
def test_its_laws_hold(greys: list[int], count: int, damaged: set[int]) -> None:
    """What it keeps is a subsequence, distinct, in time order, at most ``count``, never empty, with the first."""
    numbers = kept(levels(greys, damaged), count)
    assert numbers == sorted(set(numbers))
    assert 1 <= len(numbers) <= count
    assert numbers[0] == 0
