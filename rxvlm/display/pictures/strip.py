"""A strip of pictures that fits into cells of a terminal: how many, how large, and the strip itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from rxvlm.media.picture import Image


class Fit(NamedTuple):
    """How pictures fit into some cells, side by side, one cell apart.

    Attributes:
        number: How many of them.
        columns: Cells across of each.
        rows: Lines of each.
    """

    number: int
    columns: int
    rows: int


def fit(size: tuple[int, int], room: tuple[int, int], cell: tuple[int, int]) -> Fit:
    """Return how pictures of a size fit into a room of cells: as large as possible, then as many as possible.

    >>> fit((640, 360), room=(48, 6), cell=(1, 2))
    Fit(number=2, columns=21, rows=6)
    >>> fit((640, 360), room=(12, 6), cell=(1, 2))
    Fit(number=1, columns=12, rows=3)

    Args:
        size: (width, height) of a picture in pixels.
        room: (columns, lines) of the room, at least 1 each.
        cell: (width, height) of a cell, in any unit.
    """
    width, height = size
    across, rows = width * cell[1] / (height * cell[0]), room[1]  # cells across for each line
    columns = max(1, round(across * rows))
    if columns > room[0]:
        columns = room[0]
        rows = min(rows, max(1, round(columns / across)))
    return Fit((room[0] + 1) // (columns + 1), columns, rows)


def strip(images: Sequence[Image], fitted: Fit, cell: tuple[int, int]) -> Image:
    """Return pictures scaled and side by side, with one black cell between them.

    Args:
        images: BGR ``uint8`` (height, width, 3), at least one.
        fitted: How large each is.
        cell: (width, height) of a cell in pixels of the result.
    """
    size = fitted.columns * cell[0], fitted.rows * cell[1]
    gap = np.zeros((size[1], cell[0], 3), np.uint8)
    parts = [part for image in images for part in (gap, cv2.resize(image, size, interpolation=cv2.INTER_AREA))]
    return np.hstack(parts[1:]).astype(np.uint8, copy=False)
