"""Facts in words."""

from __future__ import annotations

import pytest

from rxvlm.models.vision.light import trend_of
from rxvlm.models.vision.paths import Region, Spot
from rxvlm.models.vision.words import kind, story


def spot(frame: int, x: float, area: float = 0.05) -> Spot:
    """Make a spot at half height."""
    return Spot(frame, frame * 1.25, (x - 0.05, 0.4, 0.1, 0.2), area, (0.0, 0.0, 0.0), 1.0)


def region(*places: float, first: bool = False, last: bool = False, aspect: float = 1.0) -> Region:
    """Make a region that was in these places, one a frame."""
    return Region(tuple(spot(frame, x) for frame, x in enumerate(places)), first, last, aspect)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (region(0.1, 0.3, 0.5), "moved from the left to the middle between 0.0 and 2.5 s, then was gone"),
        (region(0.1, 0.5, 0.5, last=True), "moved from the left to the middle between 0.0 and 1.2 s and stayed there"),
        (region(0.4, 0.5, 0.6), "moved rightwards in the middle between 0.0 and 2.5 s, then was gone"),
        (region(0.1, 0.1, 0.1, 0.9), "stood on the left until 2.5 s, then moved to the right by 3.8 s, then was gone"),
        (region(0.1, 0.1, 0.1, last=True), "stood on the left from 0.0 s on"),
        (region(0.1), "was seen on the left at 0.0 s"),
    ],
)
def test_story(seen: Region, told: str) -> None:
    """A region's path is told by its rests and its way."""
    assert story(seen) == told


@pytest.mark.parametrize(
    ("aspect", "name"),
    [(2.0, "a middling upright region"), (0.5, "a middling wide region"), (1.0, "a middling region")],
)
def test_kind(aspect: float, name: str) -> None:
    """A region is named by size and shape."""
    assert kind(region(0.5, aspect=aspect)) == name


def test_to_and_fro() -> None:
    """What comes back to where it was has moved to and fro."""
    assert "moved to and fro in the middle" in story(region(0.5, 0.6, 0.5))


def test_trend_needs_all() -> None:
    """One dark picture at the end is no dusk."""
    assert trend_of([100, 100, 100, 100, 100, 40]) == "steady"
    assert trend_of([100, 100, 90, 70, 60, 40]) == "darker"
