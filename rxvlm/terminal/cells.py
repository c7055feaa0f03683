"""Lines of a given number of terminal cells: pure functions in one pass, whatever letters a text is made of."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rich.cells import get_character_cell_size

from rxvlm.text import one_line

_NEVER_FIRST: Final = frozenset("\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f")  # Chinese full stop, comma, ...
_ASCII: Final = re.compile(r"[ -~]*")
_UNSETTLED: Final = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # terminals disagree about their width


def plain(text: str) -> str:
    """Return a text as one line whose cells are the sum of its letters' cells."""
    return _UNSETTLED.sub("", one_line(text))


def cells(text: str) -> int:
    """Return how many cells a `plain` text takes."""
    return len(text) if _ASCII.fullmatch(text) else sum(map(get_character_cell_size, text))


def truncate(text: str, width: int) -> str:
    """Cut a text to ``width`` cells, with an ellipsis where something was cut off; unlike `wrap`, never at a space."""
    return text if cells(text) <= width else text[: _end(text, 0, width - 1)].rstrip() + "…" * (width > 0)


def padded(text: str, width: int) -> str:
    """Return a text of exactly ``width`` cells: cut, or filled with spaces on the right."""
    cut = truncate(text, width)
    return cut + " " * (width - cells(cut))


def wrap(text: str, width: int, lines: int) -> tuple[str, ...]:
    """Wrap a text into at most ``lines`` lines of ``width`` cells; the last one is cut if not all fits.

    Lines break at spaces, or next to a wide character, as Chinese has no spaces. Only as much of the text is
    read as the lines can hold. Results are cached, as the same answer is drawn many times.
    """
    return _wrap(text[: max(2000, 4 * width * lines)], max(1, width), lines)


@lru_cache(maxsize=2048)
def _wrap(text: str, width: int, lines: int) -> tuple[str, ...]:
    text = plain(text)
    if width == 1:
        text = "".join("…" if get_character_cell_size(letter) > 1 else letter for letter in text)
    folded: list[str] = []
    start = 0
    while len(folded) < lines - 1 and (most := _end(text, start, width)) < len(text):
        end = _break(text, start, most)
        folded.append(text[start:end])
        start = end + (len(text[end : most + 2]) - len(text[end : most + 2].lstrip(" ")))
    # What is left may be very long: `truncate` would measure all of it.
    return (*folded, truncate(text[start : start + 4 * width + 400], width))[: max(0, lines)]


def _end(text: str, start: int, width: int) -> int:
    """Return where a line of ``width`` cells that begins at ``start`` ends; accents stay with their letter."""
    used = 0
    for at in range(start, len(text)):
        used += get_character_cell_size(text[at])
        if used > width:
            return at
    return len(text)


def _break(text: str, start: int, most: int) -> int:
    """Return where to break a line that could at most go on to ``most``, which is inside the text."""
    space = text.rfind(" ", start + 1, most + 1)
    beside_wide = max(map(get_character_cell_size, text[most - 1 : most + 1])) > 1
    if space > 0 and not beside_wide:
        return space
    return most - 1 if text[most] in _NEVER_FIRST and most - 1 > start else most
