"""TimedPicture: one picture of a stream with its presentation timestamp."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from rxvlm.media.picture import Pixels


@dataclass(slots=True, order=True)
class TimedPicture:
    """One picture of a stream with its presentation timestamp; sorted by it.

    Attributes:
        pts: Presentation timestamp in ticks (microseconds), from the stream's own timestamps.
        order: Decides between pictures of equal ``pts``.
        keyframe: Whether the container flags it as a key frame.
        size: Size of its packet in bytes.
        pixels: Its pixels; None while the decoder has not returned it yet.
        shape: (height, width, 3).
        aspect: Width of its pixels, as a multiple of their height.
    """

    pts: int
    order: int
    keyframe: bool = field(compare=False)
    size: int = field(compare=False)
    pixels: Pixels | None = field(compare=False)
    shape: tuple[int, int, int] = field(default=(0, 0, 3), compare=False)
    aspect: Fraction = field(default=Fraction(1), compare=False)
