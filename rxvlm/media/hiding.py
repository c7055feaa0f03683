"""Hiding parts of decoded pictures: black polygons, and the part inside a box."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt
from av import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange

from rxvlm.media.areas import Box, Point
from rxvlm.media.damage import DamagedError
from rxvlm.media.picture import Image, Pixels, bgr, in_memory, rough_picture

Polygons: TypeAlias = tuple[tuple[Point, ...], ...]
_Plane: TypeAlias = npt.NDArray[np.uint8]
_Covered: TypeAlias = npt.NDArray[np.bool_]

_PLANAR: Final = ("yuv420p", "yuvj420p")  # changed plane by plane; all others are converted to BGR
_SUBPIXEL_BITS: Final = 8
_NEUTRAL: Final = 128  # chroma of black


class Altered:
    """Pixels that a function changes whenever they are read, also those of a damaged picture.

    Args:
        pixels: The pixels of the full picture; they cannot be reached from here.
        change: Returns a changed copy of a decoded picture.
    """

    __slots__ = ("_change", "_pixels")

    def __init__(self, pixels: Pixels, change: Callable[[VideoFrame], VideoFrame]) -> None:
        self._pixels, self._change = pixels, change

    @property
    def in_memory(self) -> bool:
        """Whether a decoded picture is held in memory."""
        return in_memory(self._pixels)

    def picture(self) -> VideoFrame:
        """Return the changed picture."""
        return self._changed(self._pixels.picture)

    def rough(self) -> VideoFrame:
        """Return the changed picture, decoded faster and not bit-exact where the codec allows it."""
        return self._changed(lambda: rough_picture(self._pixels))

    def image(self) -> Image:
        """Return the changed picture as BGR ``uint8`` (height, width, 3)."""
        return bgr(self.picture())

    def _changed(self, decode: Callable[[], VideoFrame]) -> VideoFrame:
        try:
            return self._change(decode())
        except DamagedError as error:  # encoders use its picture
            damaged = str(error), error.picture and self._change(error.picture)
        raise DamagedError(*damaged)  # outside of the handler: the error would refer to the one with the full picture


def blackened(picture: VideoFrame, polygons: Polygons) -> VideoFrame:
    """Return a copy of a picture in which each pixel that a polygon touches is black.

    Args:
        picture: The decoded picture; it stays as it is.
        polygons: In per mille of the picture.
    """
    size = picture.width, picture.height
    if picture.format.name not in _PLANAR:
        image = bgr(picture).copy()
        image[covered_pixels(polygons, size)] = 0
        return VideoFrame.from_ndarray(image, format="bgr24")
    is_full_range = picture.format.name == "yuvj420p" or picture.color_range == ColorRange.JPEG
    made = _like(picture, [_plane(one) for one in picture.planes])
    luma, *chroma = (_plane(one) for one in made.planes)
    np.copyto(luma, 0 if is_full_range else 16, where=covered_pixels(polygons, size))
    for plane in chroma:
        np.copyto(plane, _NEUTRAL, where=covered_blocks(polygons, size))
    return made


def box_in_pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of a box in pixels: even numbers that lie inside, 2 pixels at least.

    >>> box_in_pixels((250, 0, 750, 1000), (640, 360)), box_in_pixels((1, 1, 999, 999), (640, 360))
    ((160, 0, 480, 360), (2, 2, 638, 358))

    Args:
        box: In per mille of the picture.
        size: (width, height) of the picture in pixels.
    """
    (left, right), (top, bottom) = _side(box[0], box[2], size[0]), _side(box[1], box[3], size[1])
    return left, top, right, bottom


def cropped(picture: VideoFrame, box: Box) -> VideoFrame:
    """Return a copy of the part of a picture that is inside a box.

    Args:
        picture: The decoded picture.
        box: In per mille of the picture.
    """
    left, top, right, bottom = box_in_pixels(box, (picture.width, picture.height))
    if picture.format.name not in _PLANAR:
        return VideoFrame.from_ndarray(np.ascontiguousarray(bgr(picture)[top:bottom, left:right]), format="bgr24")
    luma, *chroma = (_plane(one) for one in picture.planes)
    halves = slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2)
    return _like(picture, [luma[top:bottom, left:right], *(one[halves] for one in chroma)])


@lru_cache(maxsize=64)
def covered_pixels(polygons: Polygons, size: tuple[int, int]) -> _Covered:
    """Return which pixels (height, width) the polygons touch; what an outline that crosses itself encloses is inside.

    Args:
        polygons: In per mille of the picture.
        size: (width, height) of the picture in pixels.
    """
    covered = np.zeros(size[::-1], np.uint8)
    scale = np.array(size) / 1000 * 2**_SUBPIXEL_BITS
    for polygon in polygons:
        filled = np.zeros_like(covered)
        corners = np.rint(np.array(polygon) * scale - 2 ** (_SUBPIXEL_BITS - 1)).astype(np.int32)
        cv2.fillPoly(filled, [corners], 1, shift=_SUBPIXEL_BITS)
        outlines, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(covered, outlines, -1, 1, cv2.FILLED)
    touched = cv2.dilate(covered, np.ones((3, 3), np.uint8)).astype(np.bool_)
    touched.flags.writeable = False
    return touched


@lru_cache(maxsize=64)
def covered_blocks(polygons: Polygons, size: tuple[int, int]) -> _Covered:
    """Return which blocks of 2 by 2 pixels the polygons touch, as chroma planes are laid out."""
    width, height = (size[0] + 1) // 2, (size[1] + 1) // 2
    padded = np.zeros((2 * height, 2 * width), np.bool_)
    padded[: size[1], : size[0]] = covered_pixels(polygons, size)
    touched = cast("_Covered", padded.reshape(height, 2, width, 2).any(axis=(1, 3)))
    touched.flags.writeable = False
    return touched


def _side(begin: float, end: float, length: int) -> tuple[int, int]:
    """Return where a box begins and ends along one side of the picture, in pixels."""
    first = -2 * int(-begin * length / 1000 // 2)
    last = length if end * length >= length * 1000 else 2 * int(end * length / 1000 // 2)
    first = max(0, min(first, 2 * ((length - 2) // 2)))
    return first, max(last, min(first + 2, length))


def _plane(plane: VideoPlane) -> _Plane:
    """Return the samples (height, width) of a plane, without a copy."""
    return np.frombuffer(cast("bytes", plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _like(picture: VideoFrame, planes: list[_Plane]) -> VideoFrame:
    """Make a picture of planes, with the format and the colours of another."""
    height, width = planes[0].shape
    made = VideoFrame(width, height, picture.format.name)
    for plane, samples in zip(made.planes, planes, strict=True):
        _plane(plane)[:] = samples
    made.colorspace, made.color_range = picture.colorspace, picture.color_range
    made.color_primaries, made.color_trc = picture.color_primaries, picture.color_trc
    return made
