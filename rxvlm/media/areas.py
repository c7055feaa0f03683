"""Areas of a picture, in per mille of its width and height: polygons to hide, and a box to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias, cast

from rxvlm.arguments import check_number, describe

Point: TypeAlias = tuple[float, float]
"""Distance from the left and from the top, 0 to 1000."""

Polygon: TypeAlias = Sequence[Point]
"""At least three points."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom, 0 to 1000."""

_WHOLE: Final = 1000  # per mille
_LEAST: Final = 3  # points of a polygon
_AS: Final = "as in [[(0, 0), (500, 0), (500, 300)]]"


def polygons_of(value: object, name: str = "mask") -> tuple[tuple[Point, ...], ...]:
    """Return polygons as tuples of points, so that they can be compared and hashed.

    >>> polygons_of([[(0, 0), (500, 0), (500, 300)]])
    (((0, 0), (500, 0), (500, 300)),)

    Args:
        value: A sequence of polygons.
        name: What it is called in an error.

    Raises:
        TypeError: If it is something else.
        ValueError: If a polygon has fewer than three points, or a number is not 0 to 1000.
    """
    polygons = tuple(tuple(_point(point, name) for point in _items(one, name)) for one in _items(value, name))
    for polygon in polygons:
        if len(polygon) < _LEAST:
            raise ValueError(f"{name} has polygons of at least 3 points, {_AS}, not one of {len(polygon)}")
    return polygons


def box_of(value: object, name: str = "crop") -> Box:
    """Return a box as a tuple.

    >>> box_of([250, 0, 750, 1000])
    (250, 0, 750, 1000)

    Args:
        value: Left, top, right and bottom.
        name: What it is called in an error.

    Raises:
        TypeError: If it is something else.
        ValueError: If a number is not 0 to 1000, or nothing is inside.
    """
    sides = cast("Sequence[object]", value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
    if len(sides) != 4:  # noqa: PLR2004 - there are four sides
        raise TypeError(f"{name} is (left, top, right, bottom), each 0 to 1000, not {describe(cast('object', value))}")
    left, top, right, bottom = (_per_mille(number, name) for number in sides)
    if not (left < right and top < bottom):
        raise ValueError(f"{name} is (left, top, right, bottom): nothing is inside of {(left, top, right, bottom)}")
    return left, top, right, bottom


def _items(value: object, name: str) -> Sequence[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"{name} is a list of polygons, {_AS}, not one with {describe(value)} in it")
    return cast("Sequence[object]", value)


def _point(value: object, name: str) -> Point:
    pair = _items(value, name)
    if len(pair) != 2:  # noqa: PLR2004 - x and y
        raise TypeError(f"{name} has points of two numbers, {_AS}, not of {len(pair)}")
    return _per_mille(pair[0], name), _per_mille(pair[1], name)


def _per_mille(value: object, name: str) -> float:
    check_number(name, value)
    number = cast("float", value)
    if not 0 <= number <= _WHOLE:
        raise ValueError(f"{name} is in per mille of the picture, 0 to 1000, not {number}")
    return number
