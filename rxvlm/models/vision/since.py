"""What changed since the last clip of the same camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from rxvlm.models.vision.change import EDGE_LEAD, Mask, changed, levelled, outlined, overlap, parts
from rxvlm.models.vision.light import Trend, trend
from rxvlm.models.vision.paths import Region
from rxvlm.models.vision.shots import Memory, Shot, union

Place: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height as shares of the picture, from the top left corner."""

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


def since(before: Memory, shot: Shot, light: float) -> Since:
    """Compare a clip's first shot with what was kept of the clip before.

    Args:
        before: Of the same camera and picture size.
        shot: Looked at with the same memory.
        light: Mean light of the scene now, 0 to 255.
    """
    stayed = [region for region in shot.regions if region.stayed and _outlined(shot, region)]
    remained = tuple(region for region in stayed if _marked(before.arrived, region) > _COVERED)
    appeared = tuple(region for region in stayed if region not in remained)
    went = trend(before.light, light)
    return Since(appeared=appeared, remained=remained, left=tuple(_left(before, shot)), light=went)


def _outlined(shot: Shot, region: Region) -> bool:
    """Tell a thing from a light that went on."""
    mask = shot.masks[-1]
    x, y, width, height = box = region.spots[-1].pixels(mask.shape)
    return outlined(shot.last, shot.scene, box, mask[y : y + height, x : x + width]) > EDGE_LEAD


def _left(before: Memory, shot: Shot) -> Iterator[Place]:
    """Give the places of what stood in the last clip, to its end, and is in no picture of this one."""
    rows, columns = shot.entry.shape
    known = levelled(before.background, shot.scene)
    here = union(shot.masks)
    for box, inside in parts(changed(known, shot.scene)):
        large = cv2.countNonZero(inside) > _LARGE * here.size
        gone = overlap(here, box, inside) < _COVERED < overlap(shot.entry, box, inside)
        if large and gone and outlined(known, shot.scene, box, inside) > 1:
            x, y, width, height = box
            yield x / columns, y / rows, width / columns, height / rows


def _marked(mask: Mask, region: Region) -> float:
    box = region.spots[0].pixels(mask.shape)
    return overlap(mask, box, np.full((box[3], box[2]), 255, np.uint8))
