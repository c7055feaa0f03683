"""resize: smaller frames, scaled when their pixels are read."""

from __future__ import annotations

from dataclasses import replace

from av import VideoFrame
from reactivex import operators as ops

from rxvlm.arguments import check_integer
from rxvlm.frame import Frame
from rxvlm.media.picture import Image, Pixels, bgr, in_memory, rough_picture, shrunk
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import Operator, as_step


class Smaller:
    """Pixels that are scaled down whenever they are read; a picture that is small enough stays as it is.

    Args:
        pixels: The pixels of the full picture.
        width: Pixels across at most.
    """

    __slots__ = ("_pixels", "_width")

    def __init__(self, pixels: Pixels, width: int) -> None:
        self._pixels, self._width = pixels, width

    @property
    def in_memory(self) -> bool:
        """Whether a decoded picture is held in memory."""
        return in_memory(self._pixels)

    def picture(self) -> VideoFrame:
        """Return the picture, scaled, in its own pixel format."""
        return shrunk(self._pixels.picture(), self._width)

    def rough(self) -> VideoFrame:
        """Return the picture, scaled, decoded faster and not bit-exact where the codec allows it."""
        return shrunk(rough_picture(self._pixels), self._width)

    def image(self) -> Image:
        """Return the picture as BGR ``uint8`` (height, width, 3), scaled and converted in one pass."""
        picture = self._pixels.picture()
        return bgr(picture, min(self._width, picture.width))


def smaller(frame: Frame, width: int) -> Frame:
    """Return a copy of a frame that is at most ``width`` pixels across; nothing is decoded.

    >>> from rxvlm.testing import frames_at
    >>> frame, = frames_at([0.0], size=(640, 360))
    >>> smaller(frame, 160).shape, smaller(frame, 160).image.shape, smaller(frame, 1000) is frame
    ((90, 160, 3), (90, 160, 3), True)
    """
    height, across, _ = frame.shape
    if across <= width:
        return frame
    shape = max(1, round(height * width / across)), width, 3
    return replace(frame, pixels=Smaller(frame.pixels, width), shape=shape)


@as_step
def resize(width: int) -> Operator[Frame, Frame]:
    """Scale frames down to at most ``width`` pixels across; the aspect ratio is kept.

    A frame is decoded and scaled each time when its pixels are read, and not before.
    Time, index, `Frame.keyframe` and `Frame.size` stay those of the source.

    Args:
        width: Pixels across at most, at least 1.

    Returns:
        An operator.

    Raises:
        TypeError: If ``width`` is not a whole number.
        ValueError: If ``width`` is less than 1.
    """
    check_integer("width", width)
    if width < 1:
        raise ValueError(f"width must be at least 1 pixel, not {width}")
    return check_items(Frame, "resize", ops.map(lambda frame: smaller(frame, width)))
