"""Orientation: how a picture is turned and mirrored to stand upright, as its display matrix says."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import cast

import numpy as np
from av import VideoFrame
from av.sidedata.sidedata import SideDataContainer, Type

from rxvlm.media.damage import DamagedError
from rxvlm.media.picture import Image, Pixels, bgr, in_memory, read_only, rough_picture

_DEGREES = {(False, False, False): 0, (True, True, False): 90, (False, True, True): 180, (True, False, True): 270}


@dataclass(frozen=True, slots=True)
class Orientation:
    """Which of the eight ways there are to put a picture upright; only quarter turns are done.

    Attributes:
        is_transposed: Whether rows become columns, before anything else.
        is_mirrored: Whether left becomes right, after that.
        is_upside_down: Whether top becomes bottom, after that.
    """

    is_transposed: bool = False
    is_mirrored: bool = False
    is_upside_down: bool = False

    def __bool__(self) -> bool:
        return self != Orientation()

    def __str__(self) -> str:
        degrees = _DEGREES.get((self.is_transposed, self.is_mirrored, self.is_upside_down))
        return "mirrored" if degrees is None else f"turned by {degrees} degrees"

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the size, or any (width, height), of an upright picture."""
        return (size[1], size[0]) if self.is_transposed else size

    def upright(self, image: Image) -> Image:
        """Put a picture (height, width, 3) upright."""
        turned = image.transpose(1, 0, 2) if self.is_transposed else image
        return turned[:: -1 if self.is_upside_down else 1, :: -1 if self.is_mirrored else 1]


def orientation_of(picture: VideoFrame) -> Orientation:
    """Return the orientation that the display matrix of a decoded picture asks for."""
    try:
        matrix = bytes(cast("SideDataContainer", picture.side_data)[Type.DISPLAYMATRIX])
    except KeyError:
        return Orientation()
    a, b, _, c, d, *_ = struct.unpack("=9i", matrix[:36])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(is_mirrored=a < 0, is_upside_down=d < 0)
    return Orientation(is_transposed=True, is_mirrored=c < 0, is_upside_down=b < 0)


class Upright:
    """Pixels of a film that was turned or mirrored, put upright.

    Args:
        pixels: The pixels as the film has them.
        orientation: How they are put upright.
    """

    __slots__ = ("_pixels", "orientation")

    def __init__(self, pixels: Pixels, orientation: Orientation) -> None:
        self._pixels = pixels
        self.orientation = orientation

    @property
    def in_memory(self) -> bool:
        """Whether a decoded picture is held in memory."""
        return in_memory(self._pixels)

    def picture(self) -> VideoFrame:
        """Return the upright picture."""
        try:
            return self._turned(self._pixels.picture())
        except DamagedError as error:
            raise DamagedError(str(error), error.picture and self._turned(error.picture)) from None

    def rough(self) -> VideoFrame:
        """Return the upright picture, not exact to the bit."""
        try:
            return self._turned(rough_picture(self._pixels))
        except DamagedError as error:
            raise DamagedError(str(error), error.picture and self._turned(error.picture)) from None

    def image(self) -> Image:
        """Return the upright picture as BGR ``uint8`` (height, width, 3)."""
        return read_only(np.ascontiguousarray(self.orientation.upright(self._pixels.image())))

    def _turned(self, picture: VideoFrame) -> VideoFrame:
        image = np.ascontiguousarray(self.orientation.upright(bgr(picture)))
        return VideoFrame.from_ndarray(image, format="bgr24")
