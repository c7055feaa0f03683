"""TimedPicture: one picture of a stream, and when it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from rxvlm.media.picture import Pixels


@dataclass(slots=True, order=True)
class TimedPicture:
    """One picture and when it is shown.

    Attributes:
        pts: Microseconds, from the stream's own timestamps.
        order: Breaks ties.
        keyframe: Whether its container calls it a key frame.
        size: Bytes of its packet.
        pixels: How to see it; None as long as a decoder holds it back.
        shape: (height, width, 3).
    """

    pts: int
    order: int
    keyframe: bool = field(compare=False)
    size: int = field(compare=False)
    pixels: Pixels | None = field(compare=False)
    shape: tuple[int, int, int] = field(default=(0, 0, 3), compare=False)
