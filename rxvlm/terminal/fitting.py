"""A paragraph beside its heading, and short forms of numbers and durations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from rxvlm.terminal.cells import cells, plain, truncate, wrap

_MOST: Final = 50_000  # letters; a longer text would take a terminal seconds, and no one could read it there


@dataclass(frozen=True)
class Paragraph:
    """A text to the right of its heading; where the heading is long, the text begins on the next line.

    Attributes:
        heading: One line, in bold.
        text: A text of any length; what is left out of more than 50,000 letters is said at its end.
        style: Rich's name of the text's style.
    """

    heading: str
    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        heading, text = plain(self.heading), plain(self.text[:_MOST])
        if len(self.text) > _MOST:
            text += f"… ({len(self.text) - _MOST:,} more letters)"
        beside = cells(heading) + 2
        fits = beside <= options.max_width // 2
        indent = beside if fits else min(4, options.max_width // 2)
        lines = wrap(text, options.max_width - indent, len(text) + 1)
        heading = f"{heading}  " if fits else f"{truncate(heading, options.max_width)}\n{'':{indent}}"
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
