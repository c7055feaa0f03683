from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import reactivex
from av import VideoFrame
from reactivex import operators as ops

from rxvlm import DecodeError, Frame
from rxvlm.media.picture import Image, Still, bgr
from rxvlm.operators import buffer_by_time, encode_jpegs, resize, sample_evenly, thin_to_rate
from rxvlm.operators.resize import smaller
from rxvlm.testing import draw, frames_at, play, video_of


class Counted:
    """Pixels that count how often somebody looks."""

    def __init__(self, image: Image) -> None:
        self.looks = 0
        self._still = Still(image)

    def picture(self) -> VideoFrame:
        self.looks += 1
        return self._still.picture()

    def image(self) -> Image:
        self.looks += 1
        return self._still.image()


class Damaged:
    """Pixels that cannot be decoded."""

    def picture(self) -> Any:
        raise DecodeError("damaged")

    def image(self) -> Image:
        raise DecodeError("damaged")


def counted(times: list[float]) -> tuple[list[Frame], list[Counted]]:
    pixels = [Counted(frame.image) for frame in frames_at(times, size=(64, 48))]
    return [replace(frame, pixels=one) for frame, one in zip(frames_at(times), pixels, strict=True)], pixels


def resized(frame: Frame, width: int) -> Frame:
    (_, small), _ = play(reactivex.just(frame).pipe(resize(width)))
    return small


def test_a_frame_is_scaled_down_and_keeps_its_facts() -> None:
    """A smaller frame has the new shape, and time, name, number, epoch and packet of the old one."""
    (frame,) = frames_at([2.5], size=(640, 360), live=True)
    frame = replace(frame, index=7, epoch=3, keyframe=True, size=999)
    small = resized(frame, 160)
    assert small.shape == small.image.shape == (90, 160, 3)
    facts = ("time", "source", "index", "captured", "epoch", "keyframe", "size")
    assert [getattr(small, fact) for fact in facts] == [getattr(frame, fact) for fact in facts]


def test_it_is_what_scaling_the_picture_gives() -> None:
    """The pixels are those of the picture scaled and converted in one pass; its picture keeps its format."""
    image = np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    small = resized(Frame.of(image, 0.0), 32)
    assert np.array_equal(small.image, bgr(Frame.of(image, 0.0).picture(), 32))
    assert not small.image.flags.writeable
    assert (small.picture().width, small.picture().height, small.picture().format.name) == (32, 24, "bgr24")


def test_nothing_grows() -> None:
    """A frame that is small enough is given as it is."""
    (frame,) = frames_at([0.0], size=(64, 48))
    assert resized(frame, 64) is frame
    assert resized(frame, 1000) is frame


@pytest.mark.parametrize(("size", "shape"), [((64, 1), (1, 7, 3)), ((9, 700), (544, 7, 3)), ((63, 47), (5, 7, 3))])
def test_odd_sizes_keep_at_least_a_row(size: tuple[int, int], shape: tuple[int, int, int]) -> None:
    """The shape that is told is that of the pixels, for flat, tall and odd pictures too."""
    (frame,) = frames_at([0.0], size=size)
    small = smaller(frame, 7)
    assert small.shape == small.image.shape == shape


def test_nothing_is_decoded_until_somebody_looks() -> None:
    """Windows of resized frames pass without a look; a look decodes that frame alone."""
    frames, pixels = counted([0.0, 1.0, 2.0, 3.0])
    small = reactivex.from_iterable(frames).pipe(resize(32), thin_to_rate(10.0))
    windows = small.pipe(buffer_by_time(2.0), sample_evenly(2), ops.to_list()).run()
    assert [one.looks for one in pixels] == [0, 0, 0, 0]
    assert windows[1].frames[0].image.shape == (24, 32, 3)
    assert [one.looks for one in pixels] == [0, 0, 1, 0]


def test_only_the_frames_of_the_clip_are_decoded() -> None:
    """A pipeline that samples and encodes decodes each sampled frame once, scaled."""
    frames, pixels = counted([0.0, 1.0, 2.0, 3.0])
    windows = reactivex.from_iterable(frames).pipe(resize(32), buffer_by_time(4.0), sample_evenly(2))
    (clip,) = windows.pipe(encode_jpegs(), ops.to_list()).run()
    assert [one.looks for one in pixels] == [1, 0, 1, 0]
    assert clip.times == (0.0, 2.0)


def test_a_damaged_frame_says_so_at_the_look() -> None:
    """A picture that cannot be decoded is an error of the look, not of the stream."""
    small = resized(replace(*frames_at([0.0]), pixels=Damaged()), 8)
    with pytest.raises(DecodeError):
        _ = small.image
    with pytest.raises(DecodeError):
        small.picture()


def test_what_need_not_be_exact_is_had_for_less() -> None:
    """A smaller frame hands the choice on to the pixels it is made of."""

    class Cheap(Counted):
        def rough(self) -> VideoFrame:
            return Still(np.full((90, 160, 3), 200, np.uint8)).picture()

    pixels = Cheap(np.zeros((90, 160, 3), np.uint8))
    small = smaller(Frame(pixels, 0.0, (90, 160, 3)), 80)
    assert bgr(small.picture(exact=False)).min() == 200
    assert pixels.looks == 0
    assert bgr(small.picture()).max() == 0


def test_frames_pass_when_they_come() -> None:
    """Every frame passes at its time; completion and errors go on."""
    assert draw(video_of(frames_at([0.0, 1.0, 3.0])).pipe(resize(8)), tick=0.5) == "0-1---2|"
    assert draw(reactivex.throw(OSError("gone")).pipe(resize(8))) == "#"


def test_a_width_out_of_range_is_an_error_at_once() -> None:
    """A width below 1 is a ValueError when the step is made."""
    with pytest.raises(ValueError, match="at least 1 pixel, not 0"):
        resize(0)
