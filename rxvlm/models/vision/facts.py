"""Facts: what can be told of a clip's small pictures without understanding them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, cast

import numpy as np

from rxvlm.models.vision import light
from rxvlm.models.vision.change import share, smooth
from rxvlm.models.vision.paths import Region
from rxvlm.models.vision.shots import Memory, Motion, Shot, motion_of, shot_of, union
from rxvlm.models.vision.since import Since, since
from rxvlm.picture import Image

_CROWDED = 0.02  # of the picture, in front of the scene, more than in the emptiest picture


@dataclass(frozen=True, slots=True)
class Look:
    """How the pictures look as a whole.

    Attributes:
        light: Mean light of the scene, 0 to 255.
        level: The same in a word.
        trend: How the light went within the last shot.
        sharpness: Of the picture in the middle; plain, if it has no detail to judge by.
        colour: The most frequent one of the background.
        colour_share: Its share, 0 to 1.
    """

    light: float
    level: light.Level
    trend: light.Trend
    sharpness: light.Sharpness
    colour: str
    colour_share: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What a clip shows.

    Attributes:
        times: Seconds of the source's time, one for each frame.
        motion: None where one frame cannot tell.
        regions: What moved, stood or showed, the largest first.
        cuts: Seconds of the first pictures of new scenes.
        look: Light, sharpness, colour.
        since: Against the clip before; None where there is none to compare with.
        detected: How many a detector saw at most in one frame: ``people``, ``faces``, as asked for.
    """

    times: tuple[float, ...]
    motion: Motion | None
    regions: tuple[Region, ...]
    cuts: tuple[float, ...]
    look: Look
    since: Since | None = None
    detected: dict[str, int] = field(default_factory=dict[str, int])

    def plain(self) -> dict[str, Any]:
        """Give the facts as dicts, lists, strings and numbers, ready for JSON; four decimals will do."""
        facts = {
            "times": list(self.times),
            "motion": _plain_motion(self.motion) if self.motion else None,
            "regions": [_plain(region) for region in self.regions],
            "cuts": list(self.cuts),
            "look": asdict(self.look),
            "since": _plain_since(self.since) if self.since else None,
            "detected": dict(self.detected),
        }
        return {name: _short(value) for name, value in facts.items()}


def facts_of(pictures: Sequence[Image], times: Sequence[float], before: Memory | None = None) -> tuple[Facts, Memory]:
    """Look at the pictures of a clip.

    Args:
        pictures: BGR ``uint8`` (height, width, 3), all of one size, a few hundred pixels across.
        times: Seconds of the source's time, one for each.
        before: What was kept of the clip before, of the same camera; one of another size is ignored.

    Returns:
        The facts, and what to keep for the next clip.
    """
    smoothed = [smooth(picture) for picture in pictures]
    before = before if before and before.last.shape == smoothed[0].shape else None
    elsewhere = before is not None and light.other_scene(before.last, smoothed[0])
    cuts = light.cuts(smoothed)
    shots = _shots(smoothed, times, cuts, None if elsewhere else before)
    look = _look(smoothed[cuts[-1] if cuts else 0 :], shots[-1], pictures[len(pictures) // 2])
    news = None if not before else Since(scene=True) if elsewhere else since(before, shots[0], look.light)
    found = sorted((region for shot in shots for region in shot.regions), key=lambda region: -region.area)
    facts = Facts(tuple(times), motion_of(shots), tuple(found), tuple(times[at] for at in cuts), look, news)
    return facts, Memory(shots[-1].left_behind(), smoothed[-1], shots[-1].arrived(), look.light)


def _shots(pictures: Sequence[Image], times: Sequence[float], cuts: list[int], before: Memory | None) -> list[Shot]:
    spans = list(pairwise([0, *cuts, len(pictures)]))
    return [shot_of(pictures[a:b], times[a:b], a, before if a == 0 else None) for a, b in spans]


def _look(pictures: Sequence[Image], shot: Shot, middle: Image) -> Look:
    covered = union(shot.masks)
    lights = [light.brightness(picture, covered) for picture in _empty(pictures, shot)]
    mean = float(np.median(lights))
    colour = light.colour(shot.background)
    return Look(mean, light.level(mean), light.trend_of(lights), light.sharpness(middle), *colour)


def _empty(pictures: Sequence[Image], shot: Shot) -> list[Image]:
    """Give the pictures with the least in front of the scene: cameras take a bright car for a bright day."""
    shares = [share(mask) for mask in shot.masks]
    return [picture for picture, much in zip(pictures, shares, strict=True) if much <= min(shares) + _CROWDED]


def _plain_motion(motion: Motion) -> dict[str, Any]:
    return asdict(motion) | {"columns": list(motion.columns), "rows": list(motion.rows)}


def _plain(region: Region) -> dict[str, Any]:
    path = [{"time": spot.time, "box": list(spot.box)} for spot in region.spots]
    return {"state": region.state, "area": region.area, "aspect": region.aspect, "path": path}


def _plain_since(news: Since) -> dict[str, Any]:
    return {
        "scene": news.scene,
        "appeared": [list(region.spots[-1].box) for region in news.appeared],
        "remained": [list(region.spots[-1].box) for region in news.remained],
        "left": [list(box) for box in news.left],
        "light": news.light,
    }


def _short(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, dict):
        return {name: _short(one) for name, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_short(one) for one in cast("list[Any]", value)]
    return round(value, 4) if isinstance(value, float) else value
