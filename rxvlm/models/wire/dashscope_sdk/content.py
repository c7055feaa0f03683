"""A clip as the content of a question to DashScope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rxvlm.clip import MP4, Clip
from rxvlm.models.wire.clip_forms import dashscope_fps


def files_of(clip: Clip) -> Sequence[bytes]:
    """Return the files of a clip: one MP4, or its pictures."""
    data = clip.contents
    return [data] if isinstance(data, bytes) else data


def video_item(clip: Clip, addresses: Sequence[str], options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write a clip as one video: a file, or a list of frames with their rate.

    Args:
        clip: The clip.
        addresses: Where each of its files is, as the server understands it.
        options: How the model samples the clip.
    """
    video = addresses[0] if clip.media_type == MP4 else list(addresses)
    return [{"video": video, "fps": dashscope_fps(clip), **options}]


def picture_items(clip: Clip, addresses: Sequence[str]) -> list[dict[str, Any]]:
    """Write a list of pictures as such, each with a text that numbers it; arguments as for `video_item`."""
    items: list[dict[str, Any]] = []
    for number, (time, address) in enumerate(zip(clip.times, addresses, strict=True), 1):
        # The line break keeps the SDK from taking a text for the name of a file.
        items += [{"text": f"\nFrame {number}, t={time - clip.times[0]:.2f} s:"}, {"image": address}]
    return items
