"""The documented limits of DashScope's models, and clips adapted to them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from rxvlm.clip import MP4, Clip
from rxvlm.models.wire.clip_forms import Limits, as_pictures, as_video
from rxvlm.models.wire.streamed_body import encoded_size

ClipAs: TypeAlias = Literal["auto", "video", "frames", "upload"]
"""How a clip goes to DashScope; see `rxvlm.models.dashscope`."""

_INLINE_PICTURES: Final = 250  # at most in a request
_UPLOAD_BYTES: Final = 100_000_000
_LIMITS: Final[list[tuple[str, Limits]]] = [
    (r"qwen3\.[5-9]|qwen[4-9]", Limits(most_seconds=7200, most_frames=8000)),
    (r"qwen-vl-max", Limits(most_seconds=1200, most_frames=512)),
    (r"qwen-vl-plus|qwen2\.5-vl|qvq", Limits(most_seconds=600, most_frames=512)),
]


def fitting(clip: Clip, clip_as: ClipAs, model: str, name: str) -> Clip:
    """Return a clip as it will be sent, adapted to the limits of the model.

    Args:
        clip: The clip.
        clip_as: How it is sent.
        model: DashScope's name for the model.
        name: The model's name, for errors.

    Raises:
        ModelRefusedError: If a video is to be sent, and the clip is a list of pictures.
        ClipTooLargeError: If it is too long, or too large even at its smallest size.
        DecodeError: If its data is damaged.
    """
    limits = next((limits for pattern, limits in _LIMITS if re.search(pattern, model)), Limits())
    video = clip.media_type == MP4 if clip_as in ("auto", "upload") else clip_as == "video"
    if clip_as == "upload":
        limits = replace(limits, size=encoded_size(_UPLOAD_BYTES))
    elif not video:
        limits = replace(limits, most_frames=min(limits.most_frames, _INLINE_PICTURES))
    return as_video(clip, limits, name) if video else as_pictures(clip, limits, name)
