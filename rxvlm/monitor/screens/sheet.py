"""Sheet: the frames of a clip as one picture, in rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import cv2
import numpy as np
from PIL import Image

from rxvlm.clip import Clip
from rxvlm.display.pictures.strip import Fit, strip
from rxvlm.media.picture import Image as Pixels

_CELL: Final = (10, 20)  # pixels of a cell; half blocks show fewer
MOST: Final = 16
"""Frames that are shown at most, evenly chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Frames in rows.

    Attributes:
        image: The picture.
        columns: Cells across.
        rows: Lines.
        frames: How many frames it shows.
        screen: (columns, lines) of the screen for which it was made.
    """

    image: Image.Image
    columns: int
    rows: int
    frames: int
    screen: tuple[int, int]


def sheet_of(clip: Clip, room: tuple[int, int], screen: tuple[int, int]) -> Sheet:
    """Return the frames of a clip, as large as they fit into a room.

    Args:
        clip: The clip.
        room: (columns, lines), at least 1 each.
        screen: (columns, lines) of the whole screen.

    Raises:
        ClipGoneError: If the clip is not kept.
        DecodeError: If it is damaged.
    """
    count = min(MOST, len(clip.times))
    fitted = grid(count, (clip.width, clip.height), room)
    images = clip.images(fitted.columns * _CELL[0], most=count)
    across = min(fitted.number, len(images))
    lines = [strip(images[at : at + across], fitted, _CELL) for at in range(0, len(images), across)]
    pixels = np.vstack([_padded(line, lines[0].shape[1]) for line in lines])
    shown = Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    return Sheet(shown, (fitted.columns + 1) * across - 1, fitted.rows * len(lines), len(images), screen)


def grid(count: int, size: tuple[int, int], room: tuple[int, int]) -> Fit:
    """Return how many pictures stand side by side so that all fit into a room, and how large each of them is.

    >>> grid(8, (640, 360), (80, 12))
    Fit(number=4, columns=18, rows=5)

    Args:
        count: How many there are.
        size: (width, height) of each.
        room: (columns, lines).
    """
    shape = size[0] * _CELL[1] / (size[1] * _CELL[0])  # cells across for each line
    for across in range(1, count + 1):
        columns = max(1, (room[0] + 1) // across - 1)
        rows = max(1, min(room[1], round(columns / shape)))
        if ceil(count / across) * rows <= room[1]:
            return Fit(across, max(1, min(columns, round(rows * shape))), rows)
    return Fit(count, max(1, (room[0] + 1) // count - 1), 1)


def _padded(line: Pixels, width: int) -> Pixels:
    missing = np.zeros((line.shape[0], width - line.shape[1], 3), np.uint8)
    parts: Sequence[Pixels] = (line, missing)
    return np.hstack(parts)
