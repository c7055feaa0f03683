"""What differs between small pictures of one scene: exposure evened out, sway and noise forgiven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

from rxvlm.picture import Image

Mask: TypeAlias = npt.NDArray[np.uint8]
"""A picture's pixels that count, 255, and those that do not, 0: ``uint8`` (height, width)."""

Box: TypeAlias = tuple[int, int, int, int]
"""x, y, width, height in pixels, from the top left corner."""

Floats: TypeAlias = npt.NDArray[np.float32]

SMALLEST = 0.001  # of the picture: a part that is smaller is noise
_CONTRAST = 18  # levels that a difference needs, of 255
_NOISES = 4  # and this many times what the picture differs by everywhere
_SWAY = 7  # pixels across the patch in which a match is looked for
_JOIN = 9  # pixels that part two halves of one thing, at most
_FIT_STEP = 8  # one pixel of so many, each way, is enough to compare exposures
_FLAT = 6.0  # deviation in levels under which a picture has no contrast to compare
_DARK = 8.0  # levels added to both, so that the ratio of two near blacks is not noise
_GAINS = (0.4, 2.5)  # of one exposure over another
_LEVELS: Floats = np.arange(256, dtype=np.float32)[:, None]
EDGE_LEAD = 1.25  # how much stronger the outline of a thing that is there is than that of one that is not


def square(side: int) -> Mask:
    """Give a full square of so many pixels, as morphology wants one."""
    return np.ones((side, side), np.uint8)


def smooth(picture: Image) -> Image:
    """Take the grain off a picture."""
    return cast("Image", cv2.GaussianBlur(picture, (5, 5), 0))


def median(pictures: Sequence[Image]) -> Image:
    """Give the per-pixel median, of an even number the darker of the two in the middle.

    Args:
        pictures: BGR ``uint8`` (height, width, 3), all of one size, at least one.
    """
    ranks = list(pictures)
    for turn in range(len(ranks)):  # odd-even sort: 40 times faster than numpy's median
        for at in range(turn % 2, len(ranks) - 1, 2):
            low, high = cv2.min(ranks[at], ranks[at + 1]), cv2.max(ranks[at], ranks[at + 1])
            ranks[at], ranks[at + 1] = cast("Image", low), cast("Image", high)
    return ranks[(len(ranks) - 1) // 2]


def levelled(picture: Image, like: Image, step: int = _FIT_STEP) -> Image:
    """Give a picture the exposure of another, judged by the pixels that agree.

    Args:
        picture: BGR ``uint8`` (height, width, 3).
        like: Of the same shape.
        step: One pixel of so many, each way, is looked at.
    """
    gain, offset = _fit(_samples(picture, step), _samples(like, step))
    table = np.clip(np.round(_LEVELS * gain + offset), 0, 255).astype(np.uint8)
    return cast("Image", cv2.LUT(picture, table[None]))


def changed(picture: Image, reference: Image) -> Mask:
    """Mark where a picture differs from the reference, and from all that lies close by in it.

    Whoever looks for the same colours a few pixels further is not misled by swaying
    leaves, a trembling mast and the fringes that compression leaves at edges.

    Args:
        picture: BGR ``uint8`` (height, width, 3), smoothed.
        reference: Of the same shape and exposure, smoothed.
    """
    patch = square(_SWAY)
    above = cv2.subtract(picture, cv2.dilate(reference, patch))
    below = cv2.subtract(cv2.erode(reference, patch), picture)
    blue, green, red = cv2.split(cv2.max(above, below))
    off = cv2.max(cv2.max(blue, green), red)
    noise = float(np.median(cv2.absdiff(picture, reference)[::_FIT_STEP, ::_FIT_STEP]))
    _, raw = cv2.threshold(off, max(_CONTRAST, _NOISES * noise), 255, cv2.THRESH_BINARY)
    opened = cv2.morphologyEx(raw, cv2.MORPH_OPEN, square(3))
    return cast("Mask", cv2.morphologyEx(opened, cv2.MORPH_CLOSE, square(_JOIN)))


def parts(mask: Mask) -> Iterator[tuple[Box, Mask]]:
    """Give the connected parts of a mask that are large enough: a box, and the mask within it."""
    if not cv2.countNonZero(mask):
        return
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    for label in range(1, count):
        x, y, width, height, area = (int(number) for number in stats[label])
        if area >= max(SMALLEST * mask.size, 9):
            inside = labels[y : y + height, x : x + width] == label
            yield (x, y, width, height), (inside * 255).astype(np.uint8)


def cleaned(mask: Mask) -> Mask:
    """Give a mask without the parts that are too small."""
    kept = np.zeros_like(mask)
    for (x, y, width, height), inside in parts(mask):
        kept[y : y + height, x : x + width] |= inside
    return kept


def overlap(mask: Mask, box: Box, inside: Mask) -> float:
    """Give the share of a part that a mask marks as well, 0 to 1."""
    x, y, width, height = box
    return cv2.countNonZero(cv2.bitwise_and(mask[y : y + height, x : x + width], inside)) / cv2.countNonZero(inside)


def share(mask: Mask) -> float:
    """Give the share of the picture that a mask marks, 0 to 1."""
    return float(cv2.countNonZero(mask)) / mask.size


def emptiest(reference: Image, others: Iterable[Image], lively: Mask) -> Image:
    """Give the scene without the things that come and go.

    Where another picture differs from the reference, one of the two shows a thing
    and the other what is behind it; the outline of a thing is an edge only where it is.

    Args:
        reference: BGR ``uint8`` (height, width, 3), smoothed.
        others: Of the same shape and exposure, smoothed.
        lively: Where things may have come and gone.
    """
    scene = reference.copy()
    for other in others:
        either = cast("Mask", cv2.max(changed(other, scene), changed(scene, other)))
        for box, inside in parts(cast("Mask", cv2.bitwise_and(either, lively))):
            if outlined(scene, other, box, inside) > EDGE_LEAD:
                paste(scene, other, box, inside)
    return scene


def paste(scene: Image, other: Image, box: Box, inside: Mask) -> None:
    """Overwrite a part of a scene, and its rim, with what another picture shows there."""
    x, y, width, height = box
    grown = cv2.dilate(cv2.copyMakeBorder(inside, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=0), square(_SWAY))
    rows, columns = scene.shape[:2]
    top, left, bottom, right = max(0, y - 4), max(0, x - 4), min(rows, y + height + 4), min(columns, x + width + 4)
    cut = grown[top - y + 4 : bottom - y + 4, left - x + 4 : right - x + 4] > 0
    scene[top:bottom, left:right][cut] = other[top:bottom, left:right][cut]


def outlined(picture: Image, other: Image, box: Box, inside: Mask) -> float:
    """Give how many times stronger an outline is in one picture than in another."""
    x, y, width, height = box
    margin = 3
    top, left = max(0, y - margin), max(0, x - margin)
    view = (slice(top, y + height + margin), slice(left, x + width + margin))
    shape = np.zeros(picture[view].shape[:2], np.uint8)
    shape[y - top : y - top + height, x - left : x - left + width] = inside
    ring = cast("Mask", cv2.morphologyEx(shape, cv2.MORPH_GRADIENT, square(5))) > 0
    return (_steepness(picture[view], ring) + 1) / (_steepness(other[view], ring) + 1)


def _samples(picture: Image, step: int) -> Floats:
    """Give every so many-th pixel, each way, as (3, pixels)."""
    return np.ascontiguousarray(picture[::step, ::step].reshape(-1, 3).T, np.float32)


def _fit(given: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """Give each channel's gain and offset from ``given`` to ``wanted``, by the pixels that agree."""
    gain = np.median((wanted + _DARK) / (given + _DARK), axis=1, keepdims=True)  # what more light does
    offset = np.zeros_like(gain)
    for _ in range(2):
        misfit = np.abs(given * gain + offset - wanted)
        agree = (misfit <= 2 * np.median(misfit) + 2).astype(np.float32)
        agree /= np.maximum(agree.sum(axis=1, keepdims=True), 1)
        x, y = _dot(agree, given), _dot(agree, wanted)
        spread, together = _dot(agree * (given - x), given - x), _dot(agree * (given - x), wanted - y)
        gain = np.where(spread > _FLAT**2, together / np.maximum(spread, 1), gain).clip(*_GAINS)
        offset = y - gain * x
    return gain[:, 0].astype(np.float32), offset[:, 0].astype(np.float32)


def _dot(one: Floats, other: Floats) -> Floats:
    return np.einsum("ij,ij->i", one, other)[:, None]


def _steepness(picture: Image, where: npt.NDArray[np.bool_]) -> float:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    steep = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, square(3))
    return float(steep[where].mean()) if where.any() else 0.0
