"""A stranger's words, broken and cut to fit so many cells of a terminal."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size

from rxvlm.text import one_line

_NEVER_FIRST: Final = "\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f"  # Chinese full stop, comma, ...


@lru_cache(maxsize=256)
def fold(text: str, width: int, lines: int) -> tuple[str, ...]:
    """Break words at spaces, or beside wide letters, as Chinese has no spaces; remembered from drawing to drawing."""
    folded: list[str] = []
    left = one_line(text[:2000])
    while cell_len(left) > width and len(folded) < lines - 1:
        most = len(chop_cells(left[: 2 * width], width)[0])
        most -= most > 1 and left[most] in _NEVER_FIRST
        space = left.rfind(" ", 0, most + 1)
        end = space if space > 0 and cell_len(left[most - 1 : most + 1]) <= 2 else most  # noqa: PLR2004 - two narrow
        folded.append(left[:end])
        left = left[end:].lstrip()
    return (*folded, cut(left, width))[:lines]


def cut(text: str, width: int) -> str:
    """Cut a text to so many cells, and show that it was."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"
