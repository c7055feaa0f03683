"""Easel: paints the things that the drawn places have in common, by day and by night at once."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sin

import numpy as np

from rxvlm.sources.drawn.pencil import Colour, Pencil, Point, shaded

WHITE: Colour = (226, 230, 232)
METAL: Colour = (86, 84, 80)
ROOF: Colour = (72, 78, 126)
_WARM: Colour = (120, 196, 245)


@dataclass(frozen=True, slots=True)
class Easel:
    """What a place is painted with.

    Args:
        paint: Draws what is seen by day.
        glow: Draws what shines at night.
        chance: Decides colours and which windows are lit.
    """

    paint: Pencil
    glow: Pencil
    chance: np.random.Generator

    def placed(self, right: float, away: float, heading: float = 0.0) -> Easel:
        """Give the easel put down somewhere, as `Pencil.placed` does."""
        return Easel(self.paint.placed(right, away, heading), self.glow.placed(right, away, heading), self.chance)

    def one_of(self, colours: tuple[Colour, ...]) -> Colour:
        """Pick a colour."""
        return colours[int(self.chance.integers(len(colours)))]

    def window(self, low: tuple[float, float], high: tuple[float, float], often: float = 0.45) -> None:
        """Paint a window into a wall between two corners (along, up), lit at night so often (0 to 1)."""
        frame = 0.09
        self.paint.rectangle((low[0] - frame, low[1] - frame), (high[0] + frame, high[1] + frame), WHITE)
        self.paint.rectangle(low, high, (118, 98, 80))
        middle = (low[0] + high[0]) / 2
        self.paint.rectangle((middle - 0.03, low[1]), (middle + 0.03, high[1]), shaded(WHITE, 0.6))
        brightness = self.chance.uniform(0.5, 0.9)
        if self.chance.random() < often:
            for left, right in ((low[0], middle - 0.03), (middle + 0.03, high[0])):
                self.glow.rectangle((left, low[1]), (right, high[1]), shaded(_WARM, brightness))


def hills(easel: Easel, away: float, tall: float, colour: Colour) -> None:
    """Paint a range of hills so many metres away."""
    crest = [
        (right, tall * (0.75 + 0.25 * sin(right / away * 5 + away)) + sin(right * 0.35) * 0.25)
        for right in np.arange(-2 * away, 2 * away, away / 30)
    ]
    easel.paint.area([(-2 * away, 0, away), *((right, up, away) for right, up in crest), (2 * away, 0, away)], colour)


def bush(easel: Easel, middle: Point, size: float) -> None:
    """Paint a round bush of a radius in metres about a point."""
    right, up, away = middle
    for light in np.linspace(0.6, 1.1, 26):
        angle, far = easel.chance.uniform(0, 2 * pi), easel.chance.uniform(0.1, 0.75) * size
        centre = (
            right + far * np.cos(angle),
            max(up + 0.6 * far * np.sin(angle) + (light - 0.8) * size * 0.5, 0.1),
            away,
        )
        easel.paint.ball(centre, size * 0.38, shaded((62, 112, 84), light))


def cottage(easel: Easel, wide: float, wall: Colour) -> None:
    """Paint a house far off, so many metres wide, where the easel was put down."""
    easel.paint.rectangle((0, 0), (wide, 3.4), wall)
    easel.paint.area([(-0.5, 3.3, 0), (wide + 0.5, 3.3, 0), (wide - 1.5, 6.2, 0), (1.5, 6.2, 0)], ROOF)
    easel.paint.rectangle((wide - 3, 5), (wide - 2.2, 7), shaded(ROOF, 0.8))
    for along in (1.2, wide / 2 + 0.5):
        easel.window((along, 1.9), (along + 1.6, 3.0), 0.9)


def bricks(easel: Easel, wide: float, tall: float, brick: Colour) -> None:
    """Paint a brick wall where the easel was put down."""
    easel.paint.rectangle((0, 0), (wide, tall), shaded(brick, 1.15))
    for course, up in enumerate(np.arange(0.0, tall - 0.1, 0.2)):
        for along in np.arange((course % 2) * -0.24, wide, 0.48):
            left, right = max(0.0, along), min(along + 0.44, wide)
            if right > left:
                easel.paint.rectangle((left, up), (right, up + 0.17), shaded(brick, easel.chance.uniform(0.85, 1.05)))


def lamp_post(easel: Easel, tall: float, reach: float = 0.0) -> None:
    """Paint a street lamp where the easel was put down; its arm reaches so many metres along."""
    easel.paint.limb(((0, 0, 0), (0, tall, 0)), (0.16, 0.1), METAL)
    easel.paint.limb(((0, tall, 0), (reach, tall + 0.15, 0)), (0.1, 0.1), METAL)
    easel.paint.limb(((reach - 0.18, tall + 0.1, 0), (reach + 0.18, tall + 0.1, 0)), (0.2, 0.2), WHITE)
    easel.glow.limb(((reach - 0.18, tall + 0.04, 0), (reach + 0.18, tall + 0.04, 0)), (0.2, 0.2), (205, 240, 255))
