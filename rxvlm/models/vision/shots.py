"""Analysis of a shot, the pictures between two cuts: its background, and what stands out against it or changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import cv2
import numpy as np

from rxvlm.models.vision.alignment import align_pictures, is_shaking
from rxvlm.models.vision.change import (
    Mask,
    Masks,
    Neighbourhood,
    close_gaps,
    connected_parts,
    copy_part,
    is_light_change,
    mask_above,
    overlap_share,
    square_kernel,
    without_things,
)
from rxvlm.models.vision.even_light import EvenedPictures, even_light, median_picture
from rxvlm.models.vision.memory import Memory
from rxvlm.models.vision.paths import Region, find_regions
from rxvlm.models.vision.small import Plane, Planes, SmallPicture

_RIM = 5  # pixels: side of the square by which a mask is widened
_ALIGNED = 0.7  # alignment is kept if it leaves at most this share of the changed pixels
_STIRRED = 0.2  # of a parked thing: if more of it changed, it may have gone


@dataclass(frozen=True, slots=True, eq=False)
class ShotAnalysis:
    """What was found in a shot, the pictures between two cuts.

    Attributes:
        evened: The pictures, with changes of light removed.
        previous: Memory of the previous clip, in the light of this one.
        background: What most pictures show, without the things that come and go, as far as it was visible.
        parked: Mask of things that came to rest in earlier clips and did not move in this shot.
        masks: What stands out against the background, one mask for each picture.
        steps: What changed from one picture to the next, one mask fewer than pictures.
        entry: What changed from the previous clip to the first picture; empty if there was no previous clip.
        regions: The parts of the masks, linked over the pictures.
        trembled: Whether the camera shook and the pictures were aligned.
    """

    evened: EvenedPictures
    previous: Memory
    background: Plane
    parked: Mask
    masks: Masks
    steps: Masks
    entry: Mask
    regions: tuple[Region, ...]
    trembled: bool

    @property
    def last(self) -> Plane:
        """The last picture."""
        return self.evened.pictures[-1]

    def memory(self, brightness: float) -> Memory:
        """Return the memory for the next clip; ``brightness`` is the mean light of the scene, 0 to 255."""
        background, parked = self.background.copy(), self.parked.copy()
        uncovered = cast("Plane", cv2.copyTo(self.previous.uncovered, widened(parked), background.copy()))
        mask, arrived = self.masks[-1], np.zeros_like(parked)
        for region in self.regions:
            if region.last:
                x, y, width, height = box = region.spots[-1].pixels(mask.shape)
                inside = mask[y : y + height, x : x + width]
                (parked if region.parked else arrived)[y : y + height, x : x + width] |= inside
                if region.parked:
                    copy_part(background, self.last, box, inside)
        at_end = self.evened.in_last_light
        return Memory(at_end(background), at_end(uncovered), parked, at_end(self.last), arrived, brightness)


def analyze_shot(
    pictures: Sequence[SmallPicture],
    thumbnails: Planes,
    times: Sequence[float],
    offset: int = 0,
    before: Memory | None = None,
) -> ShotAnalysis:
    """Analyse the pictures of one shot.

    Args:
        pictures: All of one size.
        thumbnails: The same pictures, from `rxvlm.models.vision.light.thumbnail`.
        times: Seconds of the source's time, one for each picture.
        offset: Index in the clip of the first picture.
        before: Memory of the previous clip, if it shows the same scene.
    """
    lumas = np.array([picture.luma for picture in pictures])
    compared, trembled = _compare(lumas, thumbnails, before), False
    if is_shaking(compared.changes()):
        aligned = _compare_aligned(lumas, thumbnails, before)
        trembled = aligned.changed_pixels() < compared.changed_pixels() * _ALIGNED
        compared = aligned if trembled else compared
    evened, previous, around, entry, steps = compared
    arrived = entry | previous.arrived
    active = widened(union(steps) | arrived)
    parked = _undisturbed_parts(previous.parked, active)
    active |= previous.parked ^ parked
    background = median_picture(evened.pictures)
    masks, found = np.zeros_like(evened.pictures), list[Region]()
    if cv2.countNonZero(active):
        background = _find_background(background, compared, active)
        out = mask_above(around.excess_over(Neighbourhood.of(background).repeated(len(pictures))), evened.tolerance)
        masks = np.array([close_gaps(mask) for mask in out & active])
        found = find_regions(pictures, masks, [arrived, *steps, np.zeros_like(entry)], times, offset)
        found = [region for region in found if not _is_light(region, offset, evened, background, masks)]
    return ShotAnalysis(evened, previous, background, parked, masks, steps, entry, tuple(found), trembled)


class _Comparison(NamedTuple):
    """Pictures in one light, and what changed from one to the next."""

    evened: EvenedPictures
    previous: Memory
    around: Neighbourhood
    entry: Mask
    steps: Masks

    def changes(self) -> Masks:
        """Return the masks of all changes, `entry` first."""
        return np.concatenate([self.entry[None], self.steps])

    def changed_pixels(self) -> int:
        """Return the number of changed pixels, summed over all changes."""
        return cv2.countNonZero(self.changes().reshape(-1, self.entry.shape[1]))


def _compare_aligned(lumas: Planes, thumbnails: Planes, before: Memory | None) -> _Comparison:
    """Compare the pictures after aligning them with the middle one."""
    lumas = align_pictures(lumas)
    return _compare(lumas, thumbnails, before and before.aligned_to(lumas[len(lumas) // 2]))


def _compare(lumas: Planes, thumbnails: Planes, before: Memory | None) -> _Comparison:
    evened = even_light(lumas, thumbnails)
    previous = before.in_light_of(evened) if before else Memory.none(evened)
    around, tolerance = Neighbourhood.of(evened.pictures), evened.tolerance
    height = len(tolerance)
    entry = mask_above(around.rows(0, height).difference(Neighbourhood.of(previous.last)), tolerance)[0]
    steps = np.zeros((0, *tolerance.shape), np.uint8)
    if len(lumas) > 1:
        steps = mask_above(around.rows(height, None).difference(around.rows(0, -height)), tolerance)
    return _Comparison(evened, previous, around, entry, steps)


def _find_background(mostly: Plane, compared: _Comparison, active: Mask) -> Plane:
    """Return the median picture without the things that came or went, where another picture shows the place empty."""
    evened, previous, around, entry, _ = compared
    came = (
        mask_above(around.rows(0, len(mostly)).difference(Neighbourhood.of(mostly)), evened.tolerance)[0]
        | entry
        | previous.arrived
    )
    background = without_things(mostly, previous.background, widened(came) & active, evened.tolerance)
    background = without_things(background, previous.uncovered, widened(previous.parked) & active, evened.tolerance)
    return without_things(background, evened.pictures[-1], active, evened.tolerance)


def union(masks: Masks) -> Mask:
    """Return a mask of what any of the masks marks."""
    return np.bitwise_or.reduce(masks, axis=0)


def widened(mask: Mask) -> Mask:
    """Return a mask widened by a rim."""
    return cast("Mask", cv2.dilate(mask, square_kernel(_RIM)))


def _undisturbed_parts(parked: Mask, active: Mask) -> Mask:
    """Return the parts of a mask in which nothing changed."""
    kept = np.zeros_like(parked)
    for (x, y, width, height), inside in connected_parts(parked):
        if overlap_share(active, (x, y, width, height), inside) < _STIRRED:
            kept[y : y + height, x : x + width] |= inside
    return kept


def _is_light(region: Region, offset: int, evened: EvenedPictures, background: Plane, masks: Masks) -> bool:
    """Check whether a region is only a light that was switched on or off."""
    if region.state == "moved":
        return False
    spot = max(region.spots, key=lambda spot: spot.area)
    mask = masks[spot.frame - offset]
    x, y, width, height = box = spot.pixels(mask.shape)
    return is_light_change(evened.pictures[spot.frame - offset], background, box, mask[y : y + height, x : x + width])
