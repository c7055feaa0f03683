"""A clip's pictures, scene by scene: what stands out against each, and what changes from picture to picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import cv2
import numpy as np

from rxvlm.models.vision.change import Around, Mask, Masks, above, emptied, joined, lit, overlap, parts, paste, square
from rxvlm.models.vision.memory import Memory
from rxvlm.models.vision.paths import Region, regions
from rxvlm.models.vision.small import Plane, Planes, Small
from rxvlm.models.vision.steady import Steady, background, steadied
from rxvlm.models.vision.still import stilled, trembles

_RIM = 5  # pixels across the square by which a change is widened
_STILLED = 0.7  # of what changed, at most, is left when pictures of a camera that trembled are laid over each other
_STIRRED = 0.2  # of what had come to rest: it may have gone


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A run of pictures of one scene.

    Attributes:
        steady: The pictures.
        past: What was kept of the clip before, in the light of this.
        scene: What was mostly seen, without what comes and goes, as far as that was ever seen.
        parked: Where something came to rest in earlier clips, and did not stir in this.
        masks: What stands out against the scene, for each picture.
        steps: What changed from each picture to the next, one less.
        entry: What changed from the clip before to the first picture; nothing, if there was none.
        regions: The masks' parts, linked.
        trembled: Whether the camera did, and the pictures were laid over each other.
    """

    steady: Steady
    past: Memory
    scene: Plane
    parked: Mask
    masks: Masks
    steps: Masks
    entry: Mask
    regions: tuple[Region, ...]
    trembled: bool

    @property
    def last(self) -> Plane:
        """The last picture."""
        return self.steady.pictures[-1]

    def memory(self, brightness: float) -> Memory:
        """Give what to keep for the next clip; ``brightness`` is the scene's mean light."""
        scene, parked = self.scene.copy(), self.parked.copy()
        behind = cast("Plane", cv2.copyTo(self.past.behind, widened(parked), scene.copy()))
        mask, arrived = self.masks[-1], np.zeros_like(parked)
        for region in self.regions:
            if region.last:
                x, y, width, height = box = region.spots[-1].pixels(mask.shape)
                inside = mask[y : y + height, x : x + width]
                (parked if region.parked else arrived)[y : y + height, x : x + width] |= inside
                if region.parked:
                    paste(scene, self.last, box, inside)
        at_end = self.steady.at_end
        return Memory(at_end(scene), at_end(behind), parked, at_end(self.last), arrived, brightness)


def shot_of(
    pictures: Sequence[Small],
    tinies: Planes,
    times: Sequence[float],
    offset: int = 0,
    before: Memory | None = None,
) -> Shot:
    """Look at the pictures of one scene.

    Args:
        pictures: All of one size.
        tinies: Their light, as `rxvlm.models.vision.light.tiny` gives it.
        times: Seconds of the source's time, one for each.
        offset: The index in the clip of the first.
        before: What was kept of the clip before, if it shows the same scene.
    """
    lumas = np.array([picture.luma for picture in pictures])
    seen, trembled = _compared(lumas, tinies, before), False
    if trembles(seen.changes()):
        still = _stilled(lumas, tinies, before)
        trembled = still.busy() < seen.busy() * _STILLED
        seen = still if trembled else seen
    steady, past, around, entry, steps = seen
    arrived = entry | past.arrived
    lively = widened(union(steps) | arrived)
    parked = _undisturbed(past.parked, lively)
    lively |= past.parked ^ parked
    scene = background(steady.pictures)
    masks, found = np.zeros_like(steady.pictures), list[Region]()
    if cv2.countNonZero(lively):
        scene = _scene(scene, seen, lively)
        out = above(around.off(Around.of(scene).times(len(pictures))), steady.slack)
        masks = np.array([joined(mask) for mask in out & lively])
        found = regions(pictures, masks, [arrived, *steps, np.zeros_like(entry)], times, offset)
        found = [region for region in found if not _light(region, offset, steady, scene, masks)]
    return Shot(steady, past, scene, parked, masks, steps, entry, tuple(found), trembled)


class _Compared(NamedTuple):
    """Pictures under one light, and what changed from one to the next."""

    steady: Steady
    past: Memory
    around: Around
    entry: Mask
    steps: Masks

    def changes(self) -> Masks:
        """Give all that changed."""
        return np.concatenate([self.entry[None], self.steps])

    def busy(self) -> int:
        """Count the pixels that changed, each time."""
        return cv2.countNonZero(self.changes().reshape(-1, self.entry.shape[1]))


def _stilled(lumas: Planes, tinies: Planes, before: Memory | None) -> _Compared:
    """Compare pictures laid on the one in the middle."""
    lumas = stilled(lumas)
    return _compared(lumas, tinies, before and before.laid_on(lumas[len(lumas) // 2]))


def _compared(lumas: Planes, tinies: Planes, before: Memory | None) -> _Compared:
    steady = steadied(lumas, tinies)
    past = before.under(steady) if before else Memory.none(steady)
    around, slack = Around.of(steady.pictures), steady.slack
    height = len(slack)
    entry = above(around.rows(0, height).apart(Around.of(past.last)), slack)[0]
    steps = np.zeros((0, *slack.shape), np.uint8)
    if len(lumas) > 1:
        steps = above(around.rows(height, None).apart(around.rows(0, -height)), slack)
    return _Compared(steady, past, around, entry, steps)


def _scene(mostly: Plane, seen: _Compared, lively: Mask) -> Plane:
    """Give what was mostly seen without what came and goes, where another picture shows what is behind it."""
    steady, past, around, entry, _ = seen
    came = above(around.rows(0, len(mostly)).apart(Around.of(mostly)), steady.slack)[0] | entry | past.arrived
    scene = emptied(mostly, past.scene, widened(came) & lively, steady.slack)
    scene = emptied(scene, past.behind, widened(past.parked) & lively, steady.slack)
    return emptied(scene, steady.pictures[-1], lively, steady.slack)


def union(masks: Masks) -> Mask:
    """Mark what any of the masks marks."""
    return np.bitwise_or.reduce(masks, axis=0)


def widened(mask: Mask) -> Mask:
    """Mark what a mask marks, and its rim."""
    return cast("Mask", cv2.dilate(mask, square(_RIM)))


def _undisturbed(parked: Mask, lively: Mask) -> Mask:
    """Give the parts of a mask that nothing happened to."""
    kept = np.zeros_like(parked)
    for (x, y, width, height), inside in parts(parked):
        if overlap(lively, (x, y, width, height), inside) < _STIRRED:
            kept[y : y + height, x : x + width] |= inside
    return kept


def _light(region: Region, offset: int, steady: Steady, scene: Plane, masks: Masks) -> bool:
    """Tell a light that went on or off from a thing that came or went."""
    if region.state == "moved":
        return False
    spot = max(region.spots, key=lambda spot: spot.area)
    mask = masks[spot.frame - offset]
    x, y, width, height = box = spot.pixels(mask.shape)
    return lit(steady.pictures[spot.frame - offset], scene, box, mask[y : y + height, x : x + width])
