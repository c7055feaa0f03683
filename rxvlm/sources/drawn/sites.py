"""Sites: the drawn places yard, gate and street, with what stands there and where the lamps are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi

import numpy as np

from rxvlm.sources.drawn.actors import Actor, car
from rxvlm.sources.drawn.painter import METAL, ROOF, WHITE, Painter, bricks, bush, cottage, hills, lamp_post
from rxvlm.sources.drawn.pencil import Colour, Lens, Point, shaded

_GRASS: Colour = (70, 128, 104)
_ASPHALT: Colour = (112, 110, 108)
_PAVING: Colour = (158, 164, 168)
_WOOD: Colour = (88, 126, 162)
_WALLS: tuple[Colour, ...] = ((196, 216, 226), (168, 198, 222), (206, 206, 198), (176, 206, 200))
_BRICKS: tuple[Colour, ...] = ((92, 110, 168), (110, 128, 172), (124, 140, 158))
_FACADES: tuple[Colour, ...] = ((150, 180, 206), (120, 140, 186), (186, 192, 192), (130, 164, 176), (168, 166, 186))
_PARKED: tuple[Colour, ...] = ((176, 174, 170), (118, 78, 52), (72, 70, 128), (70, 72, 72), (206, 208, 210))


@dataclass(frozen=True, slots=True)
class Site:
    """A place and the camera that looks at it.

    Args:
        lens: The camera.
        floor: Paints the ground.
        things: Paints what stands on it.
        front: Paints what hides the actors behind it.
        front_away: Distance in metres of what ``front`` paints.
        lamps: Where the lamps hang: (right, up, away) in metres.
        tree: Where the tree stands: (right, height, away) in metres.
    """

    lens: Lens
    floor: Callable[[Painter], None]
    things: Callable[[Painter], None]
    front: Callable[[Painter], None]
    front_away: float
    lamps: tuple[Point, ...]
    tree: Point


def _nothing(painter: Painter) -> None:
    """Paint nothing, for a place where nothing hides the actors."""


def _yard_floor(painter: Painter) -> None:
    paint = painter.paint
    paint.floor((-90, 3), (90, 300), shaded(_GRASS, 0.92))
    for strip in range(4, 22):
        paint.floor((-60, strip), (60, strip + 1), shaded(_GRASS, 1.04 if strip % 2 else 0.98))
    paint.floor((-1.6, 13.7), (40, 18.2), shaded(_PAVING, 0.8))
    paint.floor((-1.5, 13.8), (40, 18.1), _ASPHALT)
    paint.floor((-40, 9.6), (40, 11.6), _PAVING)
    for joint in np.arange(-16.0, 16.0, 0.9):
        paint.floor((joint, 9.6), (joint + 0.04, 11.6), shaded(_PAVING, 0.88))
    paint.floor((-5.2, 11.6), (-3.8, 17.6), _PAVING)
    paint.floor((-7, 17.0), (-3.8, 18.2), _PAVING)


def _yard_things(painter: Painter) -> None:
    hills(painter, 150, 9, (150, 158, 138))
    hills(painter, 90, 5.5, (104, 136, 112))
    cottage(painter.placed(-1.5, 44), 9, painter.pick(_BRICKS))
    cottage(painter.placed(17, 40), 8, painter.pick(_WALLS))
    for right in (-4, 9.5, 12.5, 27, 31):
        bush(painter, (right, 1.7, 36), 2.3)
    painter.paint.rectangle((-30, 0), (60, 1.7), shaded(_WOOD, 0.6), 22)
    for plank in np.arange(-8.0, 24.0, 0.32):
        shade = painter.rng.uniform(0.86, 1.08)
        painter.paint.rectangle((plank, 0.1), (plank + 0.28, 1.85), shaded(_WOOD, shade), 21.98)
    for right in (-5.6, -4.4, 9.4, 10.6, 12.0):
        bush(painter, (right, 0.4, 21.2), 0.6)
    _house(painter)
    lamp_post(painter.placed(2.6, 20.6), 3.6)


def _house(painter: Painter) -> None:
    wall = painter.pick(_WALLS)
    side = painter.placed(-7, 13, pi / 2)
    side.paint.rectangle((0, 0), (8, 4.5), shaded(wall, 0.84))
    side.paint.rectangle((0, 0), (8, 0.4), shaded(wall, 0.6))
    side.paint.area([(-0.5, 4.4, -0.45), (8.3, 4.4, -0.45), (8.3, 7.4, 4.5), (-0.5, 7.4, 4.5)], ROOF)
    side.window((1.1, 1.2), (2.7, 2.6), 1.0)
    side.paint.rectangle((4.1, 0), (5.4, 2.3), WHITE)
    side.paint.rectangle((4.2, 0), (5.3, 2.2), (70, 92, 60))
    side.window((6.2, 1.3), (7.3, 2.5), 0.5)
    front = painter.placed(-16, 13)
    front.paint.area([(0, 0, 0), (9, 0, 0), (9, 4.4, 0), (4.5, 7.4, 0), (0, 4.4, 0)], wall)
    front.paint.rectangle((0, 0), (9, 0.4), shaded(wall, 0.7))
    for board in np.arange(0.7, 4.4, 0.3):
        front.paint.rectangle((0, board), (9, board + 0.03), shaded(wall, 0.9))
    front.paint.limb(((9.45, 4.2, 0), (4.5, 7.5, 0)), (0.22, 0.22), shaded(ROOF, 0.8))
    front.window((7.3, 1.3), (8.4, 2.8), 1.0)
    front.paint.limb(((9.1, 3.05, 0), (9.3, 3.05, 0)), (0.2, 0.2), WHITE)


def _gate_floor(painter: Painter) -> None:
    paint = painter.paint
    paint.floor((-90, 2), (90, 300), shaded(_GRASS, 0.95))
    paint.floor((-60, 2), (60, 15), shaded(_PAVING, 0.86))
    for across in np.arange(5.0, 15.0, 1.1):
        paint.floor((-20, across), (20, across + 0.04), shaded(_PAVING, 0.78))
    for near, far in (((-60, 17.5), (60, 25)), ((-2.8, 15), (2.8, 17.6)), ((-3.6, 25), (3.6, 140))):
        paint.floor(near, far, _ASPHALT)
    paint.floor((-2.95, 5.6), (60, 12.1), WHITE)
    paint.floor((-2.95, 12), (2.95, 15.2), WHITE)
    paint.floor((-2.8, 11), (2.8, 15.2), _ASPHALT)
    paint.floor((-2.8, 5.75), (60, 11.95), _ASPHALT)
    paint.floor((-2.5, 13.4), (2.5, 13.7), WHITE)
    for dash in np.arange(-50.0, 50.0, 4.0):
        paint.floor((dash, 21.2), (dash + 2, 21.4), WHITE)


def _gate_things(painter: Painter) -> None:
    hills(painter, 170, 14, (152, 156, 140))
    for right, wide, tall in ((-46, 18, 9), (-24, 15, 6.5), (10, 16, 8), (30, 22, 6)):
        hall = painter.placed(right, 50)
        wall = shaded(painter.pick(_FACADES), 1.02)
        hall.paint.rectangle((0, 0), (wide, tall), wall)
        hall.paint.rectangle((0, tall - 0.7), (wide, tall), shaded(wall, 0.7))
        for column in np.arange(1.5, wide - 2.0, 3.0):
            for storey in np.arange(2.2, tall - 2.0, 2.8):
                hall.window((column, storey), (column + 1.6, storey + 1.2), 0.3)
    for right in (-13, -8.5, 6.5, 19, 23):
        bush(painter, (right, 1.6, 30), 2.0)


def _gate_front(painter: Painter) -> None:
    brick = painter.pick(_BRICKS)
    for left, right in ((-24.0, -3.3), (3.3, 24.0)):
        bricks(painter.placed(left, 15), right - left, 1.3, brick)
        painter.paint.rectangle((left, 1.26), (right, 1.4), shaded(_PAVING, 1.1), 14.95)
    for middle in (-3.3, 3.3):
        bricks(painter.placed(middle - 0.35, 14.8), 0.7, 2.2, shaded(brick, 0.92))
        painter.paint.rectangle((middle - 0.45, 2.2), (middle + 0.45, 2.34), _PAVING, 14.75)
        painter.paint.ball((middle, 2.55, 14.75), 0.24, shaded(_PAVING, 1.05))
    lamp_post(painter.placed(4.7, 13.4), 4.6)
    hut = painter.placed(-7.4, 13.2)
    hut.paint.area([(2.6, 0, 0), (2.6, 0, 2), (2.6, 2.6, 2), (2.6, 2.6, 0)], shaded(WHITE, 0.7))
    hut.paint.rectangle((0, 0), (2.6, 2.6), shaded(WHITE, 0.92))
    hut.paint.rectangle((0, 0), (2.6, 0.9), (150, 120, 84))
    hut.window((0.3, 1.1), (1.5, 2.1), 1.0)
    hut.paint.rectangle((1.75, 0.05), (2.4, 2.1), (120, 96, 70))
    hut.paint.rectangle((-0.25, 2.55), (2.85, 2.8), METAL, -0.2)


def _street_floor(painter: Painter) -> None:
    paint = painter.paint
    paint.floor((-90, 3), (90, 400), shaded(_GRASS, 0.9))
    paint.floor((-9, 3), (6.5, 160), _PAVING)
    for across in np.arange(7.0, 40.0, 1.2):
        for left, right in ((-9, -6), (3, 6.5)):
            paint.floor((left, across), (right, across + 0.05), shaded(_PAVING, 0.88))
    paint.floor((-6.15, 3), (3.15, 160), shaded(_PAVING, 1.15))
    paint.floor((-6, 3), (3, 160), _ASPHALT)
    paint.floor((-4.25, 3), (-4.15, 160), shaded(WHITE, 0.85))
    for across in np.arange(4.0, 100.0, 5.0):
        paint.floor((-0.98, across), (-0.82, across + 2.4), WHITE)
    for right in np.arange(-4.0, 2.8, 0.95):
        paint.floor((right, 22), (right + 0.5, 25), WHITE)


def _street_things(painter: Painter) -> None:
    hills(painter, 190, 16, (156, 158, 140))
    for away in np.arange(88.0, -4.0, -10.0):
        for right, sign in ((-9.0, -1.0), (6.5, 1.0)):
            _facade(painter, right, float(away), sign)
    for away in (40.0, 26.0, 12.5):
        lamp_post(painter.placed(3.5, away), 5.2, -1.5)
    for away in (36.0, 29.5, 13.2):
        colour = painter.pick(_PARKED)
        parked = Actor(car, -5.1, away, -pi / 2, colours=(colour, colour))
        car(painter.paint.placed(parked.right, parked.away, parked.heading), parked)


def _facade(painter: Painter, right: float, away: float, sign: float) -> None:
    """Paint one house of a row, 10 metres long, and its side wall, which shows above a lower neighbour."""
    wall, tall = painter.pick(_FACADES), float(painter.rng.choice([8.2, 11.3, 14.4]))
    painter.paint.rectangle(
        (min(right, right + sign * 30), 0), (max(right, right + sign * 30), tall), shaded(wall, 0.72), away
    )
    house = painter.placed(right, away, pi / 2)
    house.paint.rectangle((0, 0), (10.05, tall), shaded(wall, 0.95 if sign < 0 else 0.84))
    house.paint.rectangle((0, tall - 0.35), (10.05, tall), shaded(wall, 0.62))
    house.paint.rectangle((0, 2.9), (10.05, 3.1), shaded(wall, 0.68))
    house.window((0.8, 0.5), (4.2, 2.5), 0.75)
    house.paint.rectangle((5.0, 0), (6.1, 2.4), shaded(wall, 0.4))
    house.window((6.9, 0.5), (9.3, 2.5), 0.6)
    for storey in np.arange(4.0, tall - 2.0, 3.1):
        for column in (0.9, 3.3, 5.7, 8.1):
            house.window((column, storey), (column + 1.1, storey + 1.6), 0.35)


SITES: dict[str, Site] = {
    "yard": Site(
        Lens(480, 3.5, 104),
        _yard_floor,
        _yard_things,
        _nothing,
        1000,
        ((2.6, 3.7, 20.6), (-6.7, 3.0, 12.9)),
        (6.6, 6.2, 19.2),
    ),
    "gate": Site(
        Lens(460, 3.2, 112),
        _gate_floor,
        _gate_things,
        _gate_front,
        14.7,
        ((4.7, 4.7, 13.4), (-4.95, 2.35, 13.15)),
        (9.2, 6.5, 18.5),
    ),
    "street": Site(
        Lens(430, 5.2, 92, 250),
        _street_floor,
        _street_things,
        _nothing,
        1000,
        tuple((2.0, 5.3, away) for away in (12.5, 26.0, 40.0)),
        (-7.1, 6.0, 20),
    ),
}
"""The places, by the names of their cameras."""
