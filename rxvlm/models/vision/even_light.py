"""Remove changes of light from the pictures of one scene: different exposures, and gradual changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

from rxvlm.models.vision import light
from rxvlm.models.vision.small import Plane, Planes

Levels: TypeAlias = npt.NDArray[np.int16]
"""Differences in levels, for each pixel of each picture: ``int16`` of shape (pictures, height, width)."""

_Number = TypeVar("_Number", np.uint8, np.int16)

_CONTRAST = 16  # levels of 255: a smaller difference is no change
_NOISES = 4  # a difference below this many times the noise is no change
_DRIFT = 10  # levels in all: a smaller change is not a gradual change of light
_BETWEEN = 8  # a picture this many times nearer to one end than to the other shows the same as that end
_ONE_WAY = 0.5  # of the sum of all steps: a pixel that ends nearer to where it began shows moving leaves
_AT_ONCE = 0.4  # of the whole change: a larger step between two pictures is a thing that came or went
_ENOUGH = 4  # pictures needed to distinguish a gradual change of light from a thing that came
_MOST = 15  # pictures that are used of a long clip to find its background and its light
_GRID = 8  # noise is measured at one pixel in this many, across and down


@dataclass(frozen=True, slots=True, eq=False)
class EvenedPictures:
    """The pictures of one scene under one light.

    Attributes:
        pictures: Luma of the pictures, with the changes of light removed.
        tolerance: Levels by which two pictures may differ where nothing happened.
        exposure: Thumbnail of the first picture, corrected for exposure only.
        shifts: Levels added to remove a gradual change of light; None if there was none.
    """

    pictures: Planes
    tolerance: Plane
    exposure: Plane
    shifts: Levels | None

    def in_last_light(self, luma: Plane) -> Plane:
        """Return a picture as it would look in the light of the last picture."""
        return luma if self.shifts is None else _add_levels(luma, -self.shifts[-1])

    def from_previous_clip(self, lumas: Sequence[Plane]) -> list[Plane]:
        """Return pictures from just before the first one in the common light.

        The last of ``lumas`` must have the camera's own exposure: it is used to fit the exposure.
        """
        (fit,) = light.fit_exposures(light.thumbnail(lumas[-1])[None], self.exposure)
        even = [light.apply_exposure(luma, *fit) for luma in lumas]
        if self.shifts is None:
            return even
        shift = 2 * self.shifts[0] - self.shifts[1]  # assume that the light changed before at the same rate
        return [_add_levels(luma, shift) for luma in even]


def even_light(lumas: Planes, thumbnails: Planes) -> EvenedPictures:
    """Remove changes of light from pictures if they can be distinguished from things that come and go.

    A camera that changes its exposure changes the whole picture. Dusk and street lamps change each place
    differently, but slowly, over several pictures. A thing that comes or goes changes its place at once.

    Args:
        lumas: Luma of pictures of one scene.
        thumbnails: The same pictures, from `rxvlm.models.vision.light.thumbnail`.
    """
    fits = light.fit_exposures(thumbnails, median(_odd_number(_some(thumbnails))))
    even = lumas
    if any(fit != (1, 0) for fit in fits):
        even = np.array([light.apply_exposure(luma, *fit) for luma, fit in zip(lumas, fits, strict=True)])
    exposure = light.thumbnail(even[0])
    shifts = _find_shifts(_some(even))
    tolerance = np.full(even.shape[1:], min(255, max(_CONTRAST, _NOISES * _noise(even))), np.uint8)
    if shifts is not None:
        at = np.arange(len(even)) * len(shifts) // len(even)
        even = _add_levels(even, shifts if len(shifts) == len(even) else shifts[at])
        tolerance = _add_levels(tolerance, np.abs(np.diff(shifts, axis=0)).max(axis=0))
    return EvenedPictures(even, tolerance, exposure, shifts)


def median_picture(pictures: Planes) -> Plane:
    """Return the median of the pictures: what most of them show.

    Their number is made odd, since the median of an even number could mix two different views.
    """
    return median(_odd_number(_some(pictures)))


def median(planes: Sequence[npt.NDArray[_Number]]) -> npt.NDArray[_Number]:
    """Return the per-pixel median; of an even number of planes, the lower of the two in the middle.

    Args:
        planes: At least one, all of one shape.
    """
    ranks = list(planes)
    for turn in range(len(ranks)):  # odd-even sort: 20 times faster than numpy's median
        for at in range(turn % 2, len(ranks) - 1, 2):
            low, high = np.minimum(ranks[at], ranks[at + 1]), np.maximum(ranks[at], ranks[at + 1])
            ranks[at], ranks[at + 1] = low, high
    return ranks[(len(ranks) - 1) // 2]


def _find_shifts(pictures: Planes) -> Levels | None:
    """Return the levels that bring each picture to the light of the middle one; None if the light did not change."""
    if len(pictures) < _ENOUGH:
        return None
    rows, columns = pictures.shape[1:]
    half = max(1, columns // 2), max(1, rows // 2)
    coarse = np.array([cast("Plane", cv2.resize(picture, half, interpolation=cv2.INTER_AREA)) for picture in pictures])
    if not _may_drift(coarse).any():
        return None
    sums, went = _find_drift(coarse.astype(np.int16))
    if not went.any():
        return None
    shifts = (sums[len(sums) // 2] - sums) * went
    return np.array([cast("Levels", cv2.resize(shift, (columns, rows))) for shift in shifts])


def _may_drift(pictures: Planes) -> npt.NDArray[np.bool_]:
    """Mark where the light may change gradually: a picture in between is like neither the first nor the last."""
    first, last, third = pictures[0], pictures[-1], len(pictures) // 3
    between = [
        np.minimum(_difference(one, first), _difference(one, last)) for one in (pictures[third], pictures[-1 - third])
    ]
    far = _difference(first, last)
    return (far >= _DRIFT) & (np.maximum(*between) > far // _BETWEEN)


def _difference(one: Plane, other: Plane) -> Plane:
    return cast("Plane", cv2.absdiff(one, other))


def _find_drift(pictures: Levels) -> tuple[Levels, npt.NDArray[np.bool_]]:
    """Return the gradual change of light at each pixel since the first picture, and a mask of where there is one.

    Only a step that is confirmed by the step before or after it counts as a change of light.
    """
    changes = np.diff(pictures, axis=0, prepend=pictures[:1], append=pictures[-1:])
    rates = median([changes[:-2], changes[1:-1], changes[2:]])
    sizes = np.abs(rates)
    sums = np.array(list(accumulate(rates, np.add, initial=np.zeros_like(rates[0]))))
    far, way = np.abs(sums[-1]), np.add.reduce(sizes, axis=0, dtype=np.int16)
    went = (far >= _DRIFT) & (far >= _ONE_WAY * way) & (sizes.max(axis=0) <= _AT_ONCE * far)
    return sums, went


def _add_levels(luma: Plane, levels: npt.NDArray[np.int16]) -> Plane:
    flat = cv2.add(luma.reshape(-1, luma.shape[-1]), levels.reshape(-1, luma.shape[-1]), dtype=cv2.CV_8U)
    return cast("Plane", flat.reshape(luma.shape))


def _noise(pictures: Planes) -> float:
    """Return the median difference in levels between neighbouring pictures."""
    grid = _some(pictures)[:, ::_GRID, ::_GRID].astype(np.int16)
    steps = np.abs(np.diff(grid, axis=0)).ravel()
    return float(np.partition(steps, steps.size // 2)[steps.size // 2]) if steps.size else 0.0


def _some(pictures: Planes) -> Planes:
    """Return at most `_MOST` of the pictures, evenly spread."""
    return pictures[:: 1 + (len(pictures) - 1) // _MOST]


def _odd_number(pictures: Planes) -> list[Plane]:
    """Return the pictures without the middle one if their number is even."""
    middle = len(pictures) // 2
    return [picture for at, picture in enumerate(pictures) if len(pictures) % 2 or at != middle]
