"""What differs between pictures: a thing does, a leaf, a grain and a cloud do not."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rxvlm.models.vision.change import changed, emptiest, levelled, median, overlap, parts, share, smooth
from rxvlm.picture import Image


def leaves(shift: int = 0) -> Image:
    """Draw a hedge: bright and dark flecks, moved across."""
    flecks = np.random.default_rng(2).integers(40, 200, (60, 100, 3)).astype(np.uint8)
    picture = np.ascontiguousarray(cv2.resize(flecks, (200, 120), interpolation=cv2.INTER_LINEAR), np.uint8)
    return smooth(np.roll(picture, shift, axis=1))


def wall() -> Image:
    """Draw a wall above a floor."""
    picture = np.full((120, 200, 3), 150, np.uint8)
    picture[80:] = (60, 80, 100)
    return picture


def with_thing(x: int) -> Image:
    """Draw a dark thing before the wall."""
    picture = wall()
    picture[40:100, x : x + 20] = (20, 20, 90)
    return picture


@given(st.lists(st.integers(0, 255), min_size=1, max_size=12))
def test_median_is_numpys(levels: list[int]) -> None:
    """The median is the one of a sorted list, the lower of two."""
    pictures = [np.full((1, 1, 3), level, np.uint8) for level in levels]
    assert median(pictures)[0, 0, 0] == sorted(levels)[(len(levels) - 1) // 2]


def test_sway_is_no_change() -> None:
    """A hedge that moves by two pixels has not changed."""
    assert share(changed(leaves(2), leaves())) == 0


def test_grain_is_no_change() -> None:
    """Sensor noise is no change."""
    grain = np.random.default_rng(4).normal(0, 12, (2, 120, 200, 3))
    one, other = (smooth(np.clip(wall() + layer, 0, 255).astype(np.uint8)) for layer in grain)
    assert share(changed(one, other)) == 0


def test_thing_is_a_change() -> None:
    """A thing is one part, in its place."""
    ((box, inside),) = parts(changed(with_thing(60), wall()))
    assert np.abs(np.subtract(box, (60, 40, 20, 60))).max() <= 7
    assert overlap(changed(with_thing(60), wall()), box, inside) == 1


def test_exposure_is_levelled() -> None:
    """A picture at another exposure is brought back, whatever stands in it."""
    darker = (with_thing(60) * 0.6).astype(np.uint8)
    assert np.abs(levelled(darker, wall())[:, 100:].astype(int) - wall()[:, 100:]).max() <= 4


def test_emptiest_has_no_thing() -> None:
    """Of two pictures the scene is the one without the thing, whichever comes first."""
    everywhere = np.full((120, 200), 255, np.uint8)
    for one, other in ((wall(), with_thing(60)), (with_thing(60), wall())):
        assert share(changed(emptiest(one, [other], everywhere), wall())) == 0
