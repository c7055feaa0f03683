"""The forms in which a clip goes to a server, mended to its limits before anything is sent."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rxvlm.clip import MP4, Clip
from rxvlm.errors import ClipTooLargeError, ModelRefusedError

ClipAs: TypeAlias = Literal["auto", "video", "frames", "images"]
"""``"video"``: one inline MP4; ``"frames"``: a list of pictures with their rate; ``"images"``: pictures, told
apart by text."""

_NARROWEST = 160  # pixels across, under which a clip is not shrunk any more
_CHUNK = 48 * 1024  # bytes that are written as base64 at a time, a multiple of 3
_SLOWEST, _FASTEST = 0.1, 10.0  # frames a second that DashScope can be told to look at
_STEP = 0.7  # of the width, each time it does not fit


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server takes.

    Attributes:
        seconds: The least that a video plays.
        most_seconds: The most.
        frames: The least in a list of pictures.
        most_frames: The most.
        size: Bytes of an item, encoded as base64, that must not be reached.
    """

    seconds: float = 2.0
    most_seconds: float = 3600.0
    frames: int = 4
    most_frames: int = 2000
    size: int = 10_000_000


def as_video(clip: Clip, limits: Limits, model: str) -> Clip:
    """Give an MP4 within the limits: padded where it plays too short, shrunk where it is too large.

    Raises:
        ModelRefusedError: If it is a list of pictures: those have no video to give.
        ClipTooLargeError: If it plays too long, or is too large at the smallest size.
        DecodeError: If its data is damaged.
    """
    if clip.media_type != MP4:
        raise ModelRefusedError(f"{model} was to be given a video, and the clip is a list of pictures: use encode_mp4")
    seconds = clip.end - clip.start
    if seconds > limits.most_seconds:
        raise ClipTooLargeError(
            f"{model} takes at most {limits.most_seconds:g} s of video, not {seconds:g}: make windows shorter"
        )
    plays = clip.times[-1] - clip.times[0] + 1 / clip.fps
    if plays < limits.seconds:
        clip = clip.padded(limits.seconds)
    return _shrunk(clip, limits, model, lambda clip: encoded_size(clip.size))


def as_pictures(clip: Clip, limits: Limits, model: str) -> Clip:
    """Give JPEGs within the limits: the last one again where they are too few, smaller where too large.

    Raises:
        ClipTooLargeError: If there are too many, or one is too large at the smallest size.
        DecodeError: If its data is damaged.
    """
    pictures = clip.jpegs()
    if len(pictures.times) > limits.most_frames:
        raise ClipTooLargeError(
            f"{model} takes at most {limits.most_frames} pictures, not {len(pictures.times)}: sample fewer"
        )
    missing = limits.frames - len(pictures.times)
    if missing > 0:
        pictures = pictures.padded((limits.frames - 0.5) / pictures.fps)
    return _shrunk(pictures, limits, model, _largest)


def dashscope_fps(clip: Clip) -> float:
    """Give the clip's frames a second, as DashScope can be told: 0.1 to 10."""
    return round(min(max(clip.fps, _SLOWEST), _FASTEST), 3)


def in_base64(data: bytes) -> Iterator[bytes]:
    """Give bytes in base64, piece by piece: it is never held whole."""
    whole = memoryview(data)
    for at in range(0, len(whole), _CHUNK):
        yield b2a_base64(whole[at : at + _CHUNK], newline=False)


def encoded_size(size: int) -> int:
    """Count the bytes of so many bytes in base64."""
    return (size + 2) // 3 * 4


def _largest(clip: Clip) -> int:
    return max(encoded_size(len(data)) for data in clip.data if isinstance(data, bytes))


def _shrunk(clip: Clip, limits: Limits, model: str, size: Callable[[Clip], int]) -> Clip:
    whole, width = clip, clip.width
    while size(clip) >= limits.size:
        width = round(width * _STEP)
        if width < _NARROWEST:
            raise ClipTooLargeError(
                f"{model} takes less than {limits.size} bytes, and even {clip.width} pixels across the clip has "
                f"{size(clip)}: make windows shorter, or sample fewer frames"
            )
        clip = whole.shrunk(width)
    return clip
