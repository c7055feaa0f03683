"""Spots: the parts of one frame that stand out against the background."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2

from rxvlm.models.vision.change import Mask, PixelBox, connected_parts
from rxvlm.models.vision.small import SmallPicture

RelativeBox: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height as shares of the picture, from the top left corner."""

_APART = 0.25  # of its own length: a small piece that is closer than this to a large one belongs to it
_PIECE = 3  # a piece this many times smaller than another is small


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a region is in one frame.

    Attributes:
        frame: Index of the frame in the clip.
        time: Seconds of the source's time.
        box: x, y, width, height as shares of the picture, from the top left corner.
        area: Share of the picture that it covers, 0 to 1.
        colour: Its mean luma, Cb and Cr, each 0 to 255.
        activity: The share of it that changed since the frame before, or until the next, 0 to 1.
    """

    frame: int
    time: float
    box: RelativeBox
    area: float
    colour: tuple[float, float, float]
    activity: float

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the box, (x, y) as shares of the picture."""
        x, y, width, height = self.box
        return x + width / 2, y + height / 2

    def pixels(self, shape: tuple[int, ...]) -> PixelBox:
        """Return the box in pixels of a picture of shape (height, width)."""
        x, y, width, height = (round(at * side) for at, side in zip(self.box, (shape[1], shape[0]) * 2, strict=True))
        return x, y, width, height

    def overlaps(self, place: RelativeBox) -> bool:
        """Check whether the box and another overlap by more than half of the smaller one."""
        across, down = (
            min(self.box[axis] + self.box[axis + 2], place[axis] + place[axis + 2]) - max(self.box[axis], place[axis])
            for axis in (0, 1)
        )
        smaller = min(self.box[2] * self.box[3], place[2] * place[3])
        return min(across, down) > 0 and 2 * across * down > smaller

    def distance_to(self, other: Spot) -> float:
        """Return the distance between the centres of two spots, in sides of the picture."""
        return math.dist(self.centre, other.centre)


def find_spots(picture: SmallPicture, mask: Mask, changes: tuple[Mask, Mask], when: tuple[int, float]) -> list[Spot]:
    """Return the spots that a mask marks in a picture; small pieces close to a large one are merged into it.

    Args:
        picture: The picture.
        mask: What stands out in it.
        changes: Masks of what changed before the picture, and after it.
        when: Its index in the clip, and its seconds of the source's time.
    """
    found: list[Spot] = []
    for spot in sorted(
        (_spot(picture, changes, part, when) for part in connected_parts(mask)), key=lambda spot: -spot.area
    ):
        at = next((at for at, other in enumerate(found) if _belongs_to(spot, other)), None)
        if at is None:
            found.append(spot)
        else:
            found[at] = _merged(found[at], spot)
    return found


def _spot(
    picture: SmallPicture, changes: tuple[Mask, Mask], part: tuple[PixelBox, Mask], when: tuple[int, float]
) -> Spot:
    (x, y, width, height), inside = part
    view = slice(y, y + height), slice(x, x + width)
    half = slice(y // 2, (y + height) // 2 + 1), slice(x // 2, (x + width) // 2 + 1)
    colour = cv2.mean(picture.luma[view], inside)[0], cv2.mean(picture.blue[half])[0], cv2.mean(picture.red[half])[0]
    area = cv2.countNonZero(inside)
    activity = cv2.countNonZero((changes[0][view] | changes[1][view]) & inside) / area
    rows, columns = changes[0].shape
    box = round(x / columns, 4), round(y / rows, 4), round(width / columns, 4), round(height / rows, 4)
    return Spot(*when, box, area / changes[0].size, colour, activity)


def _belongs_to(small: Spot, large: Spot) -> bool:
    gap = max(
        max(small.box[axis], large.box[axis])
        - min(small.box[axis] + small.box[axis + 2], large.box[axis] + large.box[axis + 2])
        for axis in (0, 1)
    )
    return small.area * _PIECE < large.area and gap < _APART * max(small.box[2:])


def _merged(one: Spot, other: Spot) -> Spot:
    left, top = (min(one.box[axis], other.box[axis]) for axis in (0, 1))
    right, bottom = (max(spot.box[axis] + spot.box[axis + 2] for spot in (one, other)) for axis in (0, 1))
    area = one.area + other.area
    activity = (one.activity * one.area + other.activity * other.area) / area
    return replace(one, box=(left, top, right - left, bottom - top), area=area, activity=activity)
