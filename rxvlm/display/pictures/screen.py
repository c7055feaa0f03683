"""Screen: how a terminal can show pictures, and pictures drawn in that way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rich.segment import ControlType, Segment

from rxvlm.display.pictures import cells, kitty, sixel
from rxvlm.display.pictures.strip import fit, strip
from rxvlm.media.picture import Image

Way: TypeAlias = Literal["kitty", "sixel", "blocks", "letters"]

MOST_LINES: Final = 8
"""The highest drawing, in lines: pictures stand beside text, and there are several of them."""

_HALF: Final = (1, 2)  # pixels of a cell that is drawn with letters
_BEGIN: Final = Segment("", None, [(ControlType.CARRIAGE_RETURN,)])  # writes nothing


@dataclass(frozen=True, slots=True)
class Drawing:
    """A strip of pictures as lines for a terminal.

    Attributes:
        columns: Cells across.
        lines: Segments of each line. They begin with a control segment, which says that they are a picture.
    """

    columns: int
    lines: Sequence[Sequence[Segment]]


@dataclass(frozen=True)
class Screen:
    """How a terminal shows pictures.

    Attributes:
        way: ``"kitty"`` and ``"sixel"`` are graphics protocols; ``"blocks"`` are letters with two pixels each, in
            colours; ``"letters"`` need no colours.
        cell: (width, height) of a cell in pixels; only its proportions matter for letters.
    """

    way: Way = "blocks"
    cell: tuple[int, int] = (10, 20)

    def draw(
        self, images: Callable[[int, int], Sequence[Image]], size: tuple[int, int], room: tuple[int, int]
    ) -> Drawing:
        """Draw pictures as a strip: as high as possible, and as many as fit beside each other.

        Args:
            images: Returns at most so many pictures, about so many pixels across, at least one.
            size: (width, height) of each, in pixels.
            room: (columns, lines) for them, at least 1 each; more than `MOST_LINES` are not used.
        """
        cell = self.cell if self.way in ("kitty", "sixel") else _HALF
        fitted = fit(size, (room[0], min(room[1], MOST_LINES)), self.cell)
        found = images(fitted.number, fitted.columns * cell[0])
        picture = strip(found, fitted, cell)
        columns = (fitted.columns + 1) * len(found) - 1
        return Drawing(columns, [[_BEGIN, *line] for line in self._lines(picture, columns, fitted.rows)])

    def _lines(self, picture: Image, columns: int, rows: int) -> list[list[Segment]]:
        if self.way == "kitty":
            return kitty.placed(picture, columns, rows)
        if self.way == "sixel":
            return sixel.sliced(picture, columns, rows)
        return cells.half_blocks(picture) if self.way == "blocks" else cells.letters(picture)
