"""Parts of masks, linked over a clip's frames into regions that have a path."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rxvlm.models.vision.change import Mask, Masks
from rxvlm.models.vision.small import Small
from rxvlm.models.vision.spots import Spot, spots_of

State = Literal["moved", "stood", "showed"]

STEP = 0.06  # of the picture's side: who comes less far than this has not moved
_SHORTEST = 0.015  # the same of what is small: half its own length, but no less
_REACH = 0.6  # of the picture's side, a second: the fastest that is still followed
_NEAR = 0.25  # of the picture's side: what may be crossed between two frames however close in time
_LENGTHS = 3.0  # of itself, a second, the same
_GROWTH = math.log(20)  # times: what is so much larger or smaller is another
_HUE = 60.0  # levels that part the colours of two things
_FRAMES = 2  # after so many frames without it, a region is gone
_STIR = 0.2  # of a region, in its liveliest moment: what never changed that fast is light that goes
_SURE = 3  # frames in which the same is seen are no accident
_RESTED = 0.8  # of the frames, at most, in which what is small stands still
_SPECK = 0.003  # of the picture: what is smaller, and seen once or at rest, is no region


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
    def step(self) -> float:
        """How far it must come, in sides of the picture, to have moved: what is small or far off comes less far."""
        length = max(max(spot.box[2:]) for spot in self.spots)
        return min(STEP, max(_SHORTEST, length / 2))

    @property
    def state(self) -> State:
        """Whether it moved, stood, or was seen too briefly to tell."""
        if max(spot.away(self.spots[0]) for spot in self.spots) >= self.step:
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
        begin, end, still = self.spots[0], self.spots[-1], self.step * 2 / 3
        leaves = next((at for at, spot in enumerate(self.spots) if spot.away(begin) > still), len(self.spots))
        comes = next((at for at, spot in enumerate(reversed(self.spots)) if spot.away(end) > still), len(self.spots))
        return self.spots[leaves - 1], self.spots[len(self.spots) - comes]


def regions(
    pictures: Sequence[Small], masks: Masks, changes: Sequence[Mask], times: Sequence[float], offset: int = 0
) -> list[Region]:
    """Link the parts of one shot's masks into regions, the largest first.

    A part goes on with whatever part of the last frames is closest to it in place,
    size and colour; frames lie a second and more apart, so none is followed for sure.

    Args:
        pictures: One for each mask.
        masks: What stands out against the scene.
        changes: What changed before each picture, and after the last.
        times: Seconds of the source's time, one for each mask.
        offset: The index in the clip of the first.
    """
    paths: list[list[Spot]] = []
    seen = zip(pictures, masks, pairwise(changes), times, strict=True)
    for frame, (picture, mask, around, time) in enumerate(seen, offset):
        _extend(paths, spots_of(picture, mask, around, (frame, time)), frame)
    height, width = masks[0].shape
    last = offset + len(masks) - 1
    found = (_region(path, offset, last, height / width) for path in paths)
    return sorted((region for region in found if _counts(region)), key=lambda region: -region.area)


def _extend(paths: list[list[Spot]], spots: Sequence[Spot], frame: int) -> None:
    """Append each spot to the path that it fits best, the best fits first; others begin a path."""
    live = [path for path in paths if path[-1].frame >= frame - _FRAMES]
    fits = sorted(
        (cost, one, two)
        for one, path in enumerate(live)
        for two, spot in enumerate(spots)
        if (cost := _misfit(path, spot)) < 1
    )
    taken: set[int] = set()
    extended: set[int] = set()
    for _, one, two in fits:
        if one not in extended and two not in taken:
            live[one].append(spots[two])
            extended.add(one)
            taken.add(two)
    paths += [[spot] for two, spot in enumerate(spots) if two not in taken]


def _misfit(path: Sequence[Spot], after: Spot) -> float:
    """Give how unlike a path's end and a spot are, 1 and more for two that cannot be one thing."""
    before = path[-1]
    if before.away(after) > STEP and min(before.stir, after.stir) < _STIR and not before.shares(after.box):
        return math.inf
    gap, length = after.time - before.time, max(*before.box[2:], *after.box[2:])
    reach = min(max(_NEAR, _REACH * gap), STEP + _LENGTHS * length * max(1.0, gap))
    far = before.away(after) / reach
    hue = math.dist(before.colour, after.colour) / _HUE
    size = abs(math.log(after.area / before.area))
    lost = _ahead(path, after) / reach
    return math.inf if far > 1 or size > _GROWTH else far / 4 + lost * 3 / 4 + hue / 2 + size / 20


def _ahead(path: Sequence[Spot], after: Spot) -> float:
    """Give how far a spot is from where a path would have come by then."""
    end = path[-1]
    if len(path) == 1:
        return end.away(after)
    begin = path[-2]
    part = (after.time - end.time) / max(end.time - begin.time, 1e-6)
    ahead = [e + (e - b) * part for b, e in zip(begin.centre, end.centre, strict=True)]
    return math.dist(ahead, after.centre)


def _region(path: Sequence[Spot], first: int, last: int, aspect: float) -> Region:
    _, _, width, height = max(path, key=lambda spot: spot.area).box
    shape = height / width * aspect
    return Region(tuple(path), path[0].frame == first, path[-1].frame == last, shape)


def _counts(region: Region) -> bool:
    """Tell what is believed: large and quick, or small but on its way in several frames, and elsewhere in the end."""
    begin, end = region.spots[0], region.spots[-1]
    if region.area >= _SPECK and max(spot.stir for spot in region.spots) >= _STIR:
        return True
    leaves, comes = region.rests()
    rested = leaves.frame - begin.frame + end.frame - comes.frame
    on_its_way = len(region.spots) >= _SURE and rested <= _RESTED * (end.frame - begin.frame)
    return on_its_way and begin.away(end) >= region.step
