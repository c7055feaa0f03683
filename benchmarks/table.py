"""Format numbers as a Markdown table, and as a plot in SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median


@dataclass(frozen=True)
class Spread:
    """The smallest, the median and the largest value of several rounds."""

    low: float
    middle: float
    high: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread:
        """Return the spread of some values, at least one."""
        return Spread(min(values), median(values), max(values))

    def __str__(self) -> str:
        return f"**{brief(self.middle)}** ({brief(self.low)} to {brief(self.high)})"


def brief(number: float) -> str:
    """Format a number with three significant digits.

    >>> [brief(number) for number in (0.00123456, 0.5, 12.345, 30412.7)]
    ['0.00123', '0.5', '12.3', '30413']
    """
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:.0f}"  # noqa: PLR2004 - larger numbers are whole


def markdown(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines) + "\n"


BAR, GAP, LEFT, WIDE = 22, 10, 250, 470


def plot(title: str, unit: str, values: Mapping[str, float]) -> str:
    """Draw a bar for each name on a logarithmic scale."""
    least = 10 ** math.floor(math.log10(min(values.values())))
    decades = math.log10(max(values.values()) / least)
    height = 50 + len(values) * (BAR + GAP)
    box = f"0 0 {LEFT + WIDE + 90} {height}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="14">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="12" y="26" font-weight="bold">{escape(title)}</text>',
    ]
    for at, (name, value) in enumerate(values.items()):
        top, length = 44 + at * (BAR + GAP), max(2.0, WIDE * math.log10(value / least) / decades)
        colour = "#00897b" if name.startswith("rxvlm") else "#90a4ae"
        parts.append(
            f'<text x="{LEFT - 10}" y="{top + 16}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>'
            f'<text x="{LEFT + length + 6:.1f}" y="{top + 16}">{brief(value)} {escape(unit)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])
