"""Light in the drawn scene: the time of day, soft shadows, headlamp beams on the ground, and glare."""

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
"""Length of a day in the drawn scene, in seconds from noon to noon."""

SUN = (0.75, 0.3)
"""Metres to the right and away that a shadow extends at noon, for each metre of height."""

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
    """The light at a moment; each value is 0 to 1.

    Args:
        day: Daylight.
        night: Light of street lamps and the night sky.
        dusk: Red light of the evening or morning sky.
    """

    day: float
    night: float
    dusk: float

    @property
    def lamps(self) -> float:
        """Apparent brightness of lamps and windows, 0 to 1."""
        return self.night**0.5


def light_at(time: float) -> Light:
    """Return the light at a time in seconds: noon is at 0, midnight half a `DAY` later."""
    sun = 0.5 + 0.5 * cos(2 * pi * time / DAY)
    dark = min(max((0.66 - sun) / 0.5, 0), 1)
    return Light(sun**0.8, dark * dark * (3 - 2 * dark), (4 * sun * (1 - sun)) ** 2)


def cast_shadow(image: Image, lens: Lens, actor: Actor, light: Light) -> None:
    """Darken the ground of a picture where an actor, which is drawn later, casts a soft shadow."""
    sun = [metres * (1 + 0.8 * light.dusk) for metres in SUN]
    along, up, across = actor.reach
    corners: list[Point] = [(x, y, z) for x in (-along, along) for y in (0, up) for z in (-across, across)]
    pixels = actor.pencil_at_place(Pencil(image, lens)).flattened(*sun).pixels(corners)
    patch = _Patch.around(image, pixels, _SOFT * lens.per_metre(actor.away))
    if patch is not None:
        ink = round(255 * (0.14 + 0.36 * light.day))
        actor.draw(actor.pencil_at_place(patch.pencil(lens, ink)).flattened(*sun), actor)
        patch.part[:] = cv2.multiply(
            patch.part, cv2.cvtColor(255 - patch.softened(), cv2.COLOR_GRAY2BGR), scale=1 / 255
        )


def cast_beam(light: Image, lens: Lens, actor: Actor) -> None:
    """Brighten a light layer where an actor's lamps, if they are on, shine on the ground."""
    if not actor.lamps or actor.draw not in _BEAMS:
        return
    begin, end, wide, ink = _BEAMS[actor.draw]
    corners: list[Point] = [(begin, 0, -wide / 3), (begin, 0, wide / 3), (end, 0, wide), (end, 0, -wide)]
    pixels = actor.pencil_at_place(Pencil(light, lens)).pixels(corners)
    patch = _Patch.around(light, pixels, _BEAM_SOFT * lens.per_metre(actor.away))
    if patch is not None:
        actor.pencil_at_place(patch.pencil(lens, ink)).area(corners, _HEAD)
        patch.part[:] = cv2.add(patch.part, _tinted(patch.softened(), _HEAD))


def add_glare(image: Image, lens: Lens, actor: Actor) -> None:
    """Add the glare of an actor's lamps that face the camera."""
    facing = actor.right * cos(actor.heading) + actor.away * sin(actor.heading)
    facing /= -max(hypot(actor.right, actor.away), 0.1)
    head = actor.lamps * (0.25 + facing)
    tail = (0.5 * actor.lamps + 0.6 * actor.braking) * (0.25 - facing)
    for bulbs, colour, bright in ((_HEADLAMPS, _HEAD, head), (_TAILLAMPS, _TAIL, tail)):
        for place, radius in bulbs.get(actor.draw, ()) if bright > 0 else ():
            centre = actor.pencil_at_place(Pencil(image, lens)).pixels([place])[0]
            _glare(image, centre, radius * lens.per_metre(actor.away), shaded(colour, min(bright, 1.0)))


@dataclass(frozen=True, slots=True, eq=False)
class _Patch:
    """A rectangular part of a picture, and a mask of the same size, (height, width)."""

    part: Image
    mask: Image
    left: int
    top: int
    softness: int

    @classmethod
    def around(cls, image: Image, pixels: Floats, softness: float) -> _Patch | None:
        """Return the part that surrounds some pixels (column, row); None if it is outside of the picture."""
        high, wide = image.shape[:2]
        left, top = (max(0, int(side)) for side in np.floor(pixels.min(axis=0) - softness))
        right, bottom = (int(side) for side in np.ceil(pixels.max(axis=0) + softness))
        right, bottom = min(right, wide), min(bottom, high)
        if left >= right or top >= bottom:
            return None
        mask = np.zeros((bottom - top, right - left), np.uint8)
        return cls(image[top:bottom, left:right], mask, left, top, max(1, round(softness)))

    def pencil(self, lens: Lens, ink: int) -> Pencil:
        """Return a pencil that draws into the mask, seen through the lens of the whole picture."""
        return Pencil(self.mask, lens.moved(self.left, self.top), ink)

    def softened(self) -> Image:
        """Return the mask with soft edges."""
        return np.asarray(cv2.blur(self.mask, (self.softness, self.softness)), np.uint8)


def _glare(image: Image, centre: Floats, radius: float, colour: Colour) -> None:
    patch = _Patch.around(image, np.array([centre - radius, centre + radius]), 1)
    if patch is None:
        return
    scale = 2 * radius / _HALO_SIDE
    column, row = centre - radius - (patch.left, patch.top)
    place = np.array([[scale, 0, column], [0, scale, row]])
    halo = np.asarray(cv2.warpAffine(_HALO, place, (patch.mask.shape[1], patch.mask.shape[0])), np.uint8)
    patch.part[:] = cv2.add(patch.part, _tinted(halo, colour))


def _tinted(mask: Image, colour: Colour) -> Image:
    """Return a mask (height, width) as a picture in one colour, (height, width, 3)."""
    return np.asarray(cv2.transform(mask, np.array([[part / 255] for part in colour])), np.uint8)


def _halo() -> Image:
    """Return a picture of a round glare: 255 in the middle and 0 at the rim."""
    steps = np.linspace(-1, 1, _HALO_SIDE)
    fall = np.clip(1 - np.hypot(steps[None, :], steps[:, None]), 0, 1) ** 3
    return read_only((255 * fall).astype(np.uint8))


_HALO = _halo()
