from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st

from rxvlm import DecodeError, Frame, Window
from rxvlm.media.picture import Image
from rxvlm.operators import buffer_by_time, sample_sharpest
from rxvlm.operators.sample_sharpest import part_of, sharpest, sharpness
from rxvlm.operators.sampling.small import gray
from rxvlm.testing import draw, frames_at, play, video_of

BOARD = np.kron(np.indices((12, 16)).sum(0) % 2, np.ones((20, 20)))[..., None].repeat(3, 2).astype(np.uint8) * 200


class Damaged:
    """Pixels that cannot be decoded."""

    def picture(self) -> Any:
        raise DecodeError("damaged")

    def image(self) -> Image:
        raise DecodeError("damaged")


def blurred(time: float, index: int, blur: int) -> Frame:
    """Make a frame of a chess board, out of focus by so many pixels."""
    image = np.asarray(cv2.blur(BOARD, (blur, blur)), np.uint8)
    return Frame.of(image, time, source="cam", index=index)


def window_of(frames: list[Frame], end: float = 10.0) -> Window:
    return Window(tuple(frames), 0.0, end, captured=77.0, fresh=1)


def kept(window: Window, count: int) -> list[int]:
    return [frame.index for frame in sharpest(window, count)]


def test_the_sharpest_frame_of_each_part_is_kept() -> None:
    """Of each half of the window the frame that is least out of focus is kept."""
    blurs = [9, 1, 5, 7, 15, 3]
    window = window_of([blurred(at * 1.6, at, blur) for at, blur in enumerate(blurs)])
    assert kept(window, 2) == [1, 5]


def test_a_blurred_picture_is_less_sharp() -> None:
    """Sharpness falls with every pixel that a picture is out of focus."""
    measured = [sharpness(gray(blurred(0.0, 0, blur).picture(), 160)) for blur in (1, 5, 9, 15)]
    assert measured == sorted(measured, reverse=True)
    assert measured[0] > 2 * measured[-1]


def test_parts_without_frames_give_none() -> None:
    """A window whose frames lie in two of five parts gives two frames."""
    assert kept(window_of([blurred(0.5, 0, 3), blurred(9.5, 1, 3)]), 5) == [0, 1]


def test_damaged_frames_are_passed_over() -> None:
    """A frame that cannot be decoded is never the sharpest, though it be alone in its part."""
    broken = replace(blurred(7.0, 1, 1), pixels=Damaged())
    assert kept(window_of([blurred(1.0, 0, 9), broken]), 2) == [0]


def test_a_window_that_cannot_be_decoded_keeps_its_first_frame() -> None:
    """Where nothing can be decoded the window keeps its first frame: it is never empty."""
    frames = [replace(frame, pixels=Damaged()) for frame in frames_at([1.0, 2.0])]
    assert kept(window_of(frames), 2) == [0]


def test_it_thins_windows() -> None:
    """Each window is given thinned when it came; of equally sharp frames the first is kept."""
    frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    assert draw(frames.pipe(buffer_by_time(3.0), sample_sharpest(2)), tick=0.5) == "------(0,2)--(3,5)(6)|"


def test_what_a_window_stands_for_stays() -> None:
    """Sampling leaves the span, time of capture, `seen` and `fresh` of a window as they are."""
    (_, thinned), _ = play(reactivex.just(window_of(frames_at([0.0, 1.0]))).pipe(sample_sharpest(1)))
    assert (thinned.start, thinned.end, thinned.captured, thinned.seen, thinned.fresh) == (0.0, 10.0, 77.0, 2, 1)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (641, 361)])
def test_pictures_of_any_size_can_be_compared(size: tuple[int, int]) -> None:
    """A picture smaller than 160 pixels keeps its size, a larger one keeps its sides' ratio."""
    (frame,) = frames_at([0.0], size=size)
    width = min(160, size[0])
    picture = gray(frame.picture(), 160)
    assert picture.shape == (max(1, round(size[1] * width / size[0])), width)
    assert sharpness(picture) == 0.0


def test_a_count_out_of_range_is_an_error_at_once() -> None:
    """A count below 1 is a ValueError when the step is made."""
    with pytest.raises(ValueError, match="at least 1, not 0"):
        sample_sharpest(0)


@given(
    times=st.lists(st.floats(0.0, 20.0), min_size=1, max_size=12),
    blurs=st.lists(st.sampled_from([1, 3, 9]), min_size=12, max_size=12),
    damaged=st.sets(st.integers(0, 11)),
    count=st.integers(1, 5),
)
@settings(max_examples=60)
def test_its_laws_hold(times: list[float], blurs: list[int], damaged: set[int], count: int) -> None:
    """What it keeps is a subsequence, distinct, in time order, one a part at most, never empty."""
    frames = [blurred(time, at, blurs[at]) for at, time in enumerate(sorted(times))]
    window = window_of([replace(frame, pixels=Damaged()) if frame.index in damaged else frame for frame in frames])
    chosen = sharpest(window, count)
    numbers = [frame.index for frame in chosen]
    assert numbers == sorted(set(numbers))
    assert 1 <= len(numbers) <= count
    parts = [part_of(frame.time, window, count) for frame in chosen]
    assert parts == sorted(set(parts))
