"""Pictures as sixels, sliced into lines of text, so that each line of the table can be drawn alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from rich.segment import ControlType, Segment

from rxvlm.media.picture import Image

_LEVELS: Final = np.array([6, 7, 6])  # of blue, green and red: 252 colours, of the 256 that most terminals have
_BITS: Final = np.array([1, 2, 4, 8, 16, 32], np.uint8)[:, None]
_BAND: Final = len(_BITS)
_ORDERED: Final = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16  # a dither matrix
_RUN: Final = re.compile(r"(.)\1{3,}")


def sliced(picture: Image, columns: int, rows: int) -> list[list[Segment]]:
    """Return a picture as lines of sixels, each as high as a line of text.

    Each line leaves the cursor behind its cells, which count for nothing in the length of the line.

    Args:
        picture: BGR ``uint8``; its height is that of ``rows`` lines of text.
        columns: Cells across.
        rows: Lines.
    """
    indexed = _indexed(picture)
    return [[Segment(f"\x1b7{_sixels(part)}\x1b8\x1b[{columns}C", None, _CONTROL)] for part in np.split(indexed, rows)]


_CONTROL: Final = [(ControlType.CURSOR_FORWARD, 0)]


def _indexed(picture: Image) -> npt.NDArray[np.intp]:
    """Return a picture as numbers of colours, dithered."""
    height, width, _ = picture.shape
    dither = np.tile(_ORDERED, (height // 4 + 1, width // 4 + 1))[:height, :width, None]
    level = np.minimum((picture / 255 * (_LEVELS - 1) + dither).astype(np.intp), _LEVELS - 1)
    return (level[..., 2] * _LEVELS[1] + level[..., 1]) * _LEVELS[0] + level[..., 0]


def _sixels(indexed: npt.NDArray[np.intp]) -> str:
    height, width = indexed.shape
    colours = "".join(_defined(colour) for colour in np.unique(indexed).tolist())
    bands = (indexed[top : top + _BAND] for top in range(0, height, _BAND))
    return f'\x1bP0;1;0q"1;1;{width};{height}{colours}{"-".join("$".join(_passes(band)) for band in bands)}\x1b\\'


def _passes(band: npt.NDArray[np.intp]) -> Iterator[str]:
    """Iterate over the pixels of each colour in at most six rows of pixels."""
    for colour in np.unique(band).tolist():
        bits = ((band == colour) * _BITS[: len(band)]).sum(axis=0, dtype=np.uint8)
        pixels = (bits + 63).astype(np.uint8).tobytes().decode("ascii")
        yield f"#{colour}{_RUN.sub(lambda run: f'!{len(run[0])}{run[1]}', pixels)}"


def _defined(colour: int) -> str:
    green_and_red, blue = divmod(colour, int(_LEVELS[0]))
    red, green = divmod(green_and_red, int(_LEVELS[1]))
    percent = (round(100 * level / (levels - 1)) for level, levels in zip((red, green, blue), (6, 7, 6), strict=True))
    return f"#{colour};2;{';'.join(map(str, percent))}"
