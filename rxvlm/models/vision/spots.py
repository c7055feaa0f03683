"""Spots: what stands out in one frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2

from rxvlm.models.vision.change import Box, Mask, parts
from rxvlm.models.vision.small import Small

Place: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height as shares of the picture, from the top left corner."""

_APART = 0.25  # of its own length: a small piece that is closer to a large one belongs to it
_PIECE = 3  # times smaller is a small piece


@dataclass(frozen=True, slots=True)
class Spot:
    """A region in one frame.

    Attributes:
        frame: The frame's index in the clip.
        time: Seconds of the source's time.
        box: x, y, width, height as shares of the picture, from the top left corner.
        area: Share of the picture that it covers, 0 to 1.
        colour: Its mean luma, blue and red, each 0 to 255.
        stir: The share of it that changed since the frame before, or to the next, 0 to 1.
    """

    frame: int
    time: float
    box: Place
    area: float
    colour: tuple[float, float, float]
    stir: float

    @property
    def centre(self) -> tuple[float, float]:
        """Its box's centre, as shares of the picture."""
        x, y, width, height = self.box
        return x + width / 2, y + height / 2

    def pixels(self, shape: tuple[int, ...]) -> Box:
        """Give its box in pixels of a picture of shape (height, width)."""
        x, y, width, height = (round(at * side) for at, side in zip(self.box, (shape[1], shape[0]) * 2, strict=True))
        return x, y, width, height

    def shares(self, place: Place) -> bool:
        """Tell whether most of the smaller of its box and another lies in the other."""
        across, down = (
            min(self.box[axis] + self.box[axis + 2], place[axis] + place[axis + 2]) - max(self.box[axis], place[axis])
            for axis in (0, 1)
        )
        smaller = min(self.box[2] * self.box[3], place[2] * place[3])
        return min(across, down) > 0 and 2 * across * down > smaller

    def away(self, other: Spot) -> float:
        """Tell how far its centre is from another's, in sides of the picture."""
        return math.dist(self.centre, other.centre)


def spots_of(picture: Small, mask: Mask, changes: tuple[Mask, Mask], when: tuple[int, float]) -> list[Spot]:
    """Give what a mask marks in a picture; what is close, as a head above a coat, as one.

    Args:
        picture: The picture.
        mask: What stands out in it.
        changes: What changed before it, and after it.
        when: Its index in the clip, and seconds of the source's time.
    """
    found: list[Spot] = []
    for spot in sorted((_spot(picture, changes, part, when) for part in parts(mask)), key=lambda spot: -spot.area):
        at = next((at for at, other in enumerate(found) if _belongs(spot, other)), None)
        if at is None:
            found.append(spot)
        else:
            found[at] = _merged(found[at], spot)
    return found


def _spot(picture: Small, changes: tuple[Mask, Mask], part: tuple[Box, Mask], when: tuple[int, float]) -> Spot:
    (x, y, width, height), inside = part
    view = slice(y, y + height), slice(x, x + width)
    half = slice(y // 2, (y + height) // 2 + 1), slice(x // 2, (x + width) // 2 + 1)
    colour = cv2.mean(picture.luma[view], inside)[0], cv2.mean(picture.blue[half])[0], cv2.mean(picture.red[half])[0]
    area = cv2.countNonZero(inside)
    stir = cv2.countNonZero((changes[0][view] | changes[1][view]) & inside) / area
    rows, columns = changes[0].shape
    box = round(x / columns, 4), round(y / rows, 4), round(width / columns, 4), round(height / rows, 4)
    return Spot(*when, box, area / changes[0].size, colour, stir)


def _belongs(small: Spot, large: Spot) -> bool:
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
    stir = (one.stir * one.area + other.stir * other.area) / area
    return replace(one, box=(left, top, right - left, bottom - top), area=area, stir=stir)
