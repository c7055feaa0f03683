"""The lines below the table: what became of the frames of all cameras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from rxvlm.ledger import Tally
from rxvlm.terminal.cells import cells, plain
from rxvlm.terminal.row import Styled

_TERMS: Final = ("analysed", "failed", "in_flight", "waiting", "skipped", "thinned", "unaccounted")


def frame_count_lines(tallies: Sequence[Tally], width: int, *, age_p95: float | None = None) -> list[list[Styled]]:
    """Return the counts of all cameras together, in lines of at most ``width`` cells.

    Args:
        tallies: The counts.
        width: Cells.
        age_p95: Seconds that 95 % of the answers were at most old, which then stands at the end; None: not known.
    """
    ages = [] if age_p95 is None else [(f"age p95 {age_p95:.1f} s", "")]
    return list(_lines([*_counts(tallies), *ages], width))


def _counts(tallies: Sequence[Tally]) -> Iterable[Styled]:
    yield f"{sum(tally.captured for tally in tallies):,} frames", "bold"
    for term in _TERMS:
        frames = sum(getattr(tally, term) for tally in tallies)
        if frames or term == "analysed":
            yield f"{frames:,} {term.replace('_', ' ')}", "red" if term in ("failed", "unaccounted") else ""
    lost = sum((Counter(tally.dropped) for tally in tallies), Counter[str]())
    if not lost:
        yield "none lost", "green"
    for number, (reason, frames) in enumerate(lost.most_common()):
        yield f"{'' if number else f'{lost.total():,} lost: '}{frames:,} {plain(reason)}", "bold red"


def _lines(counts: Iterable[Styled], width: int) -> Iterable[list[Styled]]:
    """Put counts into lines, with commas between them; no count is broken in two."""
    line: list[Styled] = []
    for text, style in counts:
        if line and sum(cells(word) for word, _ in line) + cells(text) >= width:
            yield line
            line = []
        line += [(text, style), (", ", "")]
    yield line[:-1]
