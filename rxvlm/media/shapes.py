"""Shapes: the size of each picture of a stream, which may change in mid-stream, known before it is decoded."""

from __future__ import annotations

from rxvlm.errors import DecodeError
from rxvlm.media.cursor import Packet
from rxvlm.media.damage import DamagedError
from rxvlm.media.picture import Pixels
from rxvlm.media.setup import Setup
from rxvlm.media.size_marks import size_mark


class Shapes:
    """Follows the size of pictures from packet to packet; where it may have changed, one picture is decoded to see.

    Args:
        codec: The FFmpeg name of the codec.
        shape: (height, width, 3) of the first picture, by FFmpeg, which has looked at it; zeros if it has not.
    """

    def __init__(self, codec: str, shape: tuple[int, int, int]) -> None:
        self._mark_of = size_mark(codec)
        self._mark: tuple[Setup, bytes] | None = None
        self._shape = shape

    def of(self, packet: Packet, pixels: Pixels) -> tuple[int, int, int]:
        """Return the shape of the next packet's picture, in decoding order."""
        if packet.keyframe or self._mark is None or packet.setup is not self._mark[0]:
            before, self._mark = self._mark, (packet.setup, self._mark_of(packet.data))
            is_known = all(self._shape) if before is None else before == self._mark
            if not is_known:
                self._shape = _decoded(pixels) or self._shape
        return self._shape


def _decoded(pixels: Pixels) -> tuple[int, int, int] | None:
    try:
        picture = pixels.picture()
    except DecodeError as error:
        picture = error.picture if isinstance(error, DamagedError) else None
    return None if picture is None else (picture.height, picture.width, 3)
