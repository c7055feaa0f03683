"""Pixels of frames, of several kinds, and the conversion of decoded pictures: PyAV frames to arrays, scaling."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Final, Protocol, TypeAlias, cast, runtime_checkable

import numpy as np
import numpy.typing as npt
from av import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from rxvlm.media.damage import DamagedError

Image: TypeAlias = npt.NDArray[np.uint8]
"""A picture in the layout of OpenCV: BGR ``uint8`` of shape (height, width, 3)."""


class Pixels(Protocol):
    """Where the picture of a frame comes from; any thread may ask for it, any number of times."""

    def picture(self) -> VideoFrame:
        """Return the decoded picture, usually YUV 4:2:0, upright."""
        ...

    def image(self) -> Image:
        """Return the picture as BGR ``uint8`` (height, width, 3)."""
        ...


@runtime_checkable
class RoughPixels(Protocol):
    """Pixels that can be decoded faster if they need not be exact to the bit."""

    def rough(self) -> VideoFrame:
        """Return the decoded picture, not exact to the bit."""
        ...


@runtime_checkable
class JpegPixels(Protocol):
    """Pixels that may be a JPEG already."""

    def jpeg(self) -> bytes | None:
        """Return the picture as a JPEG file that any program can read, if it is one; else None."""
        ...


def in_memory(pixels: Pixels) -> bool:
    """Return whether a decoded picture is held in memory, and not only its source."""
    return bool(getattr(pixels, "in_memory", False))


def rough_picture(pixels: Pixels) -> VideoFrame:
    """Return the decoded picture, by the fastest way: exact to the bit only if there is no faster one."""
    return pixels.rough() if isinstance(pixels, RoughPixels) else pixels.picture()


class Still:
    """Pixels that are an array already, not compressed.

    Args:
        array: BGR ``uint8`` (height, width, 3). It is not copied: do not change it afterwards.

    Raises:
        TypeError: If it is not a ``uint8`` array.
        ValueError: If it is empty or of another shape.
    """

    __slots__ = ("__weakref__", "_array")
    in_memory: Final = True

    def __init__(self, array: Image) -> None:
        if not isinstance(array, np.ndarray) or array.dtype != np.uint8:  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
            raise TypeError(f"a picture is a BGR uint8 array, not {getattr(array, 'dtype', type(array).__name__)}")
        if array.shape[2:] != (3,) or not array.size:  # rows, columns, BGR
            raise ValueError(f"a picture has the shape (height, width, 3), not {array.shape}")
        self._array = read_only(array.view())

    def picture(self) -> VideoFrame:
        """Return the array as a PyAV frame."""
        return VideoFrame.from_ndarray(np.ascontiguousarray(self._array), format="bgr24")

    def image(self) -> Image:
        """Return the array itself, read-only."""
        return self._array


class Made:
    """Pixels that a function makes each time they are asked for.

    Args:
        make: Returns BGR ``uint8`` (height, width, 3), upright.
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
    """Pixels of a picture that was decoded as it arrived.

    Args:
        picture: The decoded picture.
        is_damaged: Whether it could only be decoded in part.
    """

    __slots__ = ("__weakref__", "_is_damaged", "_picture")
    in_memory: Final = True

    def __init__(self, picture: VideoFrame, *, is_damaged: bool = False) -> None:
        self._picture = picture
        self._is_damaged = is_damaged

    def picture(self) -> VideoFrame:
        """Return the decoded picture.

        Raises:
            DamagedError: If it is damaged.
        """
        if self._is_damaged:
            raise DamagedError("the picture is damaged", self._picture)
        return self._picture

    def image(self) -> Image:
        """Convert the picture to BGR ``uint8`` (height, width, 3).

        Raises:
            DamagedError: If it is damaged.
        """
        return bgr(self.picture())


class _Converter(threading.local):
    """One converter per thread: two threads must not use one at the same time, and a new one is slow to set up."""

    def __init__(self) -> None:
        self.reformat = VideoReformatter().reformat


_converter: Final = _Converter()


def fitted(picture: VideoFrame, size: tuple[int, int], pixel_format: str) -> VideoFrame:
    """Scale a decoded picture and convert its pixel format, in one pass.

    Any number of threads may convert the same picture. With PyAV 18 its own ``reformat`` and
    ``to_ndarray`` keep a converter inside the picture, and crash if two threads call them at once.

    Args:
        picture: The decoded picture.
        size: (width, height) in pixels.
        pixel_format: Its FFmpeg name: ``"bgr24"``, ``"yuv420p"`` (the result is then of limited range,
            16 to 235, whatever the range of the picture), ``"gray8"``.

    Returns:
        A new picture, or the same one if it has this size and format already.
    """
    return _converter.reformat(
        picture,
        *size,
        pixel_format,
        interpolation=_interpolation(picture, size, pixel_format),
        dst_color_range=ColorRange.MPEG if pixel_format == "yuv420p" else None,
        threads=1,
    )


def bgr(picture: VideoFrame, width: int | None = None, aspect: Fraction | int = 1) -> Image:
    """Convert a decoded picture to BGR, and scale it in the same pass.

    Args:
        picture: The decoded picture.
        width: Width of the result in pixels; None for the picture's own size.
        aspect: Width of its pixels, as a multiple of their height; the result has square ones.

    Returns:
        A read-only ``uint8`` array (height, width, 3), of the same aspect ratio.
        At its own size it equals ``picture.to_ndarray(format="bgr24")``.
    """
    own = displayed((picture.width, picture.height), aspect)
    return bgr_sized(picture, own if width is None else (width, max(1, round(own[1] * width / own[0]))))


def bgr_sized(picture: VideoFrame, size: tuple[int, int]) -> Image:
    """Convert a decoded picture to BGR, at any (width, height) in pixels; see `bgr`."""
    return read_only(cast("Image", fitted(picture, size, "bgr24").to_ndarray()))


def displayed(size: tuple[int, int], aspect: Fraction | int, most: int | None = None) -> tuple[int, int]:
    """Return the (width, height) in pixels at which a picture is shown.

    Args:
        size: (width, height) of the picture itself.
        aspect: Width of its pixels, as a multiple of their height.
        most: Maximum width of the result in pixels; None: as wide as it is.

    >>> displayed((352, 576), 2), displayed((352, 576), 2, most=640)
    ((704, 576), (640, 524))
    """
    wide = size[0] * aspect
    width = max(1, round(wide)) if most is None else min(most, max(1, round(wide)))
    return width, size[1] if width == round(wide) else max(1, round(size[1] * width / wide))


def _interpolation(picture: VideoFrame, size: tuple[int, int], pixel_format: str) -> Interpolation | None:
    """Return how to interpolate: by area if the picture is scaled; RGB to YUV is rounded exactly, else it darkens."""
    if picture.format.is_rgb and pixel_format == "yuv420p":
        return Interpolation.AREA | Interpolation.ACCURATE_RND
    return None if size == (picture.width, picture.height) else Interpolation.AREA


def shrunk(picture: VideoFrame, width: int | None) -> VideoFrame:
    """Scale a decoded picture down, in its own pixel format; one that is small enough is returned as it is.

    Args:
        picture: The decoded picture.
        width: Maximum width in pixels; None: as it is.
    """
    if width is None or picture.width <= width:
        return picture
    return fitted(picture, (width, height_at(picture, width)), picture.format.name)


def height_at(picture: VideoFrame, width: int) -> int:
    """Return the height in pixels of a picture scaled to a width, at least 1."""
    return max(1, round(picture.height * width / picture.width))


def read_only(array: Image) -> Image:
    """Make an array read-only, and return it."""
    array.flags.writeable = False
    return array
