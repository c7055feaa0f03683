"""What changed since the previous clip of the same camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2

from rxvlm.models.vision.change import (
    OUTLINE_RATIO,
    Mask,
    Neighbourhood,
    close_gaps,
    connected_parts,
    is_light_change,
    mask_above,
    outline_ratio,
    overlap_share,
)
from rxvlm.models.vision.light import LightTrend, light_trend
from rxvlm.models.vision.paths import Region
from rxvlm.models.vision.shots import ShotAnalysis, union
from rxvlm.models.vision.spots import RelativeBox

_LARGE = 0.004  # of the picture: a smaller change is not reported
_COVERED = 0.3  # of a part: above this share the part is a region of this clip, and reported as one


@dataclass(frozen=True, slots=True)
class ClipChanges:
    """What is different from the previous clip.

    Attributes:
        scene: Whether the whole view is different; then the other fields are empty.
        appeared: Regions that are new, and stood still for the whole clip.
        remained: Regions that stood still for the whole clip, and had arrived before the previous clip ended.
        left: Places where something stood in the previous clip and is gone now.
        light: Whether the scene became brighter or darker.
    """

    scene: bool = False
    appeared: tuple[Region, ...] = ()
    remained: tuple[Region, ...] = ()
    left: tuple[RelativeBox, ...] = ()
    light: LightTrend = "steady"


def changes_between(shot: ShotAnalysis, light: float) -> ClipChanges:
    """Compare the first shot of a clip with the previous clip.

    Args:
        shot: Analysed with the memory of the previous clip.
        light: Mean light of the scene now, 0 to 255.
    """
    stayed = [region for region in shot.regions if region.stayed and _is_thing(shot, region)]
    remained = tuple(region for region in stayed if _marks(shot.previous.arrived, shot, region))
    appeared = tuple(region for region in stayed if region not in remained and _marks(shot.entry, shot, region))
    trend = light_trend(shot.previous.light, light)
    return ClipChanges(appeared=appeared, remained=remained, left=tuple(_places_left(shot)), light=trend)


def _is_thing(shot: ShotAnalysis, region: Region) -> bool:
    """Check that a region is a thing and not a light that was switched on."""
    mask = shot.masks[-1]
    x, y, width, height = box = region.spots[-1].pixels(mask.shape)
    return outline_ratio(shot.last, shot.background, box, mask[y : y + height, x : x + width]) > OUTLINE_RATIO


def _marks(mask: Mask, shot: ShotAnalysis, region: Region) -> bool:
    """Check whether a mask marks a region, at its place in the first picture."""
    x, y, width, height = box = region.spots[0].pixels(mask.shape)
    return overlap_share(mask, box, shot.masks[0][y : y + height, x : x + width]) > _COVERED


def _places_left(shot: ShotAnalysis) -> Iterator[RelativeBox]:
    """Yield the places of things that stood until the end of the previous clip, and are in no picture of this one."""
    if not cv2.countNonZero(shot.entry):
        return
    rows, columns = shot.entry.shape
    known, scene, here = shot.previous.background, shot.background, union(shot.masks)
    changed = close_gaps(
        mask_above(Neighbourhood.of(known).difference(Neighbourhood.of(scene)), shot.evened.tolerance)[0]
    )
    for box, inside in connected_parts(changed):
        large = cv2.countNonZero(inside) > _LARGE * here.size
        gone = overlap_share(here, box, inside) < _COVERED < overlap_share(shot.entry, box, inside)
        if (
            large
            and gone
            and outline_ratio(known, scene, box, inside) > 1
            and not is_light_change(known, scene, box, inside)
        ):
            x, y, width, height = box
            yield x / columns, y / rows, width / columns, height / rows
