"""Pictures as letters that any terminal has: half blocks in colours, and letters of different brightness."""

from __future__ import annotations

from typing import Final

import numpy as np
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from rxvlm.media.picture import Image

_UPPER_HALF: Final = "\u2580"
_BY_BRIGHTNESS: Final = np.array(list(" .:-=+*#%@"))
_BGR: Final = np.array([0.114, 0.587, 0.299])


def half_blocks(picture: Image) -> list[list[Segment]]:
    """Return a picture as lines of half blocks: each cell shows two pixels, one above the other.

    Args:
        picture: BGR ``uint8`` of an even height, one pixel wide for each cell.
    """
    upper, lower = picture[::2].tolist(), picture[1::2].tolist()
    return [[_cell(*pixels) for pixels in zip(*rows, strict=True)] for rows in zip(upper, lower, strict=True)]


def letters(picture: Image) -> list[list[Segment]]:
    """Return a picture as lines of letters, for a terminal without colours; the more ink, the brighter.

    Args:
        picture: BGR ``uint8`` of an even height, one pixel wide for each cell.
    """
    grey = (picture[::2].astype(np.float64) + picture[1::2]) @ _BGR / 2
    found = _BY_BRIGHTNESS[(grey * len(_BY_BRIGHTNESS) / 256).astype(np.intp)]
    return [[Segment("".join(line))] for line in found.tolist()]


def _cell(upper: list[int], lower: list[int]) -> Segment:
    return Segment(_UPPER_HALF, Style(color=_colour(upper), bgcolor=_colour(lower)))


def _colour(bgr: list[int]) -> Color:
    return Color.from_rgb(bgr[2], bgr[1], bgr[0])
