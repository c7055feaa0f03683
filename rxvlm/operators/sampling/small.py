"""Small grey pictures, for the steps that compare pixels."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from av import VideoFrame

from rxvlm.errors import DecodeError
from rxvlm.frame import Frame
from rxvlm.media.picture import fitted, height_at

_log = logging.getLogger("rxvlm")

Gray: TypeAlias = npt.NDArray[np.uint8]
"""A grey picture, ``uint8`` of shape (height, width)."""

WIDTH: Final = 160
"""Pixels across of the pictures that are compared."""


def gray(picture: VideoFrame, width: int) -> Gray:
    """Scale a decoded picture to a grey one, in one pass.

    Args:
        picture: The decoded picture.
        width: Pixels across at most; a smaller picture keeps its size.

    Returns:
        ``uint8`` of shape (height, width), the sides' ratio kept.
    """
    across = min(width, picture.width)
    return cast("Gray", fitted(picture, (across, height_at(picture, across)), "gray8").to_ndarray())


def grays(frames: Iterable[Frame], width: int = WIDTH) -> Iterator[tuple[Frame, Gray]]:
    """Decode frames one after another to small grey pictures; damaged ones are left out.

    Args:
        frames: In time order, so that the decoder only goes forward.
        width: Pixels across at most.
    """
    for frame in frames:
        try:
            picture = frame.picture()
        except DecodeError as error:
            _log.debug("%r is left out: %s", frame, error)
            continue
        yield frame, gray(picture, width)


def changed(one: Gray, other: Gray) -> npt.NDArray[np.int16]:
    """Return how much each pixel differs, 0 to 255; all of them by 255 if the shapes differ.

    >>> changed(np.array([[0, 9]], np.uint8), np.array([[3, 4]], np.uint8))
    array([[3, 5]], dtype=int16)
    """
    if one.shape != other.shape:
        return np.full(one.shape, 255, np.int16)
    return np.abs(one.astype(np.int16) - other)
