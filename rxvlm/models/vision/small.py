"""Small pictures of a clip, made directly from the decoder's YUV planes, without a conversion to BGR."""

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
"""Planes of several pictures, in order: ``uint8`` of shape (pictures, height, width)."""

_WIDTH = 160  # pixels across, approximately: small enough to be cheap, large enough to show a distant person
_LINES = 24  # one line in this many is kept at full width, to judge sharpness
_PLANAR = ("yuv420p", "yuvj420p")
_LARGE = 100_000  # pixels: halving a larger plane first is faster


@dataclass(frozen=True, slots=True, eq=False)
class SmallPicture:
    """A small picture.

    Attributes:
        luma: Luma, 16 (black) to 235 (white).
        blue: Blue chroma (Cb), 128 for grey, half as wide and high as the luma.
        red: Red chroma (Cr), likewise.
        lines: Some lines of the luma at the clip's full width.
    """

    luma: Plane
    blue: Plane
    red: Plane
    lines: Plane


def small_pictures(clip: Clip) -> list[SmallPicture]:
    """Decode the frames of a clip to about 160 pixels across; a smaller clip keeps its size.

    Raises:
        DecodeError: If the data is damaged.
    """
    return [_small(picture) for picture in _pictures(clip)]


def shrink(plane: Plane, factor: int) -> Plane:
    """Shrink a plane by averaging squares of ``factor`` pixels a side; incomplete squares at the edge are dropped."""
    while factor > 1:
        step = 2 if factor % 2 == 0 and plane.size > _LARGE else factor  # OpenCV is fast only for a factor of 2
        rows, columns = (max(1, side // step) for side in plane.shape)
        whole = plane[: rows * step, : columns * step]
        plane, factor = cast("Plane", cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)), factor // step
    return np.ascontiguousarray(plane)


def _pictures(clip: Clip) -> Iterable[VideoFrame]:
    data = clip.contents
    if isinstance(data, bytes):
        return mp4.decode(data)
    return (VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24") for image in clip.images())


def _small(picture: VideoFrame) -> SmallPicture:
    if picture.format.name not in _PLANAR:
        picture = fitted(picture, (picture.width, picture.height), "yuv420p")
    planes = [_view(plane) for plane in picture.planes]
    factor = max(1, round(picture.width / _WIDTH))
    return SmallPicture(*(shrink(plane, factor) for plane in planes), lines=planes[0][_LINES // 2 :: _LINES].copy())


def _view(plane: VideoPlane) -> Plane:
    """View a plane in the decoder's own memory.

    PyAV's `VideoFrame.to_ndarray` would keep a converter inside the frame, which is not thread-safe.
    """
    rows = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
