"""A clip's pictures, scene by scene: what stands out against each, and what changes from look to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, cast

import cv2
import numpy as np

from rxvlm.models.vision.change import Mask, changed, cleaned, emptiest, levelled, median, paste, share, square
from rxvlm.models.vision.paths import Region, regions
from rxvlm.picture import Image

Amount = Literal["none", "slight", "moderate", "strong"]

_BACKGROUND_FRAMES = 15  # that a background is the median of, at most
_RIM = 9  # pixels across the square by which a change is widened
_QUIET, _SLIGHT, _MODERATE = 0.001, 0.01, 0.1  # of the picture, in motion at once, at most
_SHAKING = 0.4  # of the picture, in motion at once: above it the camera itself may move


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What is kept of a clip: two small pictures, a mask and a number.

    Attributes:
        background: The scene with what came to rest in it, BGR ``uint8`` (height, width, 3), smoothed.
        last: The last picture, the same.
        arrived: What came and was still there at the end, not in the background.
        light: Mean light of the scene, 0 to 255.
    """

    background: Image
    last: Image
    arrived: Mask
    light: float


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A run of pictures of one scene.

    Attributes:
        background: What was mostly seen, BGR ``uint8`` (height, width, 3), smoothed.
        last: The last picture, in the same exposure.
        scene: The background without what comes and goes, as far as that was ever seen.
        masks: What stands out against the scene, one for each picture.
        steps: What changed from each picture to the next, one less.
        entry: What changed from the clip before to the first picture; nothing, if there was none.
        regions: The masks' parts, linked.
    """

    background: Image
    last: Image
    scene: Image
    masks: tuple[Mask, ...]
    steps: tuple[Mask, ...]
    entry: Mask
    regions: tuple[Region, ...]

    def left_behind(self) -> Image:
        """Give the scene with what came to rest in it: the background of the next clip."""
        kept = self.scene.copy()
        mask = self.masks[-1]
        for region in self.regions:
            if region.parked:
                x, y, width, height = box = region.spots[-1].pixels(mask.shape)
                paste(kept, self.last, box, mask[y : y + height, x : x + width])
        return kept

    def arrived(self) -> Mask:
        """Mark what was in the last picture and is not left behind."""
        mask = np.zeros_like(self.masks[-1])
        for region in self.regions:
            if region.last and not region.parked:
                x, y, width, height = region.spots[-1].pixels(mask.shape)
                mask[y : y + height, x : x + width] = self.masks[-1][y : y + height, x : x + width]
        return mask


@dataclass(frozen=True, slots=True)
class Motion:
    """How much moved, and where.

    Attributes:
        amount: In a word.
        share: Of the picture that was in motion at once, at most, 0 to 1.
        shaking: Whether so much moved that the camera itself may have.
        columns: Of all motion, the shares of the left, the middle and the right third.
        rows: The same of the top, the middle and the bottom.
    """

    amount: Amount
    share: float
    shaking: bool
    columns: tuple[float, ...]
    rows: tuple[float, ...]


def shot_of(pictures: Sequence[Image], times: Sequence[float], offset: int = 0, before: Memory | None = None) -> Shot:
    """Look at the pictures of one scene.

    Args:
        pictures: BGR ``uint8`` (height, width, 3), smoothed.
        times: Seconds of the source's time, one for each.
        offset: The index in the clip of the first.
        before: What was kept of the clip before, if it shows the same scene.
    """
    like = pictures[len(pictures) // 2]
    even = [levelled(picture, like) for picture in pictures]
    background = median(_odd(even[:: 1 + (len(even) - 1) // _BACKGROUND_FRAMES]))
    known = [levelled(before.background, background)] if before else []
    steps = [cleaned(changed(new, old)) for old, new in pairwise(even)]
    entry = cleaned(changed(even[0], levelled(before.last, even[0]))) if before else _blank(even[0])
    arrived = union([entry, before.arrived]) if before else entry
    lively = _lively([arrived, *steps])
    scene = emptiest(background, [*known, even[0], even[-1]], lively)
    masks = [cast("Mask", cv2.bitwise_and(changed(picture, scene), lively)) for picture in even]
    stirs = [union(pair) for pair in pairwise([arrived, *steps, _blank(even[0])])]
    found = regions(even, masks, stirs, times, offset)
    return Shot(background, even[-1], scene, tuple(masks), tuple(steps), entry, tuple(found))


def motion_of(shots: Sequence[Shot]) -> Motion | None:
    """Measure the motion within shots; None where none has two pictures.

    A thing that moves changes the picture where it was and where it is: half of what
    changed was in motion at once.
    """
    steps = [step for shot in shots for step in shot.steps]
    if not steps:
        return None
    peak = max(map(share, steps)) / 2
    moved = any(region.state == "moved" for shot in shots for region in shot.regions)
    columns, rows = (_thirds(steps, axis) for axis in (1, 0))
    return Motion(_amount(peak, moved=moved), peak, peak > _SHAKING, columns, rows)


def union(masks: Sequence[Mask]) -> Mask:
    """Mark what any of the masks marks."""
    return cast("Mask", np.maximum.reduce(masks))


def _thirds(steps: Sequence[Mask], axis: int) -> tuple[float, ...]:
    """Give the shares of all motion that lie in the first, second and last third along an axis."""
    parts = np.array_split(sum(np.count_nonzero(step, axis=1 - axis) for step in steps), 3)
    counts = [float(part.sum()) for part in parts]
    return tuple(count / (sum(counts) or 1.0) for count in counts)


def _lively(steps: Sequence[Mask]) -> Mask:
    """Mark where anything ever changed at once, and its rim: what changed slowly is light that goes."""
    return cast("Mask", cv2.dilate(union(steps), square(_RIM)))


def _blank(picture: Image) -> Mask:
    return np.zeros(picture.shape[:2], np.uint8)


def _odd(pictures: list[Image]) -> list[Image]:
    """Drop one of an even number: half of one thing and half of another would be neither."""
    middle = len(pictures) // 2
    return pictures if len(pictures) % 2 else [*pictures[:middle], *pictures[middle + 1 :]]


def _amount(peak: float, *, moved: bool) -> Amount:
    if peak < _QUIET:
        return "slight" if moved else "none"
    return "slight" if peak < _SLIGHT else "moderate" if peak < _MODERATE else "strong"
