"""The forms in which a clip is sent to a server, adapted to the server's limits before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rxvlm.clip import MP4, Clip
from rxvlm.errors import ClipTooLargeError, ModelRefusedError
from rxvlm.models.wire.streamed_body import encoded_size

ClipAs: TypeAlias = Literal["auto", "video", "frames", "images"]
"""``"video"``: one inline MP4; ``"frames"``: a list of pictures with their rate; ``"images"``: pictures, each with
a text that numbers it; ``"auto"``: the best that clip and server allow."""

_NARROWEST = 160  # pixels across, below which a clip is not made smaller
_SLOWEST, _FASTEST = 0.1, 10.0  # frames a second, the range that DashScope documents
_STEP = 0.7  # of the width, for each attempt to make a clip smaller


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server accepts.

    Attributes:
        seconds: The shortest video, in seconds of playing time.
        most_seconds: The longest.
        frames: The fewest pictures in a list.
        most_frames: The most.
        size: An item must be smaller than this, in bytes of base64.
    """

    seconds: float = 2.0
    most_seconds: float = 3600.0
    frames: int = 4
    most_frames: int = 2000
    size: int = 10_000_000


def as_video(clip: Clip, limits: Limits, model: str) -> Clip:
    """Return the clip as an MP4 within the limits: padded if it is too short, smaller if it has too many bytes.

    Raises:
        ModelRefusedError: If the clip is a list of pictures: a video cannot be made of those here.
        ClipTooLargeError: If it is too long, or has too many bytes even at the smallest size.
        DecodeError: If its data is damaged.
    """
    if clip.media_type != MP4:
        raise ModelRefusedError(
            f"{model} can only be sent a video here, and the clip is a list of pictures: use encode_mp4"
        )
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
    """Return the clip as JPEGs within the limits: the last is repeated if they are too few, all made smaller if needed.

    Raises:
        ClipTooLargeError: If there are too many, or one has too many bytes even at the smallest size.
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
    """Return the clip's frames a second, limited to the range that DashScope accepts: 0.1 to 10."""
    return round(min(max(clip.fps, _SLOWEST), _FASTEST), 3)


def _largest(clip: Clip) -> int:
    return max(encoded_size(len(data)) for data in clip.contents if isinstance(data, bytes))


def _shrunk(clip: Clip, limits: Limits, model: str, size: Callable[[Clip], int]) -> Clip:
    original, width = clip, clip.width
    while size(clip) >= limits.size:
        width = round(width * _STEP)
        if width < _NARROWEST:
            raise ClipTooLargeError(
                f"{model} takes less than {limits.size} bytes, and even {clip.width} pixels across the clip has "
                f"{size(clip)}: make windows shorter, or sample fewer frames"
            )
        clip = original.shrunk(width)
    return clip
