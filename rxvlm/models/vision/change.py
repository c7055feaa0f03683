"""Compare pictures of a scene: ignore small sway, and distinguish a change of light from a thing that came or went."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

from rxvlm.models.vision.small import Plane, Planes

Mask: TypeAlias = Plane
"""Marks pixels of a picture: 255 marked, 0 not marked; ``uint8`` of shape (height, width)."""

Masks: TypeAlias = Planes
"""Masks of several pictures: ``uint8`` of shape (pictures, height, width)."""

PixelBox: TypeAlias = tuple[int, int, int, int]
"""x, y, width, height in pixels, from the top left corner."""

OUTLINE_RATIO = 1.4  # an outline this many times stronger in one picture means that the thing is in that picture
_SWAY = 3  # pixels: side of the square in which a matching light level is searched
_GAP = 7  # pixels: a gap up to this wide lies within one thing
_WIDE_GAP = 15  # pixels: the same, when only the background behind the thing is wanted
_NOISE_SHARE = 0.00014  # of the picture: a smaller part is noise
_FEWEST_PIXELS = 2  # of a part that is not noise
_SAME_EDGES = 0.7  # correlation above which the edges are the same, only the light changed


class Neighbourhood(NamedTuple):
    """Pictures stacked into one strip, with the lowest and highest level in the neighbourhood of each pixel.

    Attributes:
        luma: The pictures, one below the other.
        least: The lowest level around each pixel.
        most: The highest level around each pixel.
    """

    luma: Plane
    least: Plane
    most: Plane

    @staticmethod
    def of(pictures: Planes) -> Neighbourhood:
        """Compute the neighbourhoods of one or several pictures."""
        strip = pictures.reshape(
            -1, pictures.shape[-1]
        )  # at a seam, the neighbourhood of a row reaches one row into the next picture
        least, most = cv2.erode(strip, square_kernel(_SWAY)), cv2.dilate(strip, square_kernel(_SWAY))
        return Neighbourhood(strip, cast("Plane", least), cast("Plane", most))

    def rows(self, begin: int, end: int | None) -> Neighbourhood:
        """Return the rows of the strip from ``begin`` to before ``end``."""
        return Neighbourhood(*(plane[begin:end] for plane in self))

    def repeated(self, count: int) -> Neighbourhood:
        """Return the strip repeated ``count`` times, one below the other."""
        return Neighbourhood(*(np.tile(plane, (count, 1)) for plane in self))

    def excess_over(self, reference: Neighbourhood) -> Plane:
        """Return by how many levels each pixel lies outside the range of its neighbourhood in the reference.

        Because the same level may be found a few pixels further on, swaying leaves, a
        vibrating camera mast and compression artefacts at edges are no difference.
        """
        above, below = cv2.subtract(self.luma, reference.most), cv2.subtract(reference.least, self.luma)
        return cast("Plane", cv2.max(above, below))

    def difference(self, other: Neighbourhood) -> Plane:
        """Return the larger of `excess_over` in both directions."""
        return cast("Plane", cv2.max(self.excess_over(other), other.excess_over(self)))


@cache
def square_kernel(side: int) -> Mask:
    """Return a square structuring element for OpenCV's morphology, ``side`` pixels wide."""
    return np.ones((side, side), np.uint8)


def mask_above(levels: Plane, tolerance: Plane) -> Masks:
    """Mark where the levels of the pictures in a strip exceed the tolerance, a (height, width) array."""
    count = len(levels) // len(tolerance)
    mask = cv2.compare(levels, np.tile(tolerance, (count, 1)), cv2.CMP_GT)
    return cast("Masks", mask).reshape(count, *tolerance.shape)


def close_gaps(mask: Mask, gap: int = _GAP) -> Mask:
    """Close gaps up to ``gap`` pixels wide, which usually lie within one thing."""
    return cast("Mask", cv2.morphologyEx(mask, cv2.MORPH_CLOSE, square_kernel(gap))) if cv2.countNonZero(mask) else mask


def connected_parts(mask: Mask) -> Iterator[tuple[PixelBox, Mask]]:
    """Yield the connected parts of a mask that are larger than noise: the bounding box, and the mask inside it."""
    if not cv2.countNonZero(mask):
        return
    least = max(_NOISE_SHARE * mask.size, _FEWEST_PIXELS)
    for outline in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
        x, y, width, height = cv2.boundingRect(outline)
        if width * height >= least:
            inside = np.zeros((height, width), np.uint8)
            cv2.drawContours(inside, [outline], 0, 255, -1, offset=(-x, -y))
            inside &= mask[y : y + height, x : x + width]
            if cv2.countNonZero(inside) >= least:
                yield (x, y, width, height), inside


def overlap_share(mask: Mask, box: PixelBox, inside: Mask) -> float:
    """Return the share of a part that a mask marks too, 0 to 1."""
    x, y, width, height = box
    return cv2.countNonZero(mask[y : y + height, x : x + width] & inside) / max(1, cv2.countNonZero(inside))


def marked_share(mask: Mask) -> float:
    """Return the share of the picture that a mask marks, 0 to 1."""
    return float(cv2.countNonZero(mask)) / mask.size


def without_things(background: Plane, other: Plane, where: Mask, tolerance: Plane) -> Plane:
    """Return a background without the things that are missing in another picture.

    Where the two differ, one shows a thing and the other shows what is behind it.
    The picture with the stronger outline there is the one that contains the thing.

    Args:
        background: What most pictures show.
        other: Another picture of the same scene in the same light.
        where: Mask of the area to repair.
        tolerance: Levels by which the two may differ without a change.
    """
    if not cv2.countNonZero(where):
        return background
    either = close_gaps(
        mask_above(Neighbourhood.of(other).difference(Neighbourhood.of(background)), tolerance)[0] & where, _WIDE_GAP
    )
    background = background.copy()
    for box, inside in connected_parts(either):
        if outline_ratio(background, other, box, inside) > OUTLINE_RATIO and not is_light_change(
            background, other, box, inside
        ):
            copy_part(background, other, box, inside)
    return background


def copy_part(background: Plane, other: Plane, box: PixelBox, inside: Mask) -> None:
    """Copy a part, and a rim around it, from another picture into the background."""
    view, shape = _crop_with_margin(background, box, inside, 4)
    cut = cast("Mask", cv2.dilate(shape, square_kernel(7))) > 0
    background[view][cut] = other[view][cut]


def outline_ratio(picture: Plane, other: Plane, box: PixelBox, inside: Mask) -> float:
    """Return how many times stronger the outline of a part is in one picture than in another."""
    view, shape = _crop_with_margin(picture, box, inside, 3)
    ring = cast("Mask", cv2.morphologyEx(shape, cv2.MORPH_GRADIENT, square_kernel(5)))
    return (cv2.mean(_edges(picture[view]), ring)[0] + 1) / (cv2.mean(_edges(other[view]), ring)[0] + 1)


def is_light_change(one: Plane, other: Plane, box: PixelBox, inside: Mask) -> bool:
    """Check whether only the light changed in a part: then its edges are in the same places in both pictures."""
    view, shape = _crop_with_margin(one, box, inside, 3)
    near = cast("Mask", cv2.dilate(shape, square_kernel(5))) > 0
    a, b = (_centred(_edges(picture[view])[near]) for picture in (one, other))
    return float(np.vdot(a, b)) > _SAME_EDGES * float(np.sqrt(np.vdot(a, a) * np.vdot(b, b)) + 1)


def _crop_with_margin(picture: Plane, box: PixelBox, inside: Mask, margin: int) -> tuple[tuple[slice, slice], Mask]:
    """Return the slices of a part with a margin, clipped to the picture, and the mask of the part within them."""
    x, y, width, height = box
    top, left = max(0, y - margin), max(0, x - margin)
    view = slice(top, y + height + margin), slice(left, x + width + margin)
    shape = np.zeros(picture[view].shape, np.uint8)
    shape[y - top : y - top + height, x - left : x - left + width] = inside
    return view, shape


def _centred(values: Plane) -> npt.NDArray[np.float32]:
    return values.astype(np.float32) - np.float32(values.mean())


def _edges(picture: Plane) -> Plane:
    return cast("Plane", cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, square_kernel(3)))
