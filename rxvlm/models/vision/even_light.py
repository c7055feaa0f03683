"""The pictures of one scene as if its light stood still: exposure evened out, and what changes gradually taken away."""

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
"""By how many levels each pixel differs, in each picture: ``int16`` of shape (pictures, height, width)."""

_Number = TypeVar("_Number", np.uint8, np.int16)

_CONTRAST = 16  # levels that a difference needs, of 255
_NOISES = 4  # and this many times what pictures differ by everywhere
_DRIFT = 10  # levels in all: less is no light that goes
_BETWEEN = 8  # times nearer to the one than to the other: it is the same as that
_ONE_WAY = 0.5  # of all the way that a light goes: what goes to and fro more is leaves
_AT_ONCE = 0.4  # of its way, at most, from one picture to the next: what comes or goes is quicker
_ENOUGH = 4  # pictures, to tell light that goes from things that come
_LOOKS = 15  # pictures of a long clip by which its scene and its light are judged
_GRID = 8  # one pixel of so many, each way, is enough to judge noise


@dataclass(frozen=True, slots=True, eq=False)
class Steady:
    """The pictures of one scene under one light.

    Attributes:
        pictures: Their luma.
        slack: Levels by which two of them may differ where nothing happened.
        exposure: The first picture, as it was but for the exposure, tiny.
        shifts: What was added to each look for a light that changed gradually; None, if it did not.
    """

    pictures: Planes
    slack: Plane
    exposure: Plane
    shifts: Levels | None

    def at_end(self, luma: Plane) -> Plane:
        """Give a picture in this one light as it would be in the light of the last picture."""
        return luma if self.shifts is None else _shifted(luma, -self.shifts[-1])

    def from_before(self, lumas: Sequence[Plane]) -> list[Plane]:
        """Give pictures from just before the first in this one light; the last of them as it was seen then."""
        (fit,) = light.exposures(light.tiny(lumas[-1])[None], self.exposure)
        even = [light.exposed(luma, *fit) for luma in lumas]
        if self.shifts is None:
            return even
        shift = 2 * self.shifts[0] - self.shifts[1]  # the light went on as it did since
        return [_shifted(luma, shift) for luma in even]


def steadied(lumas: Planes, tinies: Planes) -> Steady:
    """Take the changes of light out of pictures, as far as they can be told from what happens.

    A camera that stops down changes the whole picture. Dusk, and the lamps that it lights, change each
    place in its own way, but over several pictures; what comes or goes changes it at once.

    Args:
        lumas: Of one scene.
        tinies: The same, as `rxvlm.models.vision.light.tiny` gives them.
    """
    fits = light.exposures(tinies, median(_odd(_looks(tinies))))
    even = lumas
    if any(fit != (1, 0) for fit in fits):
        even = np.array([light.exposed(luma, *fit) for luma, fit in zip(lumas, fits, strict=True)])
    exposure = light.tiny(even[0])
    shifts = _shifts(_looks(even))
    slack = np.full(even.shape[1:], min(255, max(_CONTRAST, _NOISES * _noise(even))), np.uint8)
    if shifts is not None:
        at = np.arange(len(even)) * len(shifts) // len(even)
        even = _shifted(even, shifts if len(shifts) == len(even) else shifts[at])
        slack = _shifted(slack, np.abs(np.diff(shifts, axis=0)).max(axis=0))
    return Steady(even, slack, exposure, shifts)


def background(pictures: Planes) -> Plane:
    """Give what is mostly seen: of an odd number of pictures, as half of one thing and half of another is neither."""
    return median(_odd(_looks(pictures)))


def median(planes: Sequence[npt.NDArray[_Number]]) -> npt.NDArray[_Number]:
    """Give the per-pixel median, of an even number the lower of the two in the middle.

    Args:
        planes: All of one shape, at least one.
    """
    ranks = list(planes)
    for turn in range(len(ranks)):  # odd-even sort: 20 times faster than numpy's median
        for at in range(turn % 2, len(ranks) - 1, 2):
            low, high = np.minimum(ranks[at], ranks[at + 1]), np.maximum(ranks[at], ranks[at + 1])
            ranks[at], ranks[at + 1] = low, high
    return ranks[(len(ranks) - 1) // 2]


def _shifts(pictures: Planes) -> Levels | None:
    """Give what is to be added to each picture for the light of the one in the middle; None, if light stood still."""
    if len(pictures) < _ENOUGH:
        return None
    rows, columns = pictures.shape[1:]
    half = max(1, columns // 2), max(1, rows // 2)
    coarse = np.array([cast("Plane", cv2.resize(picture, half, interpolation=cv2.INTER_AREA)) for picture in pictures])
    if not _drifting(coarse).any():
        return None
    sums, went = _drift(coarse.astype(np.int16))
    if not went.any():
        return None
    shifts = (sums[len(sums) // 2] - sums) * went
    return np.array([cast("Levels", cv2.resize(shift, (columns, rows))) for shift in shifts])


def _drifting(pictures: Planes) -> npt.NDArray[np.bool_]:
    """Mark where light may go: before the last, a picture is seen that is neither like the first nor like the last."""
    first, last, third = pictures[0], pictures[-1], len(pictures) // 3
    between = [np.minimum(_apart(one, first), _apart(one, last)) for one in (pictures[third], pictures[-1 - third])]
    far = _apart(first, last)
    return (far >= _DRIFT) & (np.maximum(*between) > far // _BETWEEN)


def _apart(one: Plane, other: Plane) -> Plane:
    return cast("Plane", cv2.absdiff(one, other))


def _drift(pictures: Levels) -> tuple[Levels, npt.NDArray[np.bool_]]:
    """Give how far the light of each place has gone since the first picture, and where it went at all.

    A change is believed to be light as far as the change before or the one after it goes the same way.
    """
    changes = np.diff(pictures, axis=0, prepend=pictures[:1], append=pictures[-1:])
    rates = median([changes[:-2], changes[1:-1], changes[2:]])
    sizes = np.abs(rates)
    sums = np.array(list(accumulate(rates, np.add, initial=np.zeros_like(rates[0]))))
    far, way = np.abs(sums[-1]), np.add.reduce(sizes, axis=0, dtype=np.int16)
    went = (far >= _DRIFT) & (far >= _ONE_WAY * way) & (sizes.max(axis=0) <= _AT_ONCE * far)
    return sums, went


def _shifted(luma: Plane, levels: npt.NDArray[np.int16]) -> Plane:
    flat = cv2.add(luma.reshape(-1, luma.shape[-1]), levels.reshape(-1, luma.shape[-1]), dtype=cv2.CV_8U)
    return cast("Plane", flat.reshape(luma.shape))


def _noise(pictures: Planes) -> float:
    """Give the levels by which most of a picture differs from the one before."""
    grid = _looks(pictures)[:, ::_GRID, ::_GRID].astype(np.int16)
    steps = np.abs(np.diff(grid, axis=0)).ravel()
    return float(np.partition(steps, steps.size // 2)[steps.size // 2]) if steps.size else 0.0


def _looks(pictures: Planes) -> Planes:
    """Take 15 at most, evenly spread."""
    return pictures[:: 1 + (len(pictures) - 1) // _LOOKS]


def _odd(pictures: Planes) -> list[Plane]:
    """Drop one of an even number, in the middle."""
    middle = len(pictures) // 2
    return [picture for at, picture in enumerate(pictures) if len(pictures) % 2 or at != middle]
