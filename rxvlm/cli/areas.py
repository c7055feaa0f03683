"""The options ``--mask`` and ``--crop``: parts of the picture that are hidden, for all cameras or for one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.media.areas import box_of, polygons_of

if TYPE_CHECKING:
    from rxvlm.media.areas import Box, Point

Mask: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar='"[NAME=]X,Y X,Y X,Y..."',
        help="Make a polygon black, in per mille of the picture's width and height, before anything is encoded, "
        "kept or sent; you may repeat this option.",
    ),
]

Crop: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]LEFT,TOP,RIGHT,BOTTOM",
        help="Use only this part of the picture, in per mille; once for all cameras, or once for each.",
    ),
]

_NAMED: Final = re.compile(r"(?:([^=]*)=)?(.*)", re.DOTALL)


def with_areas(
    cameras: Mapping[str, str], masks: Sequence[str], crops: Sequence[str], effort: str
) -> dict[str, str | rxvlm.Camera]:
    """Return cameras with the masks and crops of their pictures.

    >>> with_areas({"gate": "demo:gate", "yard": "demo:yard"}, ["gate=0,0 500,0 500,300"], [], "exact")
    {'gate': Camera('demo:gate', mask=(((0.0, 0.0), (500.0, 0.0), (500.0, 300.0)),)), 'yard': 'demo:yard'}

    Args:
        cameras: Addresses, by name.
        masks: As of the option.
        crops: As of the option.
        effort: As of the option; copied packets cannot be masked.

    Raises:
        ValueError: If one cannot be read, or is for a camera that is not there.
    """
    hidden = {name: _options(name, masks, crops, list(cameras)) for name in cameras}
    if effort == "copy" and any(hidden.values()):
        raise ValueError("--effort copy sends the camera's own packets, which cannot be masked or cropped")
    return {name: rxvlm.Camera(uri, **hidden[name]) if hidden[name] else uri for name, uri in cameras.items()}


def _options(name: str, masks: Sequence[str], crops: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    polygons = [_polygon(points) for points in _of(name, "--mask", masks, names)]
    boxes = [_box(sides) for sides in _of(name, "--crop", crops, names)]
    if len(boxes) > 1:
        raise ValueError(f"--crop: {name} has {len(boxes)} boxes; one part of a picture can be used")
    return {**({"mask": polygons} if polygons else {}), **({"crop": boxes[0]} if boxes else {})}


def _of(name: str, option: str, values: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the values of an option that are for a camera, without its name."""
    found: list[str] = []
    for value in values:
        match = _NAMED.fullmatch(value)
        of, rest = (None, value) if match is None else (match[1], match[2])
        if of is not None and of.strip() not in names:
            raise ValueError(f"{option} {value}: no camera is called {of.strip()!r}; they are {', '.join(names)}")
        if of is None or of.strip() == name:
            found.append(rest)
    return found


def _polygon(points: str) -> tuple[Point, ...]:
    pairs = [_numbers(point) for point in points.replace(";", " ").split()]
    if len(pairs) < 3 or any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004 - a triangle of x and y
        raise ValueError(f'--mask is at least three points, as in "0,0 500,0 500,300", not {points!r}')
    (polygon,) = polygons_of([pairs], "--mask")
    return polygon


def _box(sides: str) -> Box:
    numbers = _numbers(sides)
    if len(numbers) != 4:  # noqa: PLR2004 - the sides
        raise ValueError(f"--crop is LEFT,TOP,RIGHT,BOTTOM, as in 250,0,750,1000, not {sides!r}")
    return box_of(numbers, "--crop")


def _numbers(text: str) -> list[float]:
    """Return numbers that are separated by commas; an empty result if they are not numbers."""
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        return []
