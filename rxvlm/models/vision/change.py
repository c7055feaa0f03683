"""What differs between pictures of one scene: sway forgiven, lights told from things."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

from rxvlm.models.vision.small import Plane, Planes

Mask: TypeAlias = Plane
"""A picture's pixels that count, 255, and those that do not, 0: ``uint8`` (height, width)."""

Masks: TypeAlias = Planes
"""The same of several pictures."""

Box: TypeAlias = tuple[int, int, int, int]
"""x, y, width, height in pixels, from the top left corner."""

EDGE_LEAD = 1.4  # how much stronger the outline of a thing that is there is than that of one that is not
_SWAY = 3  # pixels across the patch in which a match is looked for
_JOIN = 7  # pixels that part two halves of one thing, at most
_WHOLE = 15  # the same, where it is only asked what is behind it
_LEAST = 0.00014  # of the picture: a part that is smaller is noise
_FEWEST = 2  # pixels of a part
_ALIKE = 0.7  # correlation of the edges that are seen with and without a light


class Around(NamedTuple):
    """Pictures, one below the other in one strip, and the least and the most light close by each of their pixels."""

    luma: Plane
    least: Plane
    most: Plane

    @staticmethod
    def of(pictures: Planes) -> Around:
        """Look around each pixel of pictures, or of one."""
        strip = pictures.reshape(-1, pictures.shape[-1])  # at its seams a row sees one of the next picture
        least, most = cv2.erode(strip, square(_SWAY)), cv2.dilate(strip, square(_SWAY))
        return Around(strip, cast("Plane", least), cast("Plane", most))

    def rows(self, begin: int, end: int | None) -> Around:
        """Take some rows of the strip."""
        return Around(*(plane[begin:end] for plane in self))

    def times(self, count: int) -> Around:
        """Repeat the strip."""
        return Around(*(np.tile(plane, (count, 1)) for plane in self))

    def off(self, reference: Around) -> Plane:
        """Give the levels by which pictures differ from others, and from all that lies close by in those.

        Whoever looks for the same light a few pixels further is not misled by swaying
        leaves, a trembling mast and the fringes that compression leaves at edges.
        """
        above, below = cv2.subtract(self.luma, reference.most), cv2.subtract(reference.least, self.luma)
        return cast("Plane", cv2.max(above, below))

    def apart(self, other: Around) -> Plane:
        """Give the levels by which one shows something that the other does not."""
        return cast("Plane", cv2.max(self.off(other), other.off(self)))


@cache
def square(side: int) -> Mask:
    """Give a full square of so many pixels, as morphology wants one."""
    return np.ones((side, side), np.uint8)


def above(levels: Plane, slack: Plane) -> Masks:
    """Mark where the levels of one or several pictures, in a strip, are above those that are forgiven."""
    count = len(levels) // len(slack)
    mask = cv2.compare(levels, np.tile(slack, (count, 1)), cv2.CMP_GT)
    return cast("Masks", mask).reshape(count, *slack.shape)


def joined(mask: Mask, gap: int = _JOIN) -> Mask:
    """Close the gaps within things."""
    return cast("Mask", cv2.morphologyEx(mask, cv2.MORPH_CLOSE, square(gap))) if cv2.countNonZero(mask) else mask


def parts(mask: Mask) -> Iterator[tuple[Box, Mask]]:
    """Give the connected parts of a mask that are no noise: a box, and the mask within it."""
    if not cv2.countNonZero(mask):
        return
    least = max(_LEAST * mask.size, _FEWEST)
    for outline in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
        x, y, width, height = cv2.boundingRect(outline)
        if width * height >= least:
            inside = np.zeros((height, width), np.uint8)
            cv2.drawContours(inside, [outline], 0, 255, -1, offset=(-x, -y))
            inside &= mask[y : y + height, x : x + width]
            if cv2.countNonZero(inside) >= least:
                yield (x, y, width, height), inside


def overlap(mask: Mask, box: Box, inside: Mask) -> float:
    """Give the share of a part that a mask marks as well, 0 to 1."""
    x, y, width, height = box
    return cv2.countNonZero(mask[y : y + height, x : x + width] & inside) / max(1, cv2.countNonZero(inside))


def share(mask: Mask) -> float:
    """Give the share of the picture that a mask marks, 0 to 1."""
    return float(cv2.countNonZero(mask)) / mask.size


def emptied(scene: Plane, other: Plane, where: Mask, slack: Plane) -> Plane:
    """Give a scene without the things that another picture does not show.

    Where the two differ, one of them shows a thing and the other what is behind
    it; the outline of a thing is an edge only where it is.

    Args:
        scene: What is mostly seen.
        other: A picture of the same scene and light.
        where: Where to look.
        slack: Levels that are forgiven.
    """
    if not cv2.countNonZero(where):
        return scene
    either = joined(above(Around.of(other).apart(Around.of(scene)), slack)[0] & where, _WHOLE)
    scene = scene.copy()
    for box, inside in parts(either):
        if outlined(scene, other, box, inside) > EDGE_LEAD and not lit(scene, other, box, inside):
            paste(scene, other, box, inside)
    return scene


def paste(scene: Plane, other: Plane, box: Box, inside: Mask) -> None:
    """Overwrite a part of a scene, and its rim, with what another picture shows there."""
    view, shape = _rimmed(scene, box, inside, 4)
    cut = cast("Mask", cv2.dilate(shape, square(7))) > 0
    scene[view][cut] = other[view][cut]


def outlined(picture: Plane, other: Plane, box: Box, inside: Mask) -> float:
    """Give how many times stronger an outline is in one picture than in another."""
    view, shape = _rimmed(picture, box, inside, 3)
    ring = cast("Mask", cv2.morphologyEx(shape, cv2.MORPH_GRADIENT, square(5)))
    return (cv2.mean(_edges(picture[view]), ring)[0] + 1) / (cv2.mean(_edges(other[view]), ring)[0] + 1)


def lit(one: Plane, other: Plane, box: Box, inside: Mask) -> bool:
    """Tell a place that has another light from one where a thing came: its edges stay where they were."""
    view, shape = _rimmed(one, box, inside, 3)
    near = cast("Mask", cv2.dilate(shape, square(5))) > 0
    a, b = (_centred(_edges(picture[view])[near]) for picture in (one, other))
    return float(np.vdot(a, b)) > _ALIKE * float(np.sqrt(np.vdot(a, a) * np.vdot(b, b)) + 1)


def _rimmed(picture: Plane, box: Box, inside: Mask, margin: int) -> tuple[tuple[slice, slice], Mask]:
    """Give a view of a picture that shows a part with a margin, as far as the picture goes, and the part in it."""
    x, y, width, height = box
    top, left = max(0, y - margin), max(0, x - margin)
    view = slice(top, y + height + margin), slice(left, x + width + margin)
    shape = np.zeros(picture[view].shape, np.uint8)
    shape[y - top : y - top + height, x - left : x - left + width] = inside
    return view, shape


def _centred(values: Plane) -> npt.NDArray[np.float32]:
    return values.astype(np.float32) - np.float32(values.mean())


def _edges(picture: Plane) -> Plane:
    return cast("Plane", cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, square(3)))
