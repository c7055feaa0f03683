"""Facts in words."""

from __future__ import annotations

import pytest

from rxvlm.models.vision.clip_changes import ClipChanges
from rxvlm.models.vision.facts import Facts
from rxvlm.models.vision.light import overall_trend
from rxvlm.models.vision.look import Look
from rxvlm.models.vision.motion import Motion
from rxvlm.models.vision.paths import Region
from rxvlm.models.vision.spots import Spot
from rxvlm.models.vision.words import describe, describe_action, describe_size


def spot(frame: int, x: float, area: float = 0.05, activity: float = 0.0) -> Spot:
    """Make a spot at half height."""
    return Spot(frame, frame * 1.25, (x - 0.05, 0.4, 0.1, 0.2), area, (0.0, 0.0, 0.0), activity)


def region(*places: float, first: bool = False, last: bool = False, aspect: float = 1.0, area: float = 0.05) -> Region:
    """Make a region that was in these places, one a frame."""
    return Region(tuple(spot(frame, x, area) for frame, x in enumerate(places)), first, last, aspect)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (region(0.1, 0.3, 0.5), "moved from the left to the middle, 0.0-2.5 s, then was gone"),
        (region(0.1, 0.5, 0.5, last=True), "moved from the left to the middle, 0.0-1.2 s, and stayed"),
        (region(0.4, 0.5, 0.6), "moved rightwards in the middle, 0.0-2.5 s, then was gone"),
        (region(0.1, 0.1, 0.1, 0.9), "stood on the left until 2.5 s, then moved to the right by 3.8 s, then was gone"),
        (region(0.5, 0.7, 0.5, last=True), "moved to and fro in the middle, 0.0-2.5 s"),
        (region(0.1, 0.1, 0.1, last=True), "stood on the left from 0.0 s on"),
        (region(0.1, 0.1, 0.1, 0.1, first=True), "stood on the left until 3.8 s"),
        (region(0.1), "was seen on the left at 0.0 s"),
        (region(0.1, 0.1), "was seen on the left 0.0-1.2 s"),
    ],
)
def test_story(seen: Region, told: str) -> None:
    """A region's path is told by its rests and its way, and when."""
    assert describe_action(seen) == told


def test_stirring() -> None:
    """What stood but changed within itself has stirred."""
    spots = (spot(0, 0.5), spot(1, 0.5, activity=0.4), spot(2, 0.5))
    assert describe_action(Region(spots, first=True, last=True, aspect=1.0)) == "stirred in the middle"


@pytest.mark.parametrize(
    ("aspect", "area", "name"),
    [
        (2.0, 0.05, "something upright"),
        (0.5, 0.005, "something small and wide"),
        (1.0, 0.1, "something large"),
        (1.0, 0.05, "something"),
    ],
)
def test_kind(aspect: float, area: float, name: str) -> None:
    """A region is named by size and shape."""
    assert describe_size(region(0.5, aspect=aspect, area=area)) == name


def facts(*regions: Region, since: ClipChanges | None = None) -> Facts:
    """Make what a clip in good light shows, where these regions are all there is."""
    motion = Motion("slight", 0.01, shaking=False, trembled=False, columns=(1, 0, 0), rows=(0, 1, 0))
    look = Look(120.0, "normal", "steady", "sharp", "grey", 1.0)
    return Facts((0.0, 1.25), motion, regions, (), look, since)


def test_nothing_is_said_twice() -> None:
    """Of two things that would be told in the same words one is told; in the data are both."""
    alike = facts(region(0.1), region(0.5), region(0.12), since=ClipChanges())
    assert describe(alike) == "Something was seen on the left at 0.0 s; something was seen in the middle at 0.0 s."
    assert len(alike.plain()["regions"]) == 3


def test_no_news_is_said_twice() -> None:
    """The same holds of what stood, of what is new and of what is gone."""
    stood = region(0.1, 0.1, first=True, last=True), region(0.12, 0.12, first=True, last=True)
    assert describe(facts(*stood)).endswith("Still: something on the left.")
    boxes = (0.1, 0.4, 0.1, 0.2), (0.12, 0.4, 0.1, 0.2), (0.8, 0.4, 0.1, 0.2)
    told = describe(facts(*stood, since=ClipChanges(appeared=stood, left=boxes)))
    assert "New since the last clip: something on the left. " in told
    assert told.endswith("Gone since the last clip: what stood on the left and on the right.")


def test_trend_needs_all() -> None:
    """One dark picture at the end is no dusk."""
    assert overall_trend([100, 100, 100, 100, 100, 40]) == "steady"
    assert overall_trend([100, 100, 90, 70, 60, 40]) == "darker"
