"""Actors: the people, cars, cyclists and the barrier that move in the drawn scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import acos, atan2, cos, hypot, pi, sin
from typing import TypeAlias

from rxvlm.sources.drawn.pencil import Colour, Pencil, Point, shaded

SKIN: tuple[Colour, ...] = ((150, 180, 225), (110, 145, 200), (60, 90, 140))
GLASS: Colour = (78, 66, 54)
_DARK: Colour = (38, 34, 34)
_PEDAL_LENGTH = 0.17
_TURNED = 0.5
_SADDLE, _CRANK, _HANDLE = (-0.22, 0.98), (-0.02, 0.32), (0.44, 1.02)


@dataclass(frozen=True, slots=True)
class Actor:
    """Something that moves, at one moment.

    Args:
        draw: Draws it with a pencil that is placed where it is and points along its heading.
        right: Metres right of the camera.
        away: Metres away from the camera.
        heading: Radians: 0 to the right, pi / 2 away from the camera.
        moved: Metres moved so far, which turn wheels and swing legs; for a barrier, the angle of opening in radians.
        colours: Two colours, of its clothes or its paint.
        lamps: Whether its lamps are on; a story sets True for lamps that are on when it is dark.
        braking: Whether its brake lights are on.
    """

    draw: Callable[[Pencil, Actor], None]
    right: float
    away: float
    heading: float = 0.0
    moved: float = 0.0
    colours: tuple[Colour, Colour] = ((0, 0, 0), (0, 0, 0))
    lamps: bool = True
    braking: bool = False

    def pencil_at_place(self, pencil: Pencil) -> Pencil:
        """Return the pencil, placed where the actor is and pointing along its heading."""
        return pencil.placed(self.right, self.away, self.heading)

    @property
    def reach(self) -> tuple[float, float, float]:
        """Metres that it, or its shadow, reaches from its middle: along, up and across."""
        return _REACH[self.draw]


Corner: TypeAlias = tuple[float, float, float]
"""A corner of a car's outline, in metres: along, up, and half of the width."""


def person(pencil: Pencil, actor: Actor) -> None:
    """Draw a walking person, 1.75 metres tall, with coat and trousers in the actor's colours."""
    coat, trousers = actor.colours
    skin = SKIN[int(sum(coat)) % len(SKIN)]
    phase = actor.moved * pi / 0.75
    far = 1 if cos(actor.heading) >= 0 else -1
    legs = [_leg(phase + (0 if side > 0 else pi)) for side in (far, -far)]
    hip = 0.05 - min(up for leg in legs for _, up in leg)
    _arm(pencil, (far * 0.22, hip), phase + (pi if far > 0 else 0), shaded(coat, 0.72), skin)
    for side, leg, light in ((far, legs[0], 0.75), (-far, legs[1], 1.0)):
        joints = [(along, hip + up, side * 0.09) for along, up in leg]
        _chain(pencil, [(0, hip, side * 0.09), *joints[:2]], (0.18, 0.14, 0.1), shaded(trousers, light))
        pencil.limb((joints[1], joints[2]), (0.1, 0.08), _DARK)
    _trunk(pencil, (0.0, hip), (0.06, hip + 0.52), coat)
    _head(pencil, (0.09, hip + 0.75), skin, (32, 42, 56), away=sin(actor.heading) > _TURNED)
    _arm(pencil, (-far * 0.22, hip), phase + (0 if far > 0 else pi), shaded(coat, 0.88), skin)


def cyclist(pencil: Pencil, actor: Actor) -> None:
    """Draw a cyclist, with shirt and bicycle frame in the actor's colours."""
    shirt, frame = actor.colours
    turn = -actor.moved / 1.9
    far = 1 if cos(actor.heading) >= 0 else -1
    for along in (-0.52, 0.54):
        pencil.ring((along, 0.34, 0), 0.33, 0.05, _DARK)
        for spoke in (turn * 4, turn * 4 + pi / 2):
            reach = (0.3 * cos(spoke), 0.3 * sin(spoke))
            ends = ((along - reach[0], 0.34 - reach[1], 0.0), (along + reach[0], 0.34 + reach[1], 0.0))
            pencil.limb(ends, (0.015, 0.015), (105, 105, 105))
    _pedalling(pencil, turn, far * 0.09, (58, 48, 46))
    for low, high in (((-0.52, 0.34), _CRANK), (_CRANK, (0.36, 0.86)), (_CRANK, _SADDLE), ((-0.52, 0.34), (-0.2, 0.8))):
        pencil.limb(((*low, 0.0), (*high, 0.0)), (0.045, 0.045), frame)
    pencil.limb(((-0.18, 0.84, 0), (0.37, 0.88, 0)), (0.045, 0.045), frame)
    _chain(pencil, [(0.54, 0.34, 0), (0.36, 0.9, 0), (*_HANDLE, 0.0)], (0.04, 0.04, 0.05), frame)
    pencil.limb(((-0.36, 0.95, 0), (-0.12, 0.97, 0)), (0.07, 0.05), _DARK)
    _pedalling(pencil, turn + pi, -far * 0.09, (74, 60, 56))
    _trunk(pencil, (-0.2, 1.03), (0.14, 1.45), shirt)
    _chain(
        pencil,
        [(0.15, 1.42, -far * 0.2), (0.27, 1.13, -far * 0.24), (*_HANDLE, -far * 0.2)],
        (0.12, 0.1, 0.07),
        shaded(shirt, 0.85),
    )
    skin = SKIN[int(sum(frame)) % len(SKIN)]
    _head(pencil, (0.27, 1.66), skin, shaded(frame, 1.1), away=sin(actor.heading) > _TURNED)


def car(pencil: Pencil, actor: Actor) -> None:
    """Draw a car, 4.3 metres long, in the actor's first colour."""
    paint = actor.colours[0]
    body = [
        (2.15, 0.26),
        (2.17, 0.6),
        (2.02, 0.78),
        (0.98, 0.95),
        (-1.8, 0.99),
        (-2.08, 0.9),
        (-2.16, 0.55),
        (-2.1, 0.26),
    ]
    for along in (-1.35, 1.35):
        pencil.area([(along, 0, -0.8), (along, 0.4, -0.8), (along, 0.4, 0.8), (along, 0, 0.8)], _DARK)
    lights = (0.7, 0.84, 1.08, 1.16, 1.0, 0.82, 0.66, 0.4)
    sides = _solid(pencil, [(along, up, 0.86) for along, up in body], [shaded(paint, light) for light in lights], paint)
    for side in sides:
        _flank(pencil, side * 0.87, actor.moved, paint)
    _ends(pencil, actor)
    cabin = [(1.0, 0.94, 0.8), (0.22, 1.42, 0.62), (-1.05, 1.46, 0.62), (-1.78, 0.97, 0.8)]
    glass = shaded(GLASS, 1.5)
    sides = _solid(pencil, cabin, [glass, shaded(paint, 1.2), shaded(glass, 0.8), paint], shaded(paint, 0.92))
    for side in sides:
        for pane in (
            ((0.82, 0.97), (0.2, 1.35), (-0.36, 1.38), (-0.36, 0.97)),
            ((-0.48, 0.97), (-0.48, 1.38), (-1.0, 1.38), (-1.52, 1.0)),
        ):
            pencil.area([(along, up, side * (0.8 - (up - 0.95) * 0.36)) for along, up in pane], GLASS)


def barrier(pencil: Pencil, actor: Actor) -> None:
    """Draw a barrier's post and its striped arm, 5.8 metres long and opened by `Actor.moved` radians."""
    pencil.rectangle((-0.2, 0), (0.2, 1.15), (60, 150, 215))
    pencil.rectangle((-0.2, 1.05), (0.2, 1.15), (50, 120, 180))
    joints = [(0.48 * part * cos(actor.moved), 0.95 + 0.48 * part * sin(actor.moved)) for part in range(13)]
    for part, (low, high) in enumerate(pairwise(joints)):
        colour = (48, 44, 205) if part % 2 else (232, 235, 238)
        pencil.limb(((*low, -0.05), (*high, -0.05)), (0.13, 0.13), colour)


def _leg(phase: float) -> list[tuple[float, float]]:
    """Return knee, ankle and toe as (along, up) in metres from the hip."""
    thigh = 0.46 * sin(phase) + 0.06
    shin = thigh - 0.12 - 0.85 * max(0.0, cos(phase)) ** 1.5
    knee = (0.44 * sin(thigh), -0.44 * cos(thigh))
    ankle = (knee[0] + 0.43 * sin(shin), knee[1] - 0.43 * cos(shin))
    tilt = 0.5 * min(0.0, shin)
    return [knee, ankle, (ankle[0] + 0.17 * cos(tilt), ankle[1] + 0.17 * sin(tilt))]


def _arm(pencil: Pencil, shoulder: tuple[float, float], phase: float, sleeve: Colour, skin: Colour) -> None:
    across, hip = shoulder
    upper, lower = 0.5 * sin(phase), 0.5 * sin(phase) + 0.35
    elbow = (0.06 + 0.28 * sin(upper), hip + 0.5 - 0.28 * cos(upper), across)
    hand = (elbow[0] + 0.25 * sin(lower), elbow[1] - 0.25 * cos(lower), across)
    _chain(pencil, [(0.05, hip + 0.5, across), elbow, hand], (0.13, 0.11, 0.09), sleeve)
    pencil.ball(hand, 0.055, skin)


def _trunk(pencil: Pencil, hip: tuple[float, float], neck: tuple[float, float], coat: Colour) -> None:
    low, high = (hip[0], hip[1] - 0.02), (neck[0], neck[1])
    pencil.area([(*low, -0.17), (*low, 0.17), (*high, 0.22), (*high, -0.22)], coat)
    pencil.limb(((*high, -0.16), (*high, 0.16)), (0.16, 0.16), coat)
    pencil.limb(((*low, 0.0), (high[0], high[1] - 0.06, 0.0)), (0.26, 0.31), coat)


def _head(pencil: Pencil, centre: tuple[float, float], skin: Colour, hair: Colour, *, away: bool) -> None:
    along, up = centre
    pencil.limb(((along - 0.03, up - 0.2, 0), (along - 0.01, up, 0)), (0.12, 0.12), shaded(skin, 0.85))
    face, back = ((along + 0.02, up - 0.02, 0.0), 0.105, skin), ((along - 0.02, up + 0.035, 0.0), 0.125, hair)
    for place, radius, colour in (face, back) if away else (back, face):
        pencil.ball(place, radius, colour)


def _pedalling(pencil: Pencil, turn: float, across: float, trousers: Colour) -> None:
    foot = (_CRANK[0] + _PEDAL_LENGTH * cos(turn), _CRANK[1] + _PEDAL_LENGTH * sin(turn))
    run = (foot[0] + 0.2, foot[1] - 1.02)
    reach = min(hypot(*run), 0.9)
    angle = atan2(run[1], run[0]) + acos(reach / 0.92)
    knee = (-0.2 + 0.46 * cos(angle), 1.02 + 0.46 * sin(angle))
    _chain(pencil, [(-0.2, 1.02, across), (*knee, across), (*foot, across)], (0.2, 0.15, 0.09), trousers)
    pencil.limb(((foot[0] - 0.06, foot[1], across), (foot[0] + 0.14, foot[1] - 0.01, across)), (0.09, 0.07), _DARK)


def _chain(pencil: Pencil, joints: Sequence[Point], widths: Sequence[float], colour: Colour) -> None:
    for index in range(len(joints) - 1):
        pencil.limb((joints[index], joints[index + 1]), (widths[index], widths[index + 1]), colour)


def _solid(pencil: Pencil, outline: Sequence[Corner], colours: Sequence[Colour], side: Colour) -> list[int]:
    """Draw a solid with this outline on both sides; return the visible sides, as signs of across."""
    edges = pairwise([*outline, outline[0]])
    for ((along, up, half), (along2, up2, half2)), colour in zip(edges, colours, strict=True):
        face = [(along, up, half), (along, up, -half), (along2, up2, -half2), (along2, up2, half2)]
        if pencil.is_front_facing(face):
            pencil.area(face, colour)
    seen: list[int] = []
    for sign in (1, -1):
        face = [(along, up, sign * half) for along, up, half in outline[::sign]]
        if pencil.is_front_facing(face):
            pencil.area(face, shaded(side, 0.9))
            seen.append(sign)
    return seen


def _flank(pencil: Pencil, across: float, moved: float, paint: Colour) -> None:
    pencil.rectangle((-2.05, 0.24), (2.08, 0.36), shaded(paint, 0.5), across)
    pencil.rectangle((-2.1, 0.7), (2.05, 0.73), shaded(paint, 1.15), across)
    for along in (0.9, -0.42):
        pencil.rectangle((along, 0.36), (along + 0.025, 0.94), shaded(paint, 0.55), across)
    for along in (-1.35, 1.35):
        pencil.wheel((along, 0.36, across), 0.4, shaded(paint, 0.3))
        pencil.wheel((along, 0.33, across), 0.33, _DARK)
        pencil.wheel((along, 0.33, across), 0.21, (150, 148, 146))
        for spoke in range(3):
            angle = -moved / 0.33 + spoke * pi / 3
            reach = (0.19 * cos(angle), 0.19 * sin(angle))
            ends = ((along - reach[0], 0.33 - reach[1], across), (along + reach[0], 0.33 + reach[1], across))
            pencil.limb(ends, (0.05, 0.05), (88, 86, 84))


def _ends(pencil: Pencil, actor: Actor) -> None:
    if pencil.is_front_facing([(2.16, 0.3, 0.8), (2.16, 0.3, -0.8), (2.16, 0.7, -0.8), (2.16, 0.7, 0.8)]):
        _bar(pencil, 2.17, (0.4, 0.6), (-0.42, 0.42), _DARK)
        _bar(pencil, 2.18, (0.36, 0.46), (-0.24, 0.24), (225, 228, 228))
        for low, high in ((-0.82, -0.5), (0.5, 0.82)):
            _bar(pencil, 2.12, (0.56, 0.7), (low, high), (235, 245, 250))
    if pencil.is_front_facing([(-2.15, 0.3, -0.8), (-2.15, 0.3, 0.8), (-2.15, 0.7, 0.8), (-2.15, 0.7, -0.8)]):
        _bar(pencil, -2.17, (0.5, 0.62), (-0.26, 0.26), (215, 222, 222))
        for low, high in ((-0.82, -0.52), (0.52, 0.82)):
            _bar(pencil, -2.14, (0.62, 0.8), (low, high), (60, 50, 245) if actor.braking else (40, 32, 150))


def _bar(pencil: Pencil, along: float, up: tuple[float, float], across: tuple[float, float], colour: Colour) -> None:
    (low, high), (left, right) = up, across
    pencil.area([(along, low, left), (along, low, right), (along, high, right), (along, high, left)], colour)


_REACH: dict[Callable[[Pencil, Actor], None], tuple[float, float, float]] = {
    person: (0.6, 1.85, 0.5),
    car: (2.3, 1.5, 0.95),
    cyclist: (1.0, 1.85, 0.5),
    barrier: (6.2, 1.0, 3.0),
}
