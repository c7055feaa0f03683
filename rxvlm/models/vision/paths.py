"""Regions: parts of masks, linked over the frames of a clip into paths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rxvlm.models.vision.change import Mask, Masks
from rxvlm.models.vision.small import SmallPicture
from rxvlm.models.vision.spots import Spot, find_spots

State = Literal["moved", "stood", "showed"]

LEAST_TRAVEL = 0.06  # of the picture's side: a region that comes less far has not moved
_SHORTEST = 0.015  # of the picture's side: the least for a small region, which must move half its own length
_REACH = 0.6  # sides of the picture per second: anything faster is not followed
_NEAR = 0.25  # of the picture's side: may be crossed between two frames, however close in time
_LENGTHS = 3.0  # lengths of the region per second: anything faster is not followed
_GROWTH = math.log(20)  # logarithm of the area's ratio above which it is another thing
_HUE = 60.0  # levels: with a larger difference of colour it is another thing
_FRAMES = 2  # after this many frames without a spot, a path has ended
_STIR = 0.2  # of a region that changed at once: a region that never reached it is a gradual change of light
_SURE = 3  # frames: a region that is found in as many is no accident
_RESTED = 0.8  # of the frames: a small region that rests in more is not believed
_SPECK = 0.003  # of the picture: a smaller region is believed only if it moves


@dataclass(frozen=True, slots=True)
class Region:
    """A thing, followed over the frames of a clip; two similar things may be confused.

    Attributes:
        spots: Where it was in each frame, in order of time, at least one.
        first: Whether it is in the first frame of the shot.
        last: Whether it is in the last frame of the shot.
        aspect: Its height divided by its width, in pixels, in the frame where it was largest.
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
    def least_travel(self) -> float:
        """Distance in sides of the picture from which it counts as moved; less for a small, distant thing."""
        length = max(max(spot.box[2:]) for spot in self.spots)
        return min(LEAST_TRAVEL, max(_SHORTEST, length / 2))

    @property
    def state(self) -> State:
        """``moved``, ``stood``, or ``showed`` if it was seen too briefly to decide."""
        if max(spot.distance_to(self.spots[0]) for spot in self.spots) >= self.least_travel:
            return "moved"
        return "stood" if len(self.spots) >= _SURE or (self.first and self.last) else "showed"

    @property
    def stayed(self) -> bool:
        """Whether it stood still from the first to the last frame of the shot."""
        return self.first and self.last and self.state == "stood"

    @property
    def parked(self) -> bool:
        """Whether it rested at the end for long enough to belong to the background from now on."""
        return self.last and self.spots[-1].frame - self.resting_spots()[1].frame >= _SURE - 1

    def resting_spots(self) -> tuple[Spot, Spot]:
        """Return the last spot of its rest at the beginning, and the first spot of its rest at the end."""
        begin, end, still = self.spots[0], self.spots[-1], self.least_travel * 2 / 3
        leaves = next((at for at, spot in enumerate(self.spots) if spot.distance_to(begin) > still), len(self.spots))
        comes = next(
            (at for at, spot in enumerate(reversed(self.spots)) if spot.distance_to(end) > still), len(self.spots)
        )
        return self.spots[leaves - 1], self.spots[len(self.spots) - comes]


def find_regions(
    pictures: Sequence[SmallPicture], masks: Masks, changes: Sequence[Mask], times: Sequence[float], offset: int = 0
) -> list[Region]:
    """Link the parts of one shot's masks into regions, the largest first.

    A part continues the path whose end is closest to it in place, size and colour.
    Frames lie a second or more apart, so a path is a likely one, not a certain one.

    Args:
        pictures: One for each mask.
        masks: What stands out against the background.
        changes: What changed before each picture, and after the last one.
        times: Seconds of the source's time, one for each mask.
        offset: Index in the clip of the first picture.
    """
    paths: list[list[Spot]] = []
    seen = zip(pictures, masks, pairwise(changes), times, strict=True)
    for frame, (picture, mask, around, time) in enumerate(seen, offset):
        _extend(paths, find_spots(picture, mask, around, (frame, time)), frame)
    height, width = masks[0].shape
    last = offset + len(masks) - 1
    found = (_region(path, offset, last, height / width) for path in paths)
    return sorted((region for region in found if _is_credible(region)), key=lambda region: -region.area)


def _extend(paths: list[list[Spot]], spots: Sequence[Spot], frame: int) -> None:
    """Append each spot to the path that it fits best, the best fits first; the other spots begin new paths."""
    live = [path for path in paths if path[-1].frame >= frame - _FRAMES]
    fits = sorted(
        (cost, one, two)
        for one, path in enumerate(live)
        for two, spot in enumerate(spots)
        if (cost := _mismatch(path, spot)) < 1
    )
    taken: set[int] = set()
    extended: set[int] = set()
    for _, one, two in fits:
        if one not in extended and two not in taken:
            live[one].append(spots[two])
            extended.add(one)
            taken.add(two)
    paths += [[spot] for two, spot in enumerate(spots) if two not in taken]


def _mismatch(path: Sequence[Spot], after: Spot) -> float:
    """Return how badly a spot fits the end of a path; 1 or more if they cannot be the same thing."""
    before = path[-1]
    if (
        before.distance_to(after) > LEAST_TRAVEL
        and min(before.activity, after.activity) < _STIR
        and not before.overlaps(after.box)
    ):
        return math.inf
    gap, length = after.time - before.time, max(*before.box[2:], *after.box[2:])
    reach = min(max(_NEAR, _REACH * gap), LEAST_TRAVEL + _LENGTHS * length * max(1.0, gap))
    far = before.distance_to(after) / reach
    hue = math.dist(before.colour, after.colour) / _HUE
    size = abs(math.log(after.area / before.area))
    lost = _distance_from_prediction(path, after) / reach
    return math.inf if far > 1 or size > _GROWTH else far / 4 + lost * 3 / 4 + hue / 2 + size / 20


def _distance_from_prediction(path: Sequence[Spot], after: Spot) -> float:
    """Return the distance of a spot from where the path would be at that time."""
    end = path[-1]
    if len(path) == 1:
        return end.distance_to(after)
    begin = path[-2]
    part = (after.time - end.time) / max(end.time - begin.time, 1e-6)
    ahead = [e + (e - b) * part for b, e in zip(begin.centre, end.centre, strict=True)]
    return math.dist(ahead, after.centre)


def _region(path: Sequence[Spot], first: int, last: int, aspect: float) -> Region:
    _, _, width, height = max(path, key=lambda spot: spot.area).box
    shape = height / width * aspect
    return Region(tuple(path), path[0].frame == first, path[-1].frame == last, shape)


def _is_credible(region: Region) -> bool:
    """Check whether a region is believed to be a thing.

    It is if it is large and changed quickly, or if it is small, but moved over several frames and ended elsewhere.
    """
    begin, end = region.spots[0], region.spots[-1]
    if region.area >= _SPECK and max(spot.activity for spot in region.spots) >= _STIR:
        return True
    leaves, comes = region.resting_spots()
    rested = leaves.frame - begin.frame + end.frame - comes.frame
    on_its_way = len(region.spots) >= _SURE and rested <= _RESTED * (end.frame - begin.frame)
    return on_its_way and begin.distance_to(end) >= region.least_travel
