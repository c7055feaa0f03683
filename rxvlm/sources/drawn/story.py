"""Story: which actors are where at a moment of the drawn scene. It repeats every minute with small changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import atan2, cos, hypot, pi, sin

import numpy as np

from rxvlm.sources.drawn.actors import Actor, barrier, car, cyclist, person
from rxvlm.sources.drawn.pencil import Colour

STORY_LENGTH = 60.0
"""Seconds after which a camera's story begins again, with other people and colours."""

_COATS: tuple[Colour, ...] = (
    (50, 60, 190),
    (170, 90, 40),
    (60, 150, 200),
    (70, 110, 50),
    (150, 60, 120),
    (215, 215, 210),
)
_TROUSERS: tuple[Colour, ...] = ((96, 62, 44), (52, 50, 52), (70, 88, 106))
_PAINTS: tuple[Colour, ...] = (
    (48, 40, 178),
    (160, 84, 36),
    (212, 214, 214),
    (70, 66, 62),
    (60, 150, 215),
    (88, 110, 48),
)
_WALKING, _RIDING, _DRIVING = 1.45, 4.6, 11.5
_GATE_LANE, _BEND, _TURN = 0.9, 13.5, 5.0
_GATE_WAY = 68.0
_BRAKING = 0.5
_WAITING = (11.0, 16.6)


def actors_at(camera: str, seed: int, time: float) -> list[Actor]:
    """Return the actors of a camera at a moment.

    Args:
        camera: Name of the camera.
        seed: Seed of people, colours, directions and moments.
        time: Seconds, at least 0.

    Returns:
        All actors that may be visible, in no particular order.
    """
    number, moment = divmod(time, STORY_LENGTH)
    rng = np.random.default_rng([seed, *camera.encode(), int(number)])
    return [actor for actor in _STORIES[camera](rng, moment) if actor is not None]


def _yard(rng: np.random.Generator, moment: float) -> list[Actor | None]:
    """Return the actors of the yard: a person from 4 s, a car that is parked from 25 to 40 s, a cyclist at 30 s."""
    shift = rng.uniform(-1.0, 1.0, 3)
    parked, lane = rng.uniform(0.6, 2.6), rng.uniform(15.4, 16.2)
    colours = _random_colours(rng, _PAINTS)
    walk = _random_direction(rng, (-9.0, 10.6), (9.0, 10.6 + rng.uniform(-0.5, 0.5)))
    ride = _random_direction(rng, (-9.0, 8.9), (9.0, 8.9))
    arrived, left = (
        _decelerating(moment, 20 + shift[1], 25.5 + shift[1]),
        _accelerating(moment, 40 + shift[1], 44.5 + shift[1]),
    )
    far = 13.5 * (1 - arrived + left)
    visitor = Actor(
        car, parked + far, lane, pi, -far, colours, lamps=arrived < 1 or left > 0, braking=_BRAKING < arrived < 1
    )
    return [
        _moving_along(person, walk, moment - 4 - shift[0], _WALKING, _random_colours(rng, _COATS)),
        visitor if arrived > 0 and left < 1 else None,
        _moving_along(cyclist, ride, moment - 30 - shift[2], _RIDING, _random_colours(rng, _COATS)),
    ]


def _gate(rng: np.random.Generator, moment: float) -> list[Actor | None]:
    """Return the actors of the gate: a car from 8 s, at the barrier at 17 s, a person at 28 s, a cyclist at 44 s."""
    shift = rng.uniform(-1.0, 1.0, 3)
    opened = _smooth(moment, 14.5 + shift[0], 16.5 + shift[0]) - _smooth(moment, 22.5 + shift[0], 24.5 + shift[0])
    leaves = bool(rng.integers(2))
    halt = 12.5 if leaves else 43.5
    gone = halt * _decelerating(moment, 8 + shift[0], 14 + shift[0]) + (_GATE_WAY - halt) * _pulling_away(
        moment, 16.5 + shift[0], 22.5 + shift[0]
    )
    visitor = _gate_car(_GATE_WAY - gone if leaves else gone, leaves=leaves)
    waiting = _WAITING[0] < moment - shift[0] < _WAITING[1]
    visitor = replace(visitor, colours=_random_colours(rng, _PAINTS), braking=waiting) if 0 < gone < _GATE_WAY else None
    walk = _random_direction(rng, (-8.5, 10.2), (8.5, 9.8))
    ride = _random_direction(rng, (-10.5, 12.2), (10.5, 12.2))
    return [
        visitor,
        Actor(barrier, -2.85, 14.6, 0, 1.32 * opened),
        _moving_along(person, walk, moment - 28 - shift[1], _WALKING, _random_colours(rng, _COATS)),
        _moving_along(cyclist, ride, moment - 44 - shift[2], _RIDING + 0.8, _random_colours(rng, _COATS)),
    ]


def _street(rng: np.random.Generator, moment: float) -> list[Actor | None]:
    """Return the actors of the street: cars at 2, 7 and 45 s, persons from 10 s and from 20 s, a cyclist at 47 s."""
    shift = rng.uniform(-1.0, 1.0, 3)
    walk = _random_direction(rng, (6.0, 36.0), (4.7, 5.2))
    cross = _random_direction(rng, (-8.6, 23.5), (6.2, 23.5))
    ways = [((-2.6, 100.0), (-2.6, 1.0)), ((1.1, 1.0), (1.1, 100.0))]
    late = ways[int(rng.integers(2))]
    starts = (2 + shift[0], 7 + shift[1], 45 + shift[2])
    cars = [
        _moving_along(car, way, moment - start, _DRIVING, _random_colours(rng, _PAINTS))
        for way, start in zip((*ways, late), starts, strict=True)
    ]
    return [
        *cars,
        _moving_along(person, walk, moment - 10 - shift[0], _WALKING, _random_colours(rng, _COATS)),
        _moving_along(person, cross, moment - 20 - shift[1], _WALKING, _random_colours(rng, _COATS)),
        _moving_along(
            cyclist, ((2.3, 3.0), (2.3, 52.0)), moment - 47 - shift[0], _RIDING + 0.8, _random_colours(rng, _COATS)
        ),
    ]


_STORIES: dict[str, Callable[[np.random.Generator, float], list[Actor | None]]] = {
    "yard": _yard,
    "gate": _gate,
    "street": _street,
}

_Way = tuple[tuple[float, float], tuple[float, float]]


def _moving_along(
    draw: Callable[..., None], way: _Way, since: float, speed: float, colours: tuple[Colour, Colour]
) -> Actor | None:
    """Return an actor ``since`` seconds after its start on a way between two points (right, away), or None."""
    (right, away), (right2, away2) = way
    run, moved = (right2 - right, away2 - away), since * speed
    part = moved / hypot(*run)
    if not 0 < part < 1:
        return None
    return Actor(draw, right + part * run[0], away + part * run[1], atan2(run[1], run[0]), moved, colours)


def _gate_car(gone: float, *, leaves: bool) -> Actor:
    """Return the car at the gate after ``gone`` metres of its way in: straight, then to the right out of sight."""
    straight = 62 - _BEND
    bent = min(max((gone - straight) / _TURN, 0), pi / 2)
    onward = max(gone - straight - _TURN * pi / 2, 0)
    right = _GATE_LANE + _TURN * (1 - cos(bent)) + onward
    away = max(62 - gone, _BEND) - _TURN * sin(bent)
    return Actor(car, right, away, bent - pi / 2 + (pi if leaves else 0), -gone if leaves else gone)


def _random_direction(rng: np.random.Generator, first: tuple[float, float], last: tuple[float, float]) -> _Way:
    return (first, last) if bool(rng.integers(2)) else (last, first)


def _random_colours(rng: np.random.Generator, colours: tuple[Colour, ...]) -> tuple[Colour, Colour]:
    return colours[int(rng.integers(len(colours)))], _TROUSERS[int(rng.integers(len(_TROUSERS)))]


def _part(moment: float, start: float, end: float) -> float:
    return min(max((moment - start) / (end - start), 0.0), 1.0)


def _smooth(moment: float, start: float, end: float) -> float:
    part = _part(moment, start, end)
    return part * part * (3 - 2 * part)


def _decelerating(moment: float, start: float, end: float) -> float:
    return 1 - (1 - _part(moment, start, end)) ** 2


def _accelerating(moment: float, start: float, end: float) -> float:
    return _part(moment, start, end) ** 2


def _pulling_away(moment: float, start: float, end: float) -> float:
    return _part(moment, start, end) ** 1.5
