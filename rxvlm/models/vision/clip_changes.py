"""What changed since the last clip of the same camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2

from rxvlm.models.vision.change import EDGE_LEAD, Around, Mask, above, joined, lit, outlined, overlap, parts
from rxvlm.models.vision.light import Trend, trend
from rxvlm.models.vision.paths import Region
from rxvlm.models.vision.shots import Shot, union
from rxvlm.models.vision.spots import Place

_LARGE = 0.004  # of the picture: the least that is worth telling
_COVERED = 0.3  # of a part: then it is a region of this clip, and told as such


@dataclass(frozen=True, slots=True)
class Since:
    """What is different from the clip before.

    Attributes:
        scene: Whether the whole view is another; then nothing else is told.
        appeared: Regions that are new, and stood all through this clip.
        remained: The same, but they had come before the last clip ended.
        left: Where something is no longer.
        light: How the light went.
    """

    scene: bool = False
    appeared: tuple[Region, ...] = ()
    remained: tuple[Region, ...] = ()
    left: tuple[Place, ...] = ()
    light: Trend = "steady"


def since(shot: Shot, light: float) -> Since:
    """Compare a clip's first shot with what was kept of the clip before.

    Args:
        shot: Looked at with what was kept.
        light: Mean light of the scene now, 0 to 255.
    """
    stayed = [region for region in shot.regions if region.stayed and _outlined(shot, region)]
    remained = tuple(region for region in stayed if _covers(shot.past.arrived, shot, region))
    appeared = tuple(region for region in stayed if region not in remained and _covers(shot.entry, shot, region))
    return Since(appeared=appeared, remained=remained, left=tuple(_left(shot)), light=trend(shot.past.light, light))


def _outlined(shot: Shot, region: Region) -> bool:
    """Tell a thing from a light that went on."""
    mask = shot.masks[-1]
    x, y, width, height = box = region.spots[-1].pixels(mask.shape)
    return outlined(shot.last, shot.scene, box, mask[y : y + height, x : x + width]) > EDGE_LEAD


def _covers(mask: Mask, shot: Shot, region: Region) -> bool:
    """Tell whether a mask marks a region, as it was in the first picture."""
    x, y, width, height = box = region.spots[0].pixels(mask.shape)
    return overlap(mask, box, shot.masks[0][y : y + height, x : x + width]) > _COVERED


def _left(shot: Shot) -> Iterator[Place]:
    """Give the places of what stood in the last clip, to its end, and is in no picture of this one."""
    if not cv2.countNonZero(shot.entry):
        return
    rows, columns = shot.entry.shape
    known, scene, here = shot.past.scene, shot.scene, union(shot.masks)
    changed = joined(above(Around.of(known).apart(Around.of(scene)), shot.steady.slack)[0])
    for box, inside in parts(changed):
        large = cv2.countNonZero(inside) > _LARGE * here.size
        gone = overlap(here, box, inside) < _COVERED < overlap(shot.entry, box, inside)
        if large and gone and outlined(known, scene, box, inside) > 1 and not lit(known, scene, box, inside):
            x, y, width, height = box
            yield x / columns, y / rows, width / columns, height / rows
