"""Painter: paints things for the drawn places, by day and by night at once."""

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
class Painter:
    """Two pencils that paint a place, one for its colours and one for its lights, and a random generator.

    Args:
        paint: Draws what is visible by day.
        glow: Draws what shines at night.
        rng: Chooses colours, and which windows are lit.
    """

    paint: Pencil
    glow: Pencil
    rng: np.random.Generator

    def placed(self, right: float, away: float, heading: float = 0.0) -> Painter:
        """Return a painter at another place, as `Pencil.placed` does."""
        return Painter(self.paint.placed(right, away, heading), self.glow.placed(right, away, heading), self.rng)

    def pick(self, colours: tuple[Colour, ...]) -> Colour:
        """Pick one of the colours at random."""
        return colours[int(self.rng.integers(len(colours)))]

    def window(self, low: tuple[float, float], high: tuple[float, float], often: float = 0.45) -> None:
        """Paint a window into a wall between two corners (along, up), lit at night with probability ``often``."""
        frame = 0.09
        self.paint.rectangle((low[0] - frame, low[1] - frame), (high[0] + frame, high[1] + frame), WHITE)
        self.paint.rectangle(low, high, (118, 98, 80))
        middle = (low[0] + high[0]) / 2
        self.paint.rectangle((middle - 0.03, low[1]), (middle + 0.03, high[1]), shaded(WHITE, 0.6))
        brightness = self.rng.uniform(0.5, 0.9)
        if self.rng.random() < often:
            for left, right in ((low[0], middle - 0.03), (middle + 0.03, high[0])):
                self.glow.rectangle((left, low[1]), (right, high[1]), shaded(_WARM, brightness))


def hills(painter: Painter, away: float, tall: float, colour: Colour) -> None:
    """Paint a range of hills, ``away`` metres from the camera and about ``tall`` metres high."""
    crest = [
        (right, tall * (0.75 + 0.25 * sin(right / away * 5 + away)) + sin(right * 0.35) * 0.25)
        for right in np.arange(-2 * away, 2 * away, away / 30)
    ]
    painter.paint.area([(-2 * away, 0, away), *((right, up, away) for right, up in crest), (2 * away, 0, away)], colour)


def bush(painter: Painter, middle: Point, size: float) -> None:
    """Paint a round bush around a point; ``size`` is its radius in metres."""
    right, up, away = middle
    for light in np.linspace(0.6, 1.1, 26):
        angle, far = painter.rng.uniform(0, 2 * pi), painter.rng.uniform(0.1, 0.75) * size
        centre = (
            right + far * np.cos(angle),
            max(up + 0.6 * far * np.sin(angle) + (light - 0.8) * size * 0.5, 0.1),
            away,
        )
        painter.paint.ball(centre, size * 0.38, shaded((62, 112, 84), light))


def cottage(painter: Painter, wide: float, wall: Colour) -> None:
    """Paint a distant house, ``wide`` metres wide, at the painter's place."""
    painter.paint.rectangle((0, 0), (wide, 3.4), wall)
    painter.paint.area([(-0.5, 3.3, 0), (wide + 0.5, 3.3, 0), (wide - 1.5, 6.2, 0), (1.5, 6.2, 0)], ROOF)
    painter.paint.rectangle((wide - 3, 5), (wide - 2.2, 7), shaded(ROOF, 0.8))
    for along in (1.2, wide / 2 + 0.5):
        painter.window((along, 1.9), (along + 1.6, 3.0), 0.9)


def bricks(painter: Painter, wide: float, tall: float, brick: Colour) -> None:
    """Paint a brick wall, ``wide`` by ``tall`` metres, at the painter's place."""
    painter.paint.rectangle((0, 0), (wide, tall), shaded(brick, 1.15))
    for course, up in enumerate(np.arange(0.0, tall - 0.1, 0.2)):
        for along in np.arange((course % 2) * -0.24, wide, 0.48):
            left, right = max(0.0, along), min(along + 0.44, wide)
            if right > left:
                painter.paint.rectangle((left, up), (right, up + 0.17), shaded(brick, painter.rng.uniform(0.85, 1.05)))


def lamp_post(painter: Painter, tall: float, reach: float = 0.0) -> None:
    """Paint a street lamp at the painter's place; its arm reaches ``reach`` metres along."""
    painter.paint.limb(((0, 0, 0), (0, tall, 0)), (0.16, 0.1), METAL)
    painter.paint.limb(((0, tall, 0), (reach, tall + 0.15, 0)), (0.1, 0.1), METAL)
    painter.paint.limb(((reach - 0.18, tall + 0.1, 0), (reach + 0.18, tall + 0.1, 0)), (0.2, 0.2), WHITE)
    painter.glow.limb(((reach - 0.18, tall + 0.04, 0), (reach + 0.18, tall + 0.04, 0)), (0.2, 0.2), (205, 240, 255))
