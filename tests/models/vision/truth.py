"""The truth about the drawn scenes: what happens in them, and how much of it a model found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np
from av import VideoFrame

from rxvlm.clip import Clip
from rxvlm.media import mp4
from rxvlm.media.picture import Image
from rxvlm.models.opencv import opencv
from rxvlm.sources.drawn.actors import Actor, barrier
from rxvlm.sources.drawn.backdrop import FULL_LIGHT
from rxvlm.sources.drawn.light import add_glare, cast_beam, light_at
from rxvlm.sources.drawn.pencil import Pencil
from rxvlm.sources.drawn.scene import Scene
from rxvlm.sources.drawn.story import _STORIES, STORY_LENGTH

SIZE, TRUTH = (640, 360), (320, 180)
MOMENTS = (0.0, 1.2, 2.5, 3.7, 5.0, 6.2, 7.5, 8.7)  # of 10 s at 10 frames a second, as `sample_evenly(8)` takes them
SEEN = 0.0003  # of the picture: an actor that never covers more is not visible
_TOLD = 6  # levels by which an actor must change a pixel to be visible there
_STILL = 0.004  # of the picture's side: an actor that moves less stands
_OWN = 0.25  # of a box: if actors, their shadows or lamps changed more, the region is no invention

Box: TypeAlias = Sequence[float]
"""x, y, width, height as shares of the picture."""

Who: TypeAlias = tuple[int, int]
"""The minute, and the number in its story."""


class Seen(NamedTuple):
    """An actor at one moment.

    Attributes:
        box: Where, as x, y, width, height in shares of the picture.
        area: Share of the picture that shows it.
        turn: How far a barrier is open; 0 for others.
    """

    box: Box
    area: float
    turn: float


Event: TypeAlias = Mapping[float, Seen]
"""Where an actor was, by the moments of a clip."""


@dataclass
class Judged:
    """How much of what happened was found.

    Attributes:
        hits: The largest area of each event that was found, and at how many moments it was visible.
        misses: The same for the events that were not found.
        inventions: Regions that are no actor, no actor's shadow and no actor's light.
    """

    hits: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    misses: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    inventions: list[str] = field(default_factory=list[str])


def judged(camera: str, seed: int = 0, seconds: int = 120) -> Judged:
    """Ask the model about each ten seconds of a drawn camera, over a day of two minutes, and count."""
    verdict, vlm = Judged(), opencv()
    for clip in clips(camera, seed, seconds):
        regions: list[dict[str, Any]] = vlm.ask(clip, "").run().value["regions"]
        events = happened(camera, seed, clip.times)
        found = {who for region in regions for who in events if _is(region, events[who])}
        for who, event in events.items():
            fact = max(seen.area for seen in event.values()), len(event)
            (verdict.hits if who in found else verdict.misses).append(fact)
        for region in regions:
            known = any(_is(region, event) for event in events.values()) or _owned(camera, seed, region)
            if not known:
                verdict.inventions.append(f"{camera} {seed} {clip.start:g} s: {region}")
    return verdict


def clips(camera: str, seed: int, seconds: int) -> Iterator[Clip]:
    """Draw the windows of a camera, as `watch` gives them to a model."""
    scene = _scene(camera, seed, SIZE)
    for start in range(0, seconds, 10):
        times = [start + moment for moment in MOMENTS]
        clocks = [datetime(2026, 9, 21, tzinfo=UTC) + timedelta(seconds=time) for time in times]
        pictures = [scene.draw(time, f"{clock:%Y-%m-%d %H:%M:%S}") for time, clock in zip(times, clocks, strict=True)]
        yield clip_of(pictures, times, camera)


def clip_of(pictures: Sequence[Image], times: Sequence[float], source: str = "") -> Clip:
    """Encode pictures of a window of ten seconds."""
    frames = [VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24") for picture in pictures]
    size = pictures[0].shape[1], pictures[0].shape[0]
    data = mp4.encode(zip(times, frames, strict=True), size=size)
    return Clip(data, "video/mp4", tuple(times), *size, start=times[0], end=times[0] + 10, source=source)


def empty_scene(camera: str, seed: int, time: float) -> Image:
    """Draw a moment of a camera without actors: only the tree, the light and the sensor noise change."""
    return _drawn(_scene(camera, seed, SIZE), [], time)


def happened(camera: str, seed: int, times: Sequence[float]) -> dict[Who, Event]:
    """Return the actors that came, went or moved and are large enough to be visible."""
    everybody: dict[Who, dict[float, Seen]] = {}
    for time in times:
        for who, seen in _at(camera, seed, time).items():
            everybody.setdefault(who, {})[time] = seen
    return {
        who: event
        for who, event in everybody.items()
        if max(seen.area for seen in event.values()) >= SEEN and (_moves(event) or len(event) < len(times))
    }


def _moves(event: Event) -> bool:
    places = np.array([(x + width / 2, y + height / 2, turn) for (x, y, width, height), _, turn in event.values()])
    return bool(np.ptp(places, axis=0).max() >= _STILL)


@cache
def _scene(camera: str, seed: int, size: tuple[int, int] = TRUTH) -> Scene:
    return Scene(camera, seed, size)


def _story(camera: str, seed: int, time: float) -> dict[Who, Actor]:
    minute, moment = divmod(time, STORY_LENGTH)
    told = _STORIES[camera](np.random.default_rng([seed, *camera.encode(), int(minute)]), moment)
    return {(int(minute), number): actor for number, actor in enumerate(told) if actor is not None}


@cache
def _at(camera: str, seed: int, time: float) -> dict[Who, Seen]:
    """Return the visible actors of a moment: not hidden, and not of the colour of what is behind them."""
    scene, actors, seen = _scene(camera, seed), _story(camera, seed, time), dict[Who, Seen]()
    for who, actor in actors.items():
        mask = np.zeros(TRUTH[::-1], np.uint8)
        nearer = sorted((other for other in actors.values() if other.away < actor.away), key=lambda other: -other.away)
        for each, ink in ((actor, 255), *((other, 0) for other in nearer)):
            each.draw(each.pencil_at_place(Pencil(mask, scene._backdrop.lens, ink)), each)
        mask = (mask > 127) & (_touched(camera, seed, time) > 0)
        if mask.any():
            x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
            box = x / TRUTH[0], y / TRUTH[1], width / TRUTH[0], height / TRUTH[1]
            seen[who] = Seen(box, float(mask.mean()), actor.moved if actor.draw is barrier else 0.0)
    return seen


@cache
def _touched(camera: str, seed: int, time: float) -> Image:
    """Mark what the actors change: themselves, their shadows and the light of their lamps."""
    scene, actors = _scene(camera, seed), list(_story(camera, seed, time).values())
    off = cv2.absdiff(_drawn(scene, actors, time), _drawn(scene, [], time)).max(axis=2)
    return (cv2.blur(off, (3, 3)) > _TOLD).astype(np.uint8)


def _drawn(scene: Scene, actors: Sequence[Actor], time: float) -> Image:
    """Draw a moment as the scene does, but with these actors and without text."""
    light, lens = light_at(time), scene._backdrop.lens
    seen, glow = scene._draw_moving(actors, time, light)
    shine = scene._backdrop.light_layer(light)
    for actor in actors:
        cast_beam(shine, lens, actor)
    image = np.asarray(cv2.add(cv2.multiply(seen, shine, scale=1 / FULL_LIGHT), glow), np.uint8)
    for actor in actors:
        add_glare(image, lens, actor)
    return scene._add_noise(image, time, light)


def _is(region: dict[str, Any], event: Event) -> bool:
    """Check whether most of a region's path follows an actor."""
    near = [_near(spot["box"], event[spot["time"]].box) for spot in region["path"] if spot["time"] in event]
    return 2 * sum(near) >= len(region["path"])


def _near(one: Box, other: Box) -> bool:
    """Check whether the middle of one box lies in the other, or close to its edge."""
    return any(
        all(abs(a[axis] + a[axis + 2] / 2 - b[axis] - b[axis + 2] / 2) <= a[axis + 2] * 3 / 4 + 0.03 for axis in (0, 1))
        for a, b in ((one, other), (other, one))
    )


def _owned(camera: str, seed: int, region: dict[str, Any]) -> bool:
    """Check whether most of a region's path lies on an actor's shadow or light."""
    owned = [_share(_touched(camera, seed, spot["time"]), spot["box"]) > _OWN for spot in region["path"]]
    return 2 * sum(owned) >= len(owned)


def _share(mask: Image, box: Box) -> float:
    rows, columns = mask.shape
    x, y, width, height = box
    part = mask[int(y * rows) : int((y + height) * rows) + 1, int(x * columns) : int((x + width) * columns) + 1]
    return float(part.mean())
