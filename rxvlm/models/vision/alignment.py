"""Alignment of the pictures of a shaking camera."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias, cast

import cv2
import numpy as np

from rxvlm.models.vision.change import Mask, Masks
from rxvlm.models.vision.small import Plane, Planes

Shift: TypeAlias = tuple[float, float]
"""Pixels to move to the right and down."""

_TILE = 0.004  # of a tile that changed, at least, when the camera shakes
_TILES = 6  # of nine that changed, at least, when the camera shakes
_LEAST_SHIFT = 0.7  # pixels: a smaller shift is tolerated without alignment
_LARGEST_SHIFT = 0.1  # of the picture's side: a larger shift means that the camera was turned


def is_shaking(changes: Masks) -> bool:
    """Check whether nearly the whole picture changed repeatedly, as when the camera shakes.

    Args:
        changes: Masks of what changed from one picture to the next.
    """
    everywhere = sum(map(_changed_everywhere, changes))
    return everywhere > 1 and 2 * everywhere >= len(changes) - 1


def _changed_everywhere(change: Mask) -> bool:
    if cv2.countNonZero(change) < _TILE * change.size * _TILES / 9:
        return False
    down, across = ([side * third // 3 for third in range(4)] for side in change.shape)
    tiles = [change[top:bottom, left:right] for top, bottom in pairwise(down) for left, right in pairwise(across)]
    return sum(cv2.countNonZero(tile) > _TILE * tile.size for tile in tiles if tile.size) >= _TILES


def find_shift(picture: Plane, like: Plane) -> Shift:
    """Return the shift that lays a picture onto another; (0, 0) if none is found."""
    window = cv2.createHanningWindow((like.shape[1], like.shape[0]), cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(picture.astype(np.float32), like.astype(np.float32), window)
    large_enough = max(abs(x), abs(y)) >= _LEAST_SHIFT
    near = abs(x) <= _LARGEST_SHIFT * like.shape[1] and abs(y) <= _LARGEST_SHIFT * like.shape[0]
    return (x, y) if large_enough and near else (0.0, 0.0)


def apply_shift(picture: Plane, shift: Shift, onto: Plane) -> Plane:
    """Return a picture moved by a shift; the uncovered margin is filled from another picture."""
    if shift == (0, 0):
        return picture
    way = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
    size = picture.shape[1], picture.shape[0]
    return cast("Plane", cv2.warpAffine(picture, way, size, onto.copy(), borderMode=cv2.BORDER_TRANSPARENT))


def align_pictures(pictures: Planes) -> Planes:
    """Align pictures with the one in the middle."""
    middle = pictures[len(pictures) // 2]
    return np.array([apply_shift(picture, find_shift(picture, middle), middle) for picture in pictures])
