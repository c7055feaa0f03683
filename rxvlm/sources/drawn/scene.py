"""Scene: a drawn surveillance camera, so that everything can be tried without one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter

import cv2
import numpy as np

from rxvlm.media.picture import Image, read_only
from rxvlm.sources.drawn.actors import Actor
from rxvlm.sources.drawn.backdrop import FULL_LIGHT, backdrop
from rxvlm.sources.drawn.light import Light, add_glare, cast_beam, cast_shadow, light_at
from rxvlm.sources.drawn.pencil import HEIGHT, WIDTH, Pencil
from rxvlm.sources.drawn.sites import SITES
from rxvlm.sources.drawn.story import story

CAMERAS: tuple[str, ...] = tuple(SITES)
"""Names of the drawn cameras."""

_LAMPS_ON = 0.25
_NOISE_ROOM = 48
_NOISE_ZERO = 128
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SMALLEST_TEXT = 0.3


class Scene:
    """One drawn camera: a place where people walk, cars come and go, and night falls every two minutes.

    What happens repeats every 60 seconds, each time a little differently, with
    quiet stretches in which only the tree moves. A picture depends on the
    arguments alone, so any thread may draw any moment, in any order.

    >>> Scene("yard").draw(12.5, "2026-11-23 18:55:01").shape
    (360, 640, 3)

    Args:
        camera: One of `CAMERAS`.
        seed: Of colours, directions and moments, at least 0.
        size: Pixels (width, height); another shape than 16:9 sees less of the place.

    Raises:
        ValueError: If there is no such camera, or the seed or size is out of range.
    """

    def __init__(self, camera: str, seed: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
        if camera not in CAMERAS:
            raise ValueError(f"there is no drawn camera {camera!r}, only {', '.join(CAMERAS)}")
        if seed < 0:
            raise ValueError(f"a seed is at least 0, not {seed}")
        if min(size) < 1:
            raise ValueError(f"a picture has at least 1 x 1 pixels, not {size[0]} x {size[1]}")
        self._camera = camera
        self._seed = seed
        self._backdrop = backdrop(SITES[camera], size, seed)
        self._noise = _noise(size, seed)

    def draw(self, time: float, clock: str) -> Image:
        """Draw the picture of a moment.

        Args:
            time: Seconds since the first noon, at least 0, without end.
            clock: Text beside the camera's name in the corner; left out of pictures too small for it.

        Returns:
            A new array, BGR ``uint8`` (height, width, 3).
        """
        light, lens = light_at(time), self._backdrop.lens
        cast = story(self._camera, self._seed, time)
        actors = [replace(actor, lamps=actor.lamps and light.night > _LAMPS_ON) for actor in cast]
        seen, glow = self._played(actors, time, light)
        shine = self._backdrop.shine(light)
        for actor in actors:
            cast_beam(shine, lens, actor)
        image = np.asarray(cv2.add(cv2.multiply(seen, shine, scale=1 / FULL_LIGHT), glow), np.uint8)
        for actor in actors:
            add_glare(image, lens, actor)
        image = self._sensed(image, time, light)
        _label(image, f"{self._camera.upper()}  {clock}")
        return image

    def _played(self, actors: Sequence[Actor], time: float, light: Light) -> tuple[Image, Image]:
        """Draw all that moves, the farthest first: in full light, and as what hides the glow of lamps and sky."""
        still = self._backdrop
        seen, glow = still.picture.copy(), still.glow(light)
        steps: list[tuple[float, Callable[[], None]]] = [
            (still.tree.away, partial(still.tree.draw, seen, glow, time)),
            (still.front_away, partial(still.uncover, seen, glow, light)),
            *((actor.away, partial(self._perform, seen, glow, actor, light)) for actor in actors),
        ]
        for _, step in sorted(steps, key=itemgetter(0), reverse=True):
            step()
        return seen, glow

    def _perform(self, seen: Image, glow: Image, actor: Actor, light: Light) -> None:
        lens = self._backdrop.lens
        cast_shadow(seen, lens, actor, light)
        actor.draw(actor.put(Pencil(seen, lens)), actor)
        if light.dusk + light.night > 0:
            actor.draw(actor.put(Pencil(glow, lens, 0)), actor)

    def _sensed(self, image: Image, time: float, light: Light) -> Image:
        """Add the sensor's noise, more at night."""
        left, top = np.random.default_rng([self._seed, round(time * 1000)]).integers(_NOISE_ROOM, size=2)
        noise = self._noise[top : top + image.shape[0], left : left + image.shape[1]]
        strength = 0.55 + 0.6 * light.night
        return np.asarray(cv2.addWeighted(image, 1, noise, strength, -_NOISE_ZERO * strength), np.uint8)


def _noise(size: tuple[int, int], seed: int) -> Image:
    shape = (size[1] + _NOISE_ROOM, size[0] + _NOISE_ROOM, 3)
    chance = np.random.default_rng([seed, 13])
    return read_only((_NOISE_ZERO + 2.6 * chance.standard_normal(shape, np.float32)).round().astype(np.uint8))


def _label(image: Image, text: str) -> None:
    """Write into the corner, if there is room for it."""
    high, wide = image.shape[:2]
    size = max(_SMALLEST_TEXT, 0.42 * min(wide / WIDTH, high / HEIGHT))
    thick = max(1, round(2.2 * size))
    (length, tall), _ = cv2.getTextSize(text, _FONT, size, thick)
    place = (round(14 * size), round(14 * size) + tall)
    if place[0] + length > wide:
        return
    for colour, aside in (((20, 20, 20), max(1, round(2 * size))), ((245, 245, 245), 0)):
        cv2.putText(image, text, (place[0] + aside, place[1] + aside), _FONT, size, colour, thick, cv2.LINE_AA)
