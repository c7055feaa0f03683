"""Scene: a drawn surveillance camera, to try the library without a real one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter

import cv2
import numpy as np

from rxvlm.media.picture import Image, read_only
from rxvlm.sources.drawn.actors import Actor
from rxvlm.sources.drawn.backdrop import FULL_LIGHT, paint_backdrop
from rxvlm.sources.drawn.light import Light, add_glare, cast_beam, cast_shadow, light_at
from rxvlm.sources.drawn.pencil import HEIGHT, WIDTH, Pencil
from rxvlm.sources.drawn.sites import SITES
from rxvlm.sources.drawn.story import actors_at

CAMERAS: tuple[str, ...] = tuple(SITES)
"""Names of the drawn cameras."""

_LAMPS_ON = 0.25
_NOISE_ROOM = 48
_NOISE_ZERO = 128
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SMALLEST_TEXT = 0.3


class Scene:
    """One drawn camera: people walk, cars come and go, and a day with its night takes two minutes.

    The events repeat every 60 seconds with small differences; in quiet periods only the
    tree moves. A picture depends only on the arguments, so any thread may draw any
    moment, in any order.

    >>> Scene("yard").draw(12.5, "2026-11-23 18:55:01").shape
    (360, 640, 3)

    Args:
        camera: One of `CAMERAS`.
        seed: Seed of colours, directions and moments, at least 0.
        size: Pixels (width, height); an aspect ratio other than 16:9 shows less of the place.

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
        self._backdrop = paint_backdrop(SITES[camera], size, seed)
        self._noise = _noise(size, seed)

    def draw(self, time: float, clock: str) -> Image:
        """Draw the picture of a moment.

        Args:
            time: Seconds since the first noon, at least 0, without upper limit.
            clock: Text beside the camera's name in the corner; left out if the picture is too small for it.

        Returns:
            A new array, BGR ``uint8`` (height, width, 3).
        """
        light, lens = light_at(time), self._backdrop.lens
        cast = actors_at(self._camera, self._seed, time)
        actors = [replace(actor, lamps=actor.lamps and light.night > _LAMPS_ON) for actor in cast]
        seen, glow = self._draw_moving(actors, time, light)
        shine = self._backdrop.light_layer(light)
        for actor in actors:
            cast_beam(shine, lens, actor)
        image = np.asarray(cv2.add(cv2.multiply(seen, shine, scale=1 / FULL_LIGHT), glow), np.uint8)
        for actor in actors:
            add_glare(image, lens, actor)
        image = self._add_noise(image, time, light)
        _label(image, f"{self._camera.upper()}  {clock}")
        return image

    def _draw_moving(self, actors: Sequence[Actor], time: float, light: Light) -> tuple[Image, Image]:
        """Draw everything that moves, the farthest first.

        Returns:
            The picture in full light, and the added light of lamps and sky, without what the actors hide of it.
        """
        still = self._backdrop
        seen, glow = still.picture.copy(), still.glow_layer(light)
        steps: list[tuple[float, Callable[[], None]]] = [
            (still.tree.away, partial(still.tree.draw, seen, glow, time)),
            (still.front_away, partial(still.draw_front, seen, glow, light)),
            *((actor.away, partial(self._draw_actor, seen, glow, actor, light)) for actor in actors),
        ]
        for _, step in sorted(steps, key=itemgetter(0), reverse=True):
            step()
        return seen, glow

    def _draw_actor(self, seen: Image, glow: Image, actor: Actor, light: Light) -> None:
        lens = self._backdrop.lens
        cast_shadow(seen, lens, actor, light)
        actor.draw(actor.pencil_at_place(Pencil(seen, lens)), actor)
        if light.dusk + light.night > 0:
            actor.draw(actor.pencil_at_place(Pencil(glow, lens, 0)), actor)

    def _add_noise(self, image: Image, time: float, light: Light) -> Image:
        """Add sensor noise, more of it at night."""
        left, top = np.random.default_rng([self._seed, round(time * 1000)]).integers(_NOISE_ROOM, size=2)
        noise = self._noise[top : top + image.shape[0], left : left + image.shape[1]]
        strength = 0.55 + 0.6 * light.night
        return np.asarray(cv2.addWeighted(image, 1, noise, strength, -_NOISE_ZERO * strength), np.uint8)


def _noise(size: tuple[int, int], seed: int) -> Image:
    shape = (size[1] + _NOISE_ROOM, size[0] + _NOISE_ROOM, 3)
    rng = np.random.default_rng([seed, 13])
    return read_only((_NOISE_ZERO + 2.6 * rng.standard_normal(shape, np.float32)).round().astype(np.uint8))


def _label(image: Image, text: str) -> None:
    """Write a text into the corner if it fits."""
    high, wide = image.shape[:2]
    size = max(_SMALLEST_TEXT, 0.42 * min(wide / WIDTH, high / HEIGHT))
    thick = max(1, round(2.2 * size))
    (length, tall), _ = cv2.getTextSize(text, _FONT, size, thick)
    place = (round(14 * size), round(14 * size) + tall)
    if place[0] + length > wide:
        return
    for colour, aside in (((20, 20, 20), max(1, round(2 * size))), ((245, 245, 245), 0)):
        cv2.putText(image, text, (place[0] + aside, place[1] + aside), _FONT, size, colour, thick, cv2.LINE_AA)
