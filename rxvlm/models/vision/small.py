"""The pictures of a clip, small and straight from the decoder's planes: light apart from colour, no BGR between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt
from av import VideoFrame
from av.video.plane import VideoPlane

from rxvlm.clip import Clip
from rxvlm.media import mp4
from rxvlm.media.picture import fitted

Plane: TypeAlias = npt.NDArray[np.uint8]
"""One number for each pixel: ``uint8`` of shape (height, width)."""

Planes: TypeAlias = npt.NDArray[np.uint8]
"""The same of several pictures, in order: ``uint8`` of shape (pictures, height, width)."""

_WIDTH = 160  # pixels across, more or less: small enough to be cheap, large enough for somebody far off
_LINES = 24  # one line of so many, at full width, tells whether a picture is sharp
_PLANAR = ("yuv420p", "yuvj420p")
_LARGE = 100_000  # pixels: above, it pays to halve a plane first


@dataclass(frozen=True, slots=True, eq=False)
class Small:
    """A small picture.

    Attributes:
        luma: Its light, 16 (black) to 235 (white).
        blue: How blue it is, 128 for grey, half as wide and high.
        red: How red it is, the same.
        lines: Some lines of its light at the clip's own width.
    """

    luma: Plane
    blue: Plane
    red: Plane
    lines: Plane


def smalls(clip: Clip) -> list[Small]:
    """Decode the frames of a clip to some 160 pixels across; of a clip that is smaller, at its own size.

    Raises:
        DecodeError: If the data is damaged.
    """
    return [_small(picture) for picture in _pictures(clip)]


def reduced(plane: Plane, factor: int) -> Plane:
    """Average squares of so many pixels a side; what does not fill a square at the edge is left out."""
    while factor > 1:
        step = 2 if factor % 2 == 0 and plane.size > _LARGE else factor  # OpenCV is quick with 2, slow with fractions
        rows, columns = (max(1, side // step) for side in plane.shape)
        whole = plane[: rows * step, : columns * step]
        plane, factor = cast("Plane", cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)), factor // step
    return np.ascontiguousarray(plane)


def _pictures(clip: Clip) -> Iterable[VideoFrame]:
    if isinstance(clip.data, bytes):
        return mp4.decode(clip.data)
    return (VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24") for image in clip.images())


def _small(picture: VideoFrame) -> Small:
    if picture.format.name not in _PLANAR:
        picture = fitted(picture, (picture.width, picture.height), "yuv420p")
    planes = [_seen(plane) for plane in picture.planes]
    factor = max(1, round(picture.width / _WIDTH))
    return Small(*(reduced(plane, factor) for plane in planes), lines=planes[0][_LINES // 2 :: _LINES].copy())


def _seen(plane: VideoPlane) -> Plane:
    """View a plane where the decoder put it: no converter is kept in the picture, so any thread may look."""
    rows = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
