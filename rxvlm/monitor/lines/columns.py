"""Columns: cells of a line, each as wide as its column; the last one takes what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from rxvlm.terminal.cells import cells, padded, plain, truncate
from rxvlm.terminal.row import Styled

Line: TypeAlias = tuple[Styled, ...]
"""A line of a screen: texts with rich's names of their styles. The texts are plain: they hold no control characters."""


class Column(NamedTuple):
    """A column.

    Attributes:
        heading: Its first line.
        width: Its cells; of the last column, the fewest.
        least: Cells of the narrowest screen that shows it.
        right: Whether it is aligned to the right.
    """

    heading: str
    width: int
    least: int = 0
    right: bool = False


class Columns:
    """Columns fitted to a width; those that have no room are left out.

    Args:
        columns: The columns, the last of which takes what is left.
        width: Cells of the screen.
    """

    def __init__(self, columns: Sequence[Column], width: int) -> None:
        *first, last = columns
        shown = [width >= column.least for column in first]
        left = width - sum(column.width + 1 for column, is_shown in zip(first, shown, strict=True) if is_shown)
        self._columns = [
            *(
                column._replace(width=column.width if is_shown else 0)
                for column, is_shown in zip(first, shown, strict=True)
            ),
            last._replace(width=max(1, left)),
        ]

    @property
    def heading(self) -> Line:
        """The headings."""
        return self.line([(column.heading, "bold") for column in self._columns])

    def line(self, texts: Sequence[Styled]) -> Line:
        """Return a line of one text for each column."""
        found: list[Styled] = []
        for column, (text, style) in zip(self._columns, texts, strict=True):
            if column.width:
                cut = plain(text[: 8 * column.width + 80])
                if column.right:
                    cut = truncate(cut, column.width)
                    cut = " " * (column.width - cells(cut)) + cut
                found += [(padded(cut, column.width), style), (" ", "")]
        return tuple(found[:-1])


def name_width(names: Sequence[str], width: int) -> int:
    """Return how wide a column of names is: as the longest, but at most a fifth of the screen, and at least 6."""
    longest = max((cells(plain(name)) for name in names), default=0)
    return max(6, min(longest, width // 5))


def said(*parts: Styled, width: int) -> Line:
    """Return parts as one line, cut to a width."""
    line: list[Styled] = []
    for text, style in parts:
        if width <= 0:
            break
        cut = truncate(text, width)
        line.append((cut, style))
        width -= cells(cut)
    return tuple(line)
