"""Parts of masks, linked over a clip's frames into regions that have a path."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2

from rxvlm.models.vision.change import Box, Mask, overlap, parts
from rxvlm.picture import Image

State = Literal["moved", "stood", "showed"]

STEP = 0.06  # of the picture's side: who comes less far than this has not moved
_REACH = 0.6  # of the picture's side, a second: the fastest that is still followed
_NEAR = 0.25  # of the picture's side: what may be crossed between two frames however close in time
_HUE = 80.0  # levels that part the colours of two things
_FRAMES = 2  # after so many frames without it, a region is gone
_STIR = 0.15  # of a region, in its liveliest moment: what never changed that fast is light that goes
_SURE = 3  # frames in which the same is seen are no accident
_SPECK = 0.004  # of the picture: what is smaller, and seen once or at rest, is no region
_REST = 0.04  # of the picture's side: a thing at rest trembles less


@dataclass(frozen=True, slots=True)
class Spot:
    """A region in one frame.

    Attributes:
        frame: The frame's index in the clip.
        time: Seconds of the source's time.
        box: x, y, width, height as shares of the picture, from the top left corner.
        area: Share of the picture that it covers, 0 to 1.
        colour: Its mean blue, green and red, 0 to 255.
        stir: The share of it that changed since the frame before, or to the next, 0 to 1.
    """

    frame: int
    time: float
    box: tuple[float, float, float, float]
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

    def away(self, other: Spot) -> float:
        """Tell how far its centre is from another's, in sides of the picture."""
        return math.dist(self.centre, other.centre)


@dataclass(frozen=True, slots=True)
class Region:
    """What is taken for one thing, over the frames of a clip.

    Attributes:
        spots: Where it was, in order of time, at least one.
        first: Whether the shot began with it.
        last: Whether the shot ended with it.
        aspect: Height by width in pixels where it was largest.
    """

    spots: tuple[Spot, ...]
    first: bool
    last: bool
    aspect: float

    @property
    def area(self) -> float:
        """The largest share of the picture that it covered."""
        return max(spot.area for spot in self.spots)

    @property
    def state(self) -> State:
        """Whether it moved, stood, or was seen too briefly to tell."""
        if max(spot.away(self.spots[0]) for spot in self.spots) >= STEP:
            return "moved"
        return "stood" if len(self.spots) >= _SURE or (self.first and self.last) else "showed"

    @property
    def stayed(self) -> bool:
        """Whether it was there from the first to the last, without moving."""
        return self.first and self.last and self.state == "stood"

    @property
    def parked(self) -> bool:
        """Whether it ended at rest, long enough to belong to the scene from now on."""
        return self.last and self.spots[-1].frame - self.rests()[1].frame >= _SURE - 1

    def rests(self) -> tuple[Spot, Spot]:
        """Give the last spot of its rest at the beginning, and the first of its rest at the end."""
        begin, end = self.spots[0], self.spots[-1]
        leaves = next((at for at, spot in enumerate(self.spots) if spot.away(begin) > _REST), len(self.spots))
        comes = next((at for at, spot in enumerate(reversed(self.spots)) if spot.away(end) > _REST), len(self.spots))
        return self.spots[leaves - 1], self.spots[len(self.spots) - comes]


def regions(
    pictures: Sequence[Image], masks: Sequence[Mask], stirs: Sequence[Mask], times: Sequence[float], offset: int = 0
) -> list[Region]:
    """Link the parts of one shot's masks into regions, the largest first.

    A part goes on with whatever part of the last frames is closest to it in place,
    size and colour; frames lie a second and more apart, so none is followed for sure.

    Args:
        pictures: BGR ``uint8`` (height, width, 3), one for each mask.
        masks: What stands out against the scene.
        stirs: What is different in the picture before, or in the next, one for each mask.
        times: Seconds of the source's time, one for each mask.
        offset: The index in the clip of the first.
    """
    paths: list[list[Spot]] = []
    for frame, (picture, mask, stir, time) in enumerate(zip(pictures, masks, stirs, times, strict=True), offset):
        _extend(paths, [_spot(picture, stir, part, (frame, time)) for part in parts(mask)], frame)
    height, width = masks[0].shape
    last = offset + len(masks) - 1
    found = (_region(path, offset, last, height / width) for path in paths)
    return sorted((region for region in found if _counts(region)), key=lambda region: -region.area)


def _spot(picture: Image, stir: Mask, part: tuple[Box, Mask], when: tuple[int, float]) -> Spot:
    (x, y, width, height), inside = part
    rows, columns = stir.shape
    view = slice(y, y + height), slice(x, x + width)
    blue, green, red, _ = cv2.mean(picture[view], inside)
    box = round(x / columns, 4), round(y / rows, 4), round(width / columns, 4), round(height / rows, 4)
    return Spot(*when, box, cv2.countNonZero(inside) / stir.size, (blue, green, red), overlap(stir, *part))


def _extend(paths: list[list[Spot]], spots: Sequence[Spot], frame: int) -> None:
    """Append each spot to the path that it fits best, the best fits first; others begin a path."""
    live = [path for path in paths if path[-1].frame >= frame - _FRAMES]
    fits = sorted(
        (cost, one, two)
        for one, path in enumerate(live)
        for two, spot in enumerate(spots)
        if (cost := _misfit(path[-1], spot)) < 1
    )
    taken: set[int] = set()
    extended: set[int] = set()
    for _, one, two in fits:
        if one not in extended and two not in taken:
            live[one].append(spots[two])
            extended.add(one)
            taken.add(two)
    paths += [[spot] for two, spot in enumerate(spots) if two not in taken]


def _misfit(before: Spot, after: Spot) -> float:
    """Give how unlike two spots are, 1 and more for two that cannot be one thing."""
    if before.away(after) > STEP and min(before.stir, after.stir) < _STIR:
        return math.inf
    far = before.away(after) / max(_NEAR, _REACH * (after.time - before.time))
    hue = math.dist(before.colour, after.colour) / _HUE
    size = abs(math.log(after.area / before.area))
    return math.inf if far > 1 else far / 2 + hue / 4 + size / 6


def _region(path: Sequence[Spot], first: int, last: int, aspect: float) -> Region:
    _, _, width, height = max(path, key=lambda spot: spot.area).box
    shape = height / width * aspect
    return Region(tuple(path), path[0].frame == first, path[-1].frame == last, shape)


def _counts(region: Region) -> bool:
    if max(spot.stir for spot in region.spots) < _STIR:
        return False
    return region.area >= _SPECK or (region.state == "moved" and len(region.spots) >= _SURE)
