from __future__ import annotations

import base64
import io

import av
import pytest
import reactivex
from reactivex import operators as ops

from rxvlm.clip import Clip
from rxvlm.errors import ClipTooLargeError, ModelRefusedError
from rxvlm.models.wire.clip_forms import Limits, as_pictures, as_video
from rxvlm.models.wire.streamed_body import encoded_size
from rxvlm.operators import buffer_by_time, encode_jpegs, encode_mp4
from rxvlm.testing import frames_at


def film(times: list[float], span: float = 10.0, size: tuple[int, int] = (64, 48)) -> Clip:
    return (
        reactivex.from_iterable(frames_at(times, size=size)).pipe(buffer_by_time(span), encode_mp4(), ops.first()).run()
    )


def pictures(times: list[float], span: float = 10.0, size: tuple[int, int] = (64, 48)) -> Clip:
    return (
        reactivex.from_iterable(frames_at(times, size=size))
        .pipe(buffer_by_time(span), encode_jpegs(), ops.first())
        .run()
    )


def seconds(clip: Clip) -> float:
    assert isinstance(clip.data, bytes)
    with av.open(io.BytesIO(clip.data), "r") as container:
        return (container.duration or 0) / av.time_base


@pytest.mark.parametrize(
    ("times", "span"), [([0.0], 1.0), ([0.0, 0.25, 0.5, 0.75], 1.0), ([at / 30 for at in range(50)], 5 / 3)]
)
def test_a_short_video_plays_two_seconds(times: list[float], span: float) -> None:
    """Its last picture is repeated at the same rate, so that the model looks at its frames and no others."""
    clip = film(times, span)
    mended = as_video(clip, Limits(), "qwen")
    assert seconds(clip) < 2 <= seconds(mended)
    assert mended.fps == pytest.approx(clip.fps)
    assert mended.times[: len(times)] == clip.times


def test_a_video_within_the_limits_stays_as_it_is() -> None:
    """Nothing is encoded twice without need."""
    clip = film([0.0, 0.5, 1.0, 1.5], span=2.0)
    assert as_video(clip, Limits(), "qwen") is clip


def test_a_video_that_plays_too_long_is_refused() -> None:
    """The error says how long it may be, and what to do."""
    with pytest.raises(ClipTooLargeError, match="at most 5 s of video, not 10: make windows shorter"):
        as_video(film([0.0, 9.0]), Limits(most_seconds=5.0), "qwen")


def test_a_large_video_is_made_smaller() -> None:
    """It keeps its frames, and loses pixels until it fits."""
    clip = film([0.0, 1.0, 2.0], size=(640, 480))
    mended = as_video(clip, Limits(size=encoded_size(clip.size)), "qwen")
    assert encoded_size(mended.size) < encoded_size(clip.size)
    assert (mended.times, mended.width) == (clip.times, 448)


def test_a_video_too_large_at_any_size_is_refused() -> None:
    """The error names the limit and what it has."""
    with pytest.raises(ClipTooLargeError, match="less than 100 bytes, and even 224 pixels across"):
        as_video(film([0.0, 1.0, 2.0], size=(320, 240)), Limits(size=100), "qwen")


def test_pictures_are_no_video() -> None:
    """A list of pictures is not turned into a video."""
    with pytest.raises(ModelRefusedError, match="use encode_mp4"):
        as_video(pictures([0.0]), Limits(), "qwen")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_pictures_become_four(count: int) -> None:
    """The last one is repeated as often as needed."""
    clip = pictures([0.5 * at for at in range(count)])
    mended = as_pictures(clip, Limits(), "qwen")
    assert mended.data == (*clip.contents, *[clip.contents[-1]] * (4 - count))
    assert mended.fps == pytest.approx(clip.fps)


def test_a_video_becomes_pictures() -> None:
    """One JPEG a frame, with the same times."""
    clip = film([0.0, 0.5, 1.0, 1.5])
    mended = as_pictures(clip, Limits(), "qwen")
    assert (mended.media_type, mended.times, len(mended.contents)) == ("image/jpeg", clip.times, 4)


def test_too_many_pictures_are_refused() -> None:
    """The error says how many there may be, and what to do."""
    with pytest.raises(ClipTooLargeError, match="at most 4 pictures, not 5: sample fewer"):
        as_pictures(pictures([0.0, 1.0, 2.0, 3.0, 4.0]), Limits(most_frames=4), "qwen")


def test_large_pictures_are_made_smaller() -> None:
    """The largest of them decides."""
    clip = pictures([0.0, 1.0, 2.0, 3.0], size=(640, 480))
    largest = max(encoded_size(len(data)) for data in clip.contents if isinstance(data, bytes))
    mended = as_pictures(clip, Limits(size=largest), "qwen")
    assert (mended.width, len(mended.contents)) == (448, 4)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 100, 49_152])
def test_the_size_in_base64_is_known_beforehand(size: int) -> None:
    """It is what encoding gives."""
    assert encoded_size(size) == len(base64.b64encode(bytes(size)))
