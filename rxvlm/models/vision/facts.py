"""Facts: what can be told of a clip's small pictures without understanding them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any, cast

import numpy as np

from rxvlm.models.vision import light
from rxvlm.models.vision.change import share
from rxvlm.models.vision.look import Look, colour, sharpness
from rxvlm.models.vision.memory import Memory
from rxvlm.models.vision.motion import Motion, motion_of
from rxvlm.models.vision.paths import Region
from rxvlm.models.vision.shots import Shot, shot_of
from rxvlm.models.vision.since import Since, since
from rxvlm.models.vision.small import Planes, Small

_CROWDED = 0.02  # of the picture, in front of the scene, more than in the emptiest picture


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
        return {
            "times": [_short(time) for time in self.times],
            "motion": _plain(self.motion) if self.motion else None,
            "regions": [_plain_region(region) for region in self.regions],
            "cuts": [_short(time) for time in self.cuts],
            "look": _plain(self.look),
            "since": _plain_since(self.since) if self.since else None,
            "detected": dict(self.detected),
        }


def facts_of(pictures: Sequence[Small], times: Sequence[float], before: Memory | None = None) -> tuple[Facts, Memory]:
    """Look at the pictures of a clip.

    Args:
        pictures: All of one size.
        times: Seconds of the source's time, one for each.
        before: What was kept of the clip before, of the same camera; one of another size is ignored.

    Returns:
        The facts, and what to keep for the next clip.
    """
    tinies = np.array([light.tiny(picture.luma) for picture in pictures])
    before = before if before and before.last.shape == pictures[0].luma.shape else None
    cuts, elsewhere = _cuts(tinies, before)
    shots = _shots(pictures, tinies, times, cuts, None if elsewhere else before)
    look = _look(pictures, tinies, cuts[-1] if cuts else 0, shots[-1])
    news = None if not before else Since(scene=True) if elsewhere else since(shots[0], look.light)
    found = sorted((region for shot in shots for region in shot.regions), key=lambda region: -region.area)
    motion = motion_of(
        [shot.steps for shot in shots],
        moved=any(region.state == "moved" for region in found),
        trembled=any(shot.trembled for shot in shots),
    )
    facts = Facts(tuple(times), motion, tuple(found), tuple(times[at] for at in cuts), look, news)
    return facts, shots[-1].memory(look.light)


def _cuts(tinies: Planes, before: Memory | None) -> tuple[list[int], bool]:
    """Give the first pictures of new scenes, and whether the clip begins with another than the last one's end."""
    if before is None:
        return light.cuts(tinies), False
    cuts = light.cuts(np.concatenate([light.tiny(before.last)[None], tinies]))
    return [at - 1 for at in cuts if at > 1], 1 in cuts


def _shots(
    pictures: Sequence[Small], tinies: Planes, times: Sequence[float], cuts: list[int], before: Memory | None
) -> list[Shot]:
    spans = list(pairwise([0, *cuts, len(pictures)]))
    return [shot_of(pictures[a:b], tinies[a:b], times[a:b], a, before if a == 0 else None) for a, b in spans]


def _look(pictures: Sequence[Small], tinies: Planes, begin: int, shot: Shot) -> Look:
    """Look at the last shot, whose pictures begin somewhere."""
    empty = [begin + at for at in _empty(shot)]
    lights = light.brightness(tinies[empty])
    mean = float(np.median(lights))
    detail = sharpness(pictures[len(pictures) // 2].lines)
    return Look(mean, light.level(mean), light.trend_of(lights), detail, *colour(pictures[empty[len(empty) // 2]]))


def _empty(shot: Shot) -> list[int]:
    """Give the pictures with the least in front of the scene: cameras take a bright car for a bright day."""
    shares = [share(mask) for mask in shot.masks]
    return [at for at, much in enumerate(shares) if much <= min(shares) + _CROWDED]


def _plain(facts: Motion | Look) -> dict[str, Any]:
    return {each.name: _short(getattr(facts, each.name)) for each in fields(facts)}


def _plain_region(region: Region) -> dict[str, Any]:
    path = [{"time": _short(spot.time), "box": _short(spot.box)} for spot in region.spots]
    return {"state": region.state, "area": _short(region.area), "aspect": _short(region.aspect), "path": path}


def _plain_since(news: Since) -> dict[str, Any]:
    return {
        "scene": news.scene,
        "appeared": [_short(region.spots[-1].box) for region in news.appeared],
        "remained": [_short(region.spots[-1].box) for region in news.remained],
        "left": [_short(box) for box in news.left],
        "light": news.light,
    }


def _short(value: object) -> object:
    if isinstance(value, tuple):
        return [_short(each) for each in cast("tuple[object, ...]", value)]
    return round(value, 4) if isinstance(value, float) else value
