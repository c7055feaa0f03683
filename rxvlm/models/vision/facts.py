"""Facts: what can be measured in the small pictures of a clip without understanding them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any, cast

import numpy as np

from rxvlm.models.vision import light
from rxvlm.models.vision.change import marked_share
from rxvlm.models.vision.clip_changes import ClipChanges, changes_between
from rxvlm.models.vision.look import Look, colour, sharpness
from rxvlm.models.vision.memory import Memory
from rxvlm.models.vision.motion import Motion, measure_motion
from rxvlm.models.vision.paths import Region
from rxvlm.models.vision.shots import ShotAnalysis, analyze_shot
from rxvlm.models.vision.small import Planes, SmallPicture

_CROWDED = 0.02  # of the picture: a picture with this much more foreground than the emptiest one counts as crowded


@dataclass(frozen=True, slots=True)
class Facts:
    """What a clip shows.

    Attributes:
        times: Seconds of the source's time, one for each frame.
        motion: None if there is only one frame.
        regions: What moved, stood or was seen briefly, the largest first.
        cuts: Seconds of the first picture of each new scene.
        look: Light, sharpness, colour.
        since: What changed since the previous clip; None if there is none to compare with.
        detected: The most that a detector found in one frame, under ``people`` and ``faces``.
    """

    times: tuple[float, ...]
    motion: Motion | None
    regions: tuple[Region, ...]
    cuts: tuple[float, ...]
    look: Look
    since: ClipChanges | None = None
    detected: dict[str, int] = field(default_factory=dict[str, int])

    def plain(self) -> dict[str, Any]:
        """Return the facts as dicts, lists, strings and numbers, ready for JSON, rounded to four decimals."""
        return {
            "times": [_rounded(time) for time in self.times],
            "motion": _plain(self.motion) if self.motion else None,
            "regions": [_plain_region(region) for region in self.regions],
            "cuts": [_rounded(time) for time in self.cuts],
            "look": _plain(self.look),
            "since": _plain_since(self.since) if self.since else None,
            "detected": dict(self.detected),
        }


def find_facts(
    pictures: Sequence[SmallPicture], times: Sequence[float], before: Memory | None = None
) -> tuple[Facts, Memory]:
    """Measure the facts of a clip.

    Args:
        pictures: The clip's pictures, all of one size.
        times: Seconds of the source's time, one for each picture.
        before: Memory of the camera's previous clip; ignored if its pictures have another size.

    Returns:
        The facts, and the memory for the next clip.
    """
    thumbnails = np.array([light.thumbnail(picture.luma) for picture in pictures])
    before = before if before and before.last.shape == pictures[0].luma.shape else None
    cuts, elsewhere = _cuts(thumbnails, before)
    shots = _shots(pictures, thumbnails, times, cuts, None if elsewhere else before)
    look = _look(pictures, thumbnails, cuts[-1] if cuts else 0, shots[-1])
    news = None if not before else ClipChanges(scene=True) if elsewhere else changes_between(shots[0], look.light)
    found = sorted((region for shot in shots for region in shot.regions), key=lambda region: -region.area)
    motion = measure_motion(
        [shot.steps for shot in shots],
        moved=any(region.state == "moved" for region in found),
        trembled=any(shot.trembled for shot in shots),
    )
    facts = Facts(tuple(times), motion, tuple(found), tuple(times[at] for at in cuts), look, news)
    return facts, shots[-1].memory(look.light)


def _cuts(thumbnails: Planes, before: Memory | None) -> tuple[list[int], bool]:
    """Return the indices at which a new scene begins, and whether the first scene differs from the previous clip."""
    if before is None:
        return light.find_cuts(thumbnails), False
    cuts = light.find_cuts(np.concatenate([light.thumbnail(before.last)[None], thumbnails]))
    return [at - 1 for at in cuts if at > 1], 1 in cuts


def _shots(
    pictures: Sequence[SmallPicture], thumbnails: Planes, times: Sequence[float], cuts: list[int], before: Memory | None
) -> list[ShotAnalysis]:
    spans = list(pairwise([0, *cuts, len(pictures)]))
    return [analyze_shot(pictures[a:b], thumbnails[a:b], times[a:b], a, before if a == 0 else None) for a, b in spans]


def _look(pictures: Sequence[SmallPicture], thumbnails: Planes, begin: int, shot: ShotAnalysis) -> Look:
    """Measure the look of the last shot; ``begin`` is the clip's index of its first picture."""
    empty = [begin + at for at in _emptiest(shot)]
    lights = light.brightness(thumbnails[empty])
    mean = float(np.median(lights))
    detail = sharpness(pictures[len(pictures) // 2].lines)
    return Look(
        mean, light.light_level(mean), light.overall_trend(lights), detail, *colour(pictures[empty[len(empty) // 2]])
    )


def _emptiest(shot: ShotAnalysis) -> list[int]:
    """Return the indices of the pictures with the least foreground: a bright car makes a camera's exposure darker."""
    shares = [marked_share(mask) for mask in shot.masks]
    return [at for at, much in enumerate(shares) if much <= min(shares) + _CROWDED]


def _plain(facts: Motion | Look) -> dict[str, Any]:
    return {each.name: _rounded(getattr(facts, each.name)) for each in fields(facts)}


def _plain_region(region: Region) -> dict[str, Any]:
    path = [{"time": _rounded(spot.time), "box": _rounded(spot.box)} for spot in region.spots]
    return {"state": region.state, "area": _rounded(region.area), "aspect": _rounded(region.aspect), "path": path}


def _plain_since(news: ClipChanges) -> dict[str, Any]:
    return {
        "scene": news.scene,
        "appeared": [_rounded(region.spots[-1].box) for region in news.appeared],
        "remained": [_rounded(region.spots[-1].box) for region in news.remained],
        "left": [_rounded(box) for box in news.left],
        "light": news.light,
    }


def _rounded(value: object) -> object:
    if isinstance(value, tuple):
        return [_rounded(each) for each in cast("tuple[object, ...]", value)]
    return round(value, 4) if isinstance(value, float) else value
