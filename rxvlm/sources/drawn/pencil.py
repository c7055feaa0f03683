"""Pencil: draws things that are given in metres, in the perspective of a camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, hypot, pi, sin
from operator import add, mul
from typing import TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

from rxvlm.media.picture import Image

WIDTH, HEIGHT = 640, 360
"""Size in pixels of the virtual canvas on which a `Lens` is described; it is scaled to cover the real picture."""

_SHIFT = 4
_FINE = 1 << _SHIFT
_NEAREST = 0.8
_CORNERS = 18
_FLATNESS = 0.35
_SMALLEST_DOT = 0.5

Colour: TypeAlias = tuple[float, float, float]
"""Blue, green, red, each 0 to 255."""

Point: TypeAlias = tuple[float, float, float]
"""Metres along, up and across. Before `Pencil.placed`: right of the camera, above the ground, away from the camera."""

Axes: TypeAlias = tuple[Point, ...]
"""Four points in metres (right, up, away): a step along, a step up, a step across, and the origin."""

WORLD: Axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0))
"""Axes with their origin on the ground below the camera."""

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lens:
    """A fixed camera above level ground that looks horizontally; its picture is cropped around the horizon.

    Args:
        focal: Focal length, in virtual pixels.
        height: Metres above the ground.
        horizon: Row of the horizon, in virtual pixels from the top.
        centre: Column of the viewing direction, in virtual pixels from the left.
        zoom: Real pixels per virtual pixel.
        left: Real column of virtual column 0.
        top: Real row of virtual row 0.
    """

    focal: float
    height: float
    horizon: float
    centre: float = WIDTH / 2
    zoom: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def covering(self, size: tuple[int, int]) -> Lens:
        """Return the lens whose virtual canvas covers a picture of (width, height) pixels, centred."""
        zoom = max(size[0] / WIDTH, size[1] / HEIGHT)
        return replace(self, zoom=zoom, left=(size[0] - WIDTH * zoom) / 2, top=(size[1] - HEIGHT * zoom) / 2)

    def moved(self, left: float, top: float) -> Lens:
        """Return the lens for a part of the picture that begins at this pixel."""
        return replace(self, left=self.left - left, top=self.top - top)

    def per_metre(self, away: float) -> float:
        """Return the number of real pixels per metre at a distance in metres."""
        return self.zoom * self.focal / max(away, _NEAREST)

    def at(self, point: Point) -> tuple[float, float]:
        """Return the real pixel (column, row) of a point."""
        right, up, away = point
        scale = self.per_metre(away)
        middle, horizon = self.left + self.zoom * self.centre, self.top + self.zoom * self.horizon
        return middle + scale * right, horizon + scale * (self.height - up)

    def ground(self, size: tuple[int, int]) -> tuple[Floats, Floats]:
        """Return the place on the ground that each pixel shows: metres right and away, each (height, width)."""
        columns = (np.arange(size[0]) - self.left) / self.zoom - self.centre
        rows = (np.arange(size[1]) - self.top) / self.zoom - self.horizon
        away = self.focal * self.height / np.maximum(rows, 1.0)[:, None]
        return columns[None, :] * away / self.focal, np.broadcast_to(away, (size[1], size[0]))


class Pencil:
    """Draws anti-aliased shapes into an array; their coordinates are metres from the place of the pencil.

    It computes with plain floats, which is much faster than arrays for a few points.

    Args:
        image: ``uint8`` array (height, width, 3), or (height, width) for a mask; drawn into.
        lens: The camera.
        ink: One brightness for everything, 0 to 255, instead of the requested colours; None to use the colours.
        axes: The directions along, up and across, and the place of the pencil, in metres.
    """

    __slots__ = ("_axes", "_flat", "_image", "_ink", "_lens")

    def __init__(self, image: Image, lens: Lens, ink: int | None = None, axes: Axes = WORLD) -> None:
        self._image = image
        self._lens = lens
        self._ink = ink
        self._axes = axes
        self._flat = not any(axis[1] for axis in axes)

    def placed(self, right: float, away: float, heading: float = 0.0) -> Pencil:
        """Return a pencil at another place, whose "along" has this heading: 0 is right, pi / 2 away from the camera."""
        turned = (
            (cos(heading), 0.0, sin(heading)),
            (0.0, 1.0, 0.0),
            (-sin(heading), 0.0, cos(heading)),
            (right, 0.0, away),
        )
        return self._with(turned)

    def flattened(self, right: float, away: float) -> Pencil:
        """Return a pencil that draws shadows: each metre up becomes ``right`` and ``away`` metres on the ground."""
        axes = tuple((x + right * up, 0.0, z + away * up) for x, up, z in self._axes)
        return Pencil(self._image, self._lens, self._ink, axes)

    def pixels(self, points: Sequence[Point]) -> Floats:
        """Return the real pixels (column, row) of points, an array of shape (n, 2)."""
        return np.array([(column, row) for column, row, _ in self._project(points)])

    def area(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon."""
        self._fill([(column, row) for column, row, _ in self._project(points)], colour)

    def rectangle(
        self, low: tuple[float, float], high: tuple[float, float], colour: Colour, across: float = 0.0
    ) -> None:
        """Fill a vertical rectangle between two corners (along, up)."""
        (left, bottom), (right, top) = low, high
        self.area([(left, bottom, across), (right, bottom, across), (right, top, across), (left, top, across)], colour)

    def floor(self, near: tuple[float, float], far: tuple[float, float], colour: Colour) -> None:
        """Fill a rectangle on the ground between two corners (along, across)."""
        (left, front), (right, back) = near, far
        self.area([(left, 0, front), (right, 0, front), (right, 0, back), (left, 0, back)], colour)

    def is_front_facing(self, points: Sequence[Point]) -> bool:
        """Check whether the camera sees the front of a polygon with clockwise corners; always True if `ink` is set."""
        if self._ink is not None:
            return True
        ring = self._project(points)
        pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
        return sum(one[0] * two[1] - one[1] * two[0] for one, two in pairs) > 0

    def limb(self, ends: tuple[Point, Point], widths: tuple[float, float], colour: Colour) -> None:
        """Draw a bar with round ends; ``widths`` are its widths at both ends in metres."""
        (column, row, scale), (column2, row2, scale2) = self._project(ends)
        radius, radius2 = widths[0] / 2 * scale, widths[1] / 2 * scale2
        length = max(hypot(column2 - column, row2 - row), 1e-6)
        x, y = (row - row2) / length, (column2 - column) / length
        corners = [(column + x * radius, row + y * radius), (column2 + x * radius2, row2 + y * radius2)]
        corners += [(column2 - x * radius2, row2 - y * radius2), (column - x * radius, row - y * radius)]
        self._fill(corners, colour)
        self._dot((column, row), radius, colour)
        self._dot((column2, row2), radius2, colour)

    def ball(self, centre: Point, radius: float, colour: Colour) -> None:
        """Draw a ball; its radius is in metres."""
        column, row, scale = self._project([centre])[0]
        self._dot((column, row), radius * scale, colour)

    def wheel(self, centre: Point, radius: float, colour: Colour) -> None:
        """Fill a vertical circle, like a wheel that rolls along."""
        self.area(rim(centre, radius), colour)

    def ring(self, centre: Point, radius: float, width: float, colour: Colour) -> None:
        """Draw the outline of a vertical circle, ``width`` metres wide, like a tyre that rolls along."""
        seen = self._project(rim(centre, radius))
        line = [_fixed([(column, row) for column, row, _ in seen])]
        thick = max(1, round(width * seen[0][2]))
        cv2.polylines(self._image, line, True, self._paint(colour), thick, cv2.LINE_AA, _SHIFT)  # noqa: FBT003 - OpenCV's parameter `isClosed` is passed by position, as the rest

    def _with(self, place: Axes) -> Pencil:
        """Return a pencil with axes that are given in the axes of this one."""
        along, up, across, origin = self._axes
        columns = tuple(zip(along, up, across, strict=True))
        turned = [tuple(sum(map(mul, axis, column)) for column in columns) for axis in place]
        moved = tuple(map(add, turned[3], origin))
        return Pencil(self._image, self._lens, self._ink, cast("Axes", (*turned[:3], moved)))

    def _project(self, points: Sequence[Point]) -> list[tuple[float, float, float]]:
        """Return the real column and row of each point, and the number of pixels per metre there."""
        lens, ((ax, ay, az), (bx, by, bz), (cx, cy, cz), (ox, oy, oz)) = self._lens, self._axes
        seen: list[tuple[float, float, float]] = []
        for along, up, across in points:
            right, high = along * ax + up * bx + across * cx + ox, along * ay + up * by + across * cy + oy
            away = along * az + up * bz + across * cz + oz
            seen.append((*lens.at((right, high, away)), lens.per_metre(away)))
        return seen

    def _paint(self, colour: Colour) -> Colour:
        return colour if self._ink is None else (self._ink, self._ink, self._ink)

    def _fill(self, pixels: Sequence[tuple[float, float]], colour: Colour) -> None:
        cv2.fillPoly(self._image, [_fixed(pixels)], self._paint(colour), cv2.LINE_AA, _SHIFT)

    def _dot(self, centre: tuple[float, float], radius: float, colour: Colour) -> None:
        if radius < _SMALLEST_DOT:
            return
        place, wide = (round(centre[0] * _FINE), round(centre[1] * _FINE)), round(radius * _FINE)
        if self._flat:
            axes = (wide, round(wide * _FLATNESS))
            cv2.ellipse(self._image, place, axes, 0, 0, 360, self._paint(colour), -1, cv2.LINE_AA, _SHIFT)
        else:
            cv2.circle(self._image, place, wide, self._paint(colour), -1, cv2.LINE_AA, _SHIFT)


def rim(centre: Point, radius: float) -> list[Point]:
    """Return the corners of a polygon that approximates a vertical circle, in metres."""
    along, up, across = centre
    angles = [2 * pi * corner / _CORNERS for corner in range(_CORNERS)]
    return [(along + radius * cos(angle), up + radius * sin(angle), across) for angle in angles]


def shaded(colour: Colour, light: float) -> Colour:
    """Return a colour made lighter or darker by a factor."""
    blue, green, red = colour
    return min(blue * light, 255), min(green * light, 255), min(red * light, 255)


def _fixed(pixels: Sequence[tuple[float, float]]) -> npt.NDArray[np.int32]:
    return np.rint(np.array(pixels) * _FINE).astype(np.int32)
