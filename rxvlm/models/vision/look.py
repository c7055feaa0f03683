"""How the pictures of a clip look as a whole: light, sharpness, colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from rxvlm.models.vision.light import LightLevel, LightTrend
from rxvlm.models.vision.small import Plane, SmallPicture

Sharpness = Literal["sharp", "blurred", "plain"]

_PLAIN = 6.0  # levels across an edge: below it a picture has no detail
_EDGES = 50  # at least one pixel in this many lies on an edge
_FAR = 5  # pixels from one side of an edge to the other
_SOFT = 0.38  # of an edge's height: a smaller step between neighbouring pixels means blur
_GREY = 45  # of 255: a colour with less saturation is grey
_DARK, _LIGHT, _ORANGE = (
    55,
    188,
    145,
)  # luma levels: black is darker than the first, white and orange lighter than the others
_HUES = ((8, "red"), (22, "orange"), (35, "yellow"), (85, "green"), (100, "cyan"), (130, "blue"), (150, "purple"))
_RED_AGAIN = 172  # of 180: red lies at both ends of the hue circle
_LUMAS, _TINTS = 16, 8  # levels that are counted as one shade


@dataclass(frozen=True, slots=True)
class Look:
    """How the pictures of a clip look as a whole.

    Attributes:
        light: Mean light of the scene, 0 to 255.
        level: The mean light as a word.
        trend: How the light changed within the last shot.
        sharpness: Sharpness of the picture in the middle; ``plain`` if it has no detail to judge by.
        colour: The most frequent colour of the scene.
        colour_share: The share of the picture with that colour, 0 to 1.
    """

    light: float
    level: LightLevel
    trend: LightTrend
    sharpness: Sharpness
    colour: str
    colour_share: float


def sharpness(lines: Plane) -> Sharpness:
    """Return whether a picture is sharp: whether its strongest edges rise within one pixel.

    Args:
        lines: Some of the picture's lines, of shape (lines, pixels).
    """
    if lines.shape[1] <= 2 * _FAR or not len(lines):
        return "plain"
    heights = cv2.absdiff(lines[:, _FAR:], lines[:, :-_FAR])
    steps = cv2.dilate(cv2.absdiff(lines[:, 1:], lines[:, :-1]), np.ones((1, _FAR), np.uint8))
    rises = steps[:, _FAR // 2 : -(_FAR // 2)]  # the steepest step within each height
    most = max(1, heights.size // _EDGES)
    highest = heights >= max(1, np.partition(heights.ravel(), -most)[-most])
    if not highest.any() or heights[highest].mean() < _PLAIN:
        return "plain"
    return "blurred" if rises[highest].mean() < _SOFT * heights[highest].mean() else "sharp"


def colour(picture: SmallPicture) -> tuple[str, float]:
    """Return the name of a picture's most frequent colour, and its share, 0 to 1."""
    blue, red = ((plane[::4, ::4].astype(np.uint16) + _TINTS // 2) // _TINTS for plane in (picture.blue, picture.red))
    luma = picture.luma[::8, ::8][: blue.shape[0], : blue.shape[1]] // _LUMAS
    counts = np.bincount(_names()[luma, red, blue].ravel())
    most = int(counts.argmax())
    return _NAMES[most], float(counts[most] / counts.sum())


_NAMES = (*(name for _, name in _HUES), "pink", "red", "brown", "black", "grey", "white")


@cache
def _names() -> npt.NDArray[np.intp]:
    """Return the index into `_NAMES` of every shade, indexed by luma, red and blue."""
    lumas, tints = (
        np.arange(_LUMAS // 2, 256, _LUMAS, dtype=np.uint8),
        np.arange(0, 257, _TINTS).clip(0, 255).astype(np.uint8),
    )
    grid = np.stack(np.meshgrid(lumas, tints, tints, indexing="ij"), axis=-1)
    shades = grid.reshape(1, -1, 3)
    hsv = cv2.cvtColor(cv2.cvtColor(shades, cv2.COLOR_YCrCb2BGR), cv2.COLOR_BGR2HSV)
    (hue, saturation, _), luma = hsv.reshape(-1, 3).T, shades[0, :, 0]
    names = np.searchsorted([top for top, _ in _HUES], hue, side="right")
    names[hue >= _RED_AGAIN] = _NAMES.index("red")
    names[(names == _NAMES.index("orange")) & (luma < _ORANGE)] = _NAMES.index("brown")
    grey = saturation < _GREY
    names[grey] = _NAMES.index("grey")
    names[grey & (luma >= _LIGHT)] = _NAMES.index("white")
    names[luma < _DARK] = _NAMES.index("black")
    return names.reshape(grid.shape[:3])
