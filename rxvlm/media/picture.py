"""Decoded pictures: from PyAV's planes to arrays, scaled on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias, cast, runtime_checkable

import numpy as np
import numpy.typing as npt
from av import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

Image: TypeAlias = npt.NDArray[np.uint8]
"""A picture as OpenCV has it: BGR ``uint8`` of shape (height, width, 3)."""


class Pixels(Protocol):
    """Where a frame's picture comes from; any thread may ask, again and again."""

    def picture(self) -> VideoFrame:
        """Give the decoded picture, mostly YUV 4:2:0, upright."""
        ...

    def image(self) -> Image:
        """Give the picture as BGR ``uint8`` (height, width, 3)."""
        ...


@runtime_checkable
class RoughPixels(Protocol):
    """Pixels that can be had for less where not every bit counts."""

    def rough(self) -> VideoFrame:
        """Give the decoded picture, rough_picture."""
        ...


def rough_picture(pixels: Pixels) -> VideoFrame:
    """Give the decoded picture for as little as it can be had: to the bit only where there is no other way."""
    return pixels.rough() if isinstance(pixels, RoughPixels) else pixels.picture()


class Still:
    """Pixels that are there already: an array.

    Args:
        array: BGR ``uint8`` (height, width, 3); not copied, so leave it as it is.

    Raises:
        TypeError: If it is no ``uint8`` array.
        ValueError: If it is empty or of another shape.
    """

    __slots__ = ("_array",)

    def __init__(self, array: Image) -> None:
        if not isinstance(array, np.ndarray) or array.dtype != np.uint8:  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
            raise TypeError(f"a picture is a BGR uint8 array, not {getattr(array, 'dtype', type(array).__name__)}")
        if array.ndim != 3 or array.shape[2] != 3 or not array.size:  # noqa: PLR2004 - rows, columns, BGR
            raise ValueError(f"a picture has the shape (height, width, 3), not {array.shape}")
        self._array = read_only(array.view())

    def picture(self) -> VideoFrame:
        """Give the array as a PyAV frame."""
        return VideoFrame.from_ndarray(np.ascontiguousarray(self._array), format="bgr24")

    def image(self) -> Image:
        """Give the array itself, read-only."""
        return self._array


class Made:
    """Pixels that a function makes, whenever somebody looks.

    Args:
        make: Gives BGR ``uint8`` (height, width, 3), upright.
    """

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Image]) -> None:
        self._make = make

    def picture(self) -> VideoFrame:
        """Make the picture, as a PyAV frame."""
        return VideoFrame.from_ndarray(self.image(), format="bgr24")

    def image(self) -> Image:
        """Make the picture, read-only."""
        return read_only(np.ascontiguousarray(self._make()))


class Decoded:
    """Pixels of a picture that was decoded as it arrived."""

    __slots__ = ("_picture",)

    def __init__(self, picture: VideoFrame) -> None:
        self._picture = picture

    def picture(self) -> VideoFrame:
        """Return the decoded picture."""
        return self._picture

    def image(self) -> Image:
        """Convert the picture to BGR ``uint8`` (height, width, 3)."""
        return bgr(self._picture)


class _Converter(threading.local):
    """A converter for each thread: two that convert at once must not share one, and a new one takes long to set up."""

    def __init__(self) -> None:
        self.reformat = VideoReformatter().reformat


_converter: Final = _Converter()


def fitted(picture: VideoFrame, size: tuple[int, int], pixel_format: str) -> VideoFrame:
    """Scale and convert a decoded picture, in one pass, on this thread alone.

    Any number of threads may do so with the same picture. Its own ``reformat`` and
    ``to_ndarray`` keep a converter inside the picture, and crash when two use it at once.

    Args:
        picture: The decoded picture.
        size: (width, height) in pixels.
        pixel_format: As FFmpeg calls it: ``"bgr24"``, ``"yuv420p"`` (of limited range then,
            16 to 235, whatever it was), ``"gray8"``.

    Returns:
        A new picture; the same one, where there was nothing to do.
    """
    return _converter.reformat(
        picture,
        *size,
        pixel_format,
        interpolation=_interpolation(picture, size, pixel_format),
        dst_color_range=ColorRange.MPEG if pixel_format == "yuv420p" else None,
        threads=1,
    )


def bgr(picture: VideoFrame, width: int | None = None) -> Image:
    """Convert a decoded picture to BGR, scaled in the same pass.

    Args:
        picture: The decoded picture.
        width: Pixels across of the result; None for the picture's own size.

    Returns:
        Read-only ``uint8`` of shape (height, width, 3), the sides' ratio kept.
        At its own size it equals ``picture.to_ndarray(format="bgr24")``.
    """
    size = (picture.width, picture.height) if width is None else (width, height_at(picture, width))
    return read_only(cast("Image", fitted(picture, size, "bgr24").to_ndarray()))


def _interpolation(picture: VideoFrame, size: tuple[int, int], pixel_format: str) -> Interpolation | None:
    """Average areas where a picture is scaled; conversion alone is PyAV's own, whose quick one to YUV would darken."""
    if picture.format.is_rgb and pixel_format == "yuv420p":
        return Interpolation.AREA | Interpolation.ACCURATE_RND
    return None if size == (picture.width, picture.height) else Interpolation.AREA


def shrunk(picture: VideoFrame, width: int | None) -> VideoFrame:
    """Scale a decoded picture down, in its own pixel format; one that is small enough is given as it is.

    Args:
        picture: The decoded picture.
        width: Pixels across at most; None: as it is.
    """
    if width is None or picture.width <= width:
        return picture
    return fitted(picture, (width, height_at(picture, width)), picture.format.name)


def height_at(picture: VideoFrame, width: int) -> int:
    """Rows that a picture has when it is scaled to a width, at least 1."""
    return max(1, round(picture.height * width / picture.width))


def read_only(array: Image) -> Image:
    """Forbid writing into an array, and give it."""
    array.flags.writeable = False
    return array
