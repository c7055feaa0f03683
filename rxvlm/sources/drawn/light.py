"""Light in the drawn scene: the time of day, soft shadows, beams on the ground, and glare."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, hypot, pi, sin
from typing import NamedTuple

import cv2
import numpy as np

from rxvlm.media.picture import Image, read_only
from rxvlm.sources.drawn.actors import Actor, car, cyclist
from rxvlm.sources.drawn.pencil import Colour, Floats, Lens, Pencil, Point, shaded

DAY = 120.0
"""Seconds from noon to noon."""

SUN = (0.75, 0.3)
"""Metres right and away that a shadow falls for each metre of height, at noon."""

_SOFT = 0.14
_BEAM_SOFT = 0.8
_HALO_SIDE = 64
_BEAMS: dict[object, tuple[float, float, float, int]] = {car: (2.2, 9.5, 2.4, 120), cyclist: (0.8, 4.0, 0.9, 70)}
_HEAD: Colour = (225, 245, 255)
_TAIL: Colour = (60, 50, 255)
_HEADLAMPS: dict[object, tuple[tuple[Point, float], ...]] = {
    car: (((2.15, 0.63, -0.66), 1.1), ((2.15, 0.63, 0.66), 1.1)),
    cyclist: (((0.5, 0.9, 0), 0.5),),
}
_TAILLAMPS: dict[object, tuple[tuple[Point, float], ...]] = {
    car: (((-2.15, 0.71, -0.66), 0.7), ((-2.15, 0.71, 0.66), 0.7)),
    cyclist: (((-0.4, 0.8, 0), 0.35),),
}


class Light(NamedTuple):
    """How the light is at a moment, each from 0 to 1.

    Args:
        day: Daylight.
        night: Street lamps and the night sky.
        dusk: Evening or morning red.
    """

    day: float
    night: float
    dusk: float

    @property
    def lamps(self) -> float:
        """How bright lamps and windows seem."""
        return self.night**0.5


def light_at(time: float) -> Light:
    """How the light is at a time in seconds: noon at 0, midnight half a `DAY` later."""
    sun = 0.5 + 0.5 * cos(2 * pi * time / DAY)
    dark = min(max((0.66 - sun) / 0.5, 0), 1)
    return Light(sun**0.8, dark * dark * (3 - 2 * dark), (4 * sun * (1 - sun)) ** 2)


def cast_shadow(image: Image, lens: Lens, actor: Actor, light: Light) -> None:
    """Darken the ground of a picture where an actor, not yet drawn, throws a soft shadow."""
    sun = [metres * (1 + 0.8 * light.dusk) for metres in SUN]
    along, up, across = actor.reach
    corners: list[Point] = [(x, y, z) for x in (-along, along) for y in (0, up) for z in (-across, across)]
    pixels = actor.put(Pencil(image, lens)).flattened(*sun).pixels(corners)
    spot = _Spot.around(image, pixels, _SOFT * lens.per_metre(actor.away))
    if spot is not None:
        ink = round(255 * (0.14 + 0.36 * light.day))
        actor.draw(actor.put(spot.pencil(lens, ink)).flattened(*sun), actor)
        spot.part[:] = cv2.multiply(spot.part, cv2.cvtColor(255 - spot.softened(), cv2.COLOR_GRAY2BGR), scale=1 / 255)


def cast_beam(light: Image, lens: Lens, actor: Actor) -> None:
    """Brighten a layer of light where an actor's lamps, if they are lit, shine on the ground."""
    if not actor.lamps or actor.draw not in _BEAMS:
        return
    begin, end, wide, ink = _BEAMS[actor.draw]
    corners: list[Point] = [(begin, 0, -wide / 3), (begin, 0, wide / 3), (end, 0, wide), (end, 0, -wide)]
    pixels = actor.put(Pencil(light, lens)).pixels(corners)
    spot = _Spot.around(light, pixels, _BEAM_SOFT * lens.per_metre(actor.away))
    if spot is not None:
        actor.put(spot.pencil(lens, ink)).area(corners, _HEAD)
        spot.part[:] = cv2.add(spot.part, _tinted(spot.softened(), _HEAD))


def add_glare(image: Image, lens: Lens, actor: Actor) -> None:
    """Let the lamps of an actor that face the camera dazzle it."""
    facing = actor.right * cos(actor.heading) + actor.away * sin(actor.heading)
    facing /= -max(hypot(actor.right, actor.away), 0.1)
    head = actor.lamps * (0.25 + facing)
    tail = (0.5 * actor.lamps + 0.6 * actor.braking) * (0.25 - facing)
    for bulbs, colour, bright in ((_HEADLAMPS, _HEAD, head), (_TAILLAMPS, _TAIL, tail)):
        for place, radius in bulbs.get(actor.draw, ()) if bright > 0 else ():
            centre = actor.put(Pencil(image, lens)).pixels([place])[0]
            _glare(image, centre, radius * lens.per_metre(actor.away), shaded(colour, min(bright, 1.0)))


@dataclass(frozen=True, slots=True, eq=False)
class _Spot:
    """A part of a picture, and a mask of its size, (height, width)."""

    part: Image
    mask: Image
    left: int
    top: int
    softness: int

    @classmethod
    def around(cls, image: Image, pixels: Floats, softness: float) -> _Spot | None:
        """Find the part that surrounds some (column, row) pixels; None if it is out of the picture."""
        high, wide = image.shape[:2]
        left, top = (max(0, int(side)) for side in np.floor(pixels.min(axis=0) - softness))
        right, bottom = (int(side) for side in np.ceil(pixels.max(axis=0) + softness))
        right, bottom = min(right, wide), min(bottom, high)
        if left >= right or top >= bottom:
            return None
        mask = np.zeros((bottom - top, right - left), np.uint8)
        return cls(image[top:bottom, left:right], mask, left, top, max(1, round(softness)))

    def pencil(self, lens: Lens, ink: int) -> Pencil:
        """Give a pencil that draws into the mask what the lens sees of this part."""
        return Pencil(self.mask, lens.moved(self.left, self.top), ink)

    def softened(self) -> Image:
        """Give the mask without hard edges."""
        return np.asarray(cv2.blur(self.mask, (self.softness, self.softness)), np.uint8)


def _glare(image: Image, centre: Floats, radius: float, colour: Colour) -> None:
    spot = _Spot.around(image, np.array([centre - radius, centre + radius]), 1)
    if spot is None:
        return
    scale = 2 * radius / _HALO_SIDE
    column, row = centre - radius - (spot.left, spot.top)
    place = np.array([[scale, 0, column], [0, scale, row]])
    halo = np.asarray(cv2.warpAffine(_HALO, place, (spot.mask.shape[1], spot.mask.shape[0])), np.uint8)
    spot.part[:] = cv2.add(spot.part, _tinted(halo, colour))


def _tinted(mask: Image, colour: Colour) -> Image:
    """Give a mask (height, width) as a picture in one colour, (height, width, 3)."""
    return np.asarray(cv2.transform(mask, np.array([[part / 255] for part in colour])), np.uint8)


def _halo() -> Image:
    """A round glare, 255 in the middle and 0 at the rim."""
    steps = np.linspace(-1, 1, _HALO_SIDE)
    fall = np.clip(1 - np.hypot(steps[None, :], steps[:, None]), 0, 1) ** 3
    return read_only((255 * fall).astype(np.uint8))


_HALO = _halo()
