"""Texts and numbers that fit a given number of terminal cells; a wide character, as in Chinese, takes two cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from rxvlm.text import one_line

_NEVER_FIRST: Final = "\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f"  # Chinese full stop, comma, ...


@lru_cache(maxsize=256)
def wrap(text: str, width: int, lines: int) -> tuple[str, ...]:
    """Wrap a text into at most ``lines`` lines of ``width`` cells; the last one is cut if not all fits.

    Lines break at spaces, or next to a wide character, as Chinese has no spaces. Results are cached, as the same
    answer is drawn many times.
    """
    folded: list[str] = []
    left = one_line(text[: max(2000, 4 * width * lines)])
    while cell_len(left) > width and len(folded) < lines - 1:
        most = len(chop_cells(left[: 2 * width], width)[0])
        most -= most > 1 and left[most] in _NEVER_FIRST
        space = left.rfind(" ", 0, most + 1)
        end = space if space > 0 and cell_len(left[most - 1 : most + 1]) <= 2 else most  # noqa: PLR2004 - two narrow
        folded.append(left[:end])
        left = left[end:].lstrip()
    return (*folded, truncate(left, width))[:lines]


def truncate(text: str, width: int) -> str:
    """Cut a text to ``width`` cells, with an ellipsis where something was cut off."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


@dataclass(frozen=True)
class Paragraph:
    """A text to the right of its heading; where the heading is long, the text begins on the next line.

    Attributes:
        heading: One line, in bold.
        text: A text of any length; none of it is left out.
        style: Rich's name of the text's style.
    """

    heading: str
    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        beside = cell_len(self.heading) + 2
        fits = beside <= options.max_width // 2
        indent = beside if fits else min(4, options.max_width // 2)
        lines = wrap(self.text, options.max_width - indent, len(self.text) + 1)
        heading = f"{self.heading}  " if fits else f"{truncate(self.heading, options.max_width)}\n{'':{indent}}"
        yield Segment(heading, console.get_style("bold"))
        yield Segment(f"\n{'':{indent}}".join(lines), console.get_style(self.style))
        yield Segment.line()


def short_number(number: int) -> str:
    """Write a number in at most six characters.

    >>> short_number(9999), short_number(12_345), short_number(7_654_321)
    ('9999', '12.3k', '7654k')
    """
    for unit, size in (("", 1), ("k", 1000), ("M", 1_000_000)):
        if number < 10_000 * size:
            return f"{number / size:.{0 if unit == '' or number >= 1000 * size else 1}f}{unit}"
    return f"{number / 1e9:.0f}G"


def short_duration(seconds: float) -> str:
    """Write a duration in at most three characters, up to 99 days.

    >>> short_duration(7.9), short_duration(100), short_duration(7200)
    ('7s', '1m', '2h')
    """
    for unit, length, most in (("s", 1, 100), ("m", 60, 6000), ("h", 3600, 360_000)):
        if seconds < most:
            return f"{int(seconds / length)}{unit}"
    return f"{int(seconds / 86_400)}d"
