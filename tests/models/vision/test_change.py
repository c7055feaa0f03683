"""What differs between pictures: a thing does, a leaf, a grain and a light do not."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rxvlm.models.vision.change import (
    Mask,
    Neighbourhood,
    connected_parts,
    is_light_change,
    marked_share,
    mask_above,
    overlap_share,
    without_things,
)
from rxvlm.models.vision.even_light import median
from rxvlm.models.vision.small import Plane

SLACK = np.full((60, 100), 16, np.uint8)
EVERYWHERE = np.full((60, 100), 255, np.uint8)


def leaves(shift: int = 0) -> Plane:
    """Draw a hedge: bright and dark flecks, moved across."""
    flecks = np.random.default_rng(2).integers(40, 200, (30, 50)).astype(np.uint8)
    return np.roll(np.asarray(cv2.resize(flecks, (100, 60), interpolation=cv2.INTER_LINEAR), np.uint8), shift, axis=1)


def wall() -> Plane:
    """Draw a wall above a floor, and a window in it."""
    picture = np.full((60, 100), 150, np.uint8)
    picture[40:] = 80
    picture[10:20, 70:85] = 60
    return picture


def with_thing(x: int) -> Plane:
    """Draw a dark thing before the wall."""
    picture = wall()
    picture[20:50, x : x + 10] = 20
    return picture


def between(one: Plane, other: Plane) -> Mask:
    """Mark where one differs from the other."""
    return mask_above(Neighbourhood.of(one).excess_over(Neighbourhood.of(other)), SLACK)[0]


@given(st.lists(st.integers(0, 255), min_size=1, max_size=12))
def test_median_is_numpys(levels: list[int]) -> None:
    """The median is the one of a sorted list, the lower of two."""
    planes = [np.full((1, 1), level, np.uint8) for level in levels]
    assert median(planes)[0, 0] == sorted(levels)[(len(levels) - 1) // 2]


def test_sway_is_no_change() -> None:
    """A hedge that moves by a pixel has not changed."""
    assert marked_share(between(leaves(1), leaves())[:, 2:]) == 0


def test_grain_is_no_change() -> None:
    """Sensor noise is no change."""
    grain = np.random.default_rng(4).normal(0, 4, (2, 60, 100))
    one, other = (np.clip(wall() + layer, 0, 255).astype(np.uint8) for layer in grain)
    assert marked_share(between(one, other)) == 0


def test_thing_is_a_change() -> None:
    """A thing is one part, in its place, and only where it is."""
    ((box, inside),) = connected_parts(between(with_thing(30), wall()))
    assert np.abs(np.subtract(box, (30, 20, 10, 30))).max() <= 2
    assert overlap_share(between(with_thing(30), wall()), box, inside) == 1


def test_several_at_once() -> None:
    """Pictures in a strip are compared each with its own, and give a mask each."""
    pictures = np.array([with_thing(30), wall(), with_thing(60)])
    masks = mask_above(Neighbourhood.of(pictures).excess_over(Neighbourhood.of(wall()).repeated(3)), SLACK)
    assert [mask.any() for mask in masks] == [True, False, True]


def test_emptied_has_no_thing() -> None:
    """Of two pictures the scene is the one without the thing, whichever comes first."""
    for one, other in ((wall(), with_thing(30)), (with_thing(30), wall())):
        assert marked_share(between(without_things(one, other, EVERYWHERE, SLACK), wall())) == 0


def test_a_light_is_no_thing() -> None:
    """A window that lights up keeps its edges; a person in front of it does not."""
    bright, before = wall(), wall()
    bright[10:20, 70:85] = 230
    before[5:30, 72:80] = 230
    for picture, light in ((bright, True), (before, False)):
        ((box, inside),) = connected_parts(between(picture, wall()))
        assert is_light_change(picture, wall(), box, inside) is light
