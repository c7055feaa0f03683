"""The newest picture of an analysis or an event, for sinks that pass pictures on."""

from __future__ import annotations

from collections import deque

from rxvlm.errors import DecodeError
from rxvlm.event import Event
from rxvlm.media import jpeg, mp4
from rxvlm.media.picture import bgr_sized
from rxvlm.sinks.sink import Item


def newest_picture(item: Item) -> bytes | None:
    """Return the last picture that the model saw, as a JPEG file; None if there is none, or it cannot be decoded."""
    analysis = item.analysis if isinstance(item, Event) else item
    if analysis is None:
        return None
    clip, data = analysis.clip, analysis.clip.data
    if not isinstance(data, bytes):
        return data[-1] if data else None
    try:
        last = deque(mp4.decode(data), maxlen=1)  # one at a time: all pictures of a copied clip may be a gigabyte
    except DecodeError:
        return None
    return jpeg.encode(bgr_sized(last[0], (clip.width, clip.height))) if last else None
