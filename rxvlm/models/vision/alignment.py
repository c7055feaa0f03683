"""Pictures of a camera that trembles, laid over each other."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias, cast

import cv2
import numpy as np

from rxvlm.models.vision.change import Mask, Masks
from rxvlm.models.vision.small import Plane, Planes

Shift: TypeAlias = tuple[float, float]
"""Pixels across and down."""

_TILE = 0.004  # of a tile changed, at least, where a camera trembles
_TILES = 6  # of nine, at least
_FELT = 0.7  # pixels that a tremble has: less is forgiven anyway
_FARTHEST = 0.1  # of the picture's side: a camera that comes farther is turned


def trembles(changes: Masks) -> bool:
    """Tell whether time and again something changed nearly everywhere, as when the camera moves.

    Args:
        changes: What changed from picture to picture.
    """
    everywhere = sum(map(_everywhere, changes))
    return everywhere > 1 and 2 * everywhere >= len(changes) - 1


def _everywhere(change: Mask) -> bool:
    if cv2.countNonZero(change) < _TILE * change.size * _TILES / 9:
        return False
    down, across = ([side * third // 3 for third in range(4)] for side in change.shape)
    tiles = [change[top:bottom, left:right] for top, bottom in pairwise(down) for left, right in pairwise(across)]
    return sum(cv2.countNonZero(tile) > _TILE * tile.size for tile in tiles if tile.size) >= _TILES


def shift_of(picture: Plane, like: Plane) -> Shift:
    """Give how far a picture must be moved to lie on another; not at all, where that cannot be told."""
    window = cv2.createHanningWindow((like.shape[1], like.shape[0]), cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(picture.astype(np.float32), like.astype(np.float32), window)
    felt = max(abs(x), abs(y)) >= _FELT
    near = abs(x) <= _FARTHEST * like.shape[1] and abs(y) <= _FARTHEST * like.shape[0]
    return (x, y) if felt and near else (0.0, 0.0)


def moved(picture: Plane, shift: Shift, onto: Plane) -> Plane:
    """Move a picture; where it shows nothing then, another is seen."""
    if shift == (0, 0):
        return picture
    way = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
    size = picture.shape[1], picture.shape[0]
    return cast("Plane", cv2.warpAffine(picture, way, size, onto.copy(), borderMode=cv2.BORDER_TRANSPARENT))


def stilled(pictures: Planes) -> Planes:
    """Lay pictures on the one in the middle."""
    middle = pictures[len(pictures) // 2]
    return np.array([moved(picture, shift_of(picture, middle), middle) for picture in pictures])
