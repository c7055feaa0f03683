"""The table of cameras as a rich renderable, made from values alone: no terminal, no clock, no thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

from rxvlm.display.pictures.screen import MOST_LINES, Drawing
from rxvlm.ledger.states import FLOWING
from rxvlm.terminal.cells import padded, wrap
from rxvlm.terminal.frame_counts import frame_count_lines
from rxvlm.terminal.row import Column, Row, Styled, columns_for, fact_cells, heading_cells
from rxvlm.terminal.said import said_lines

Line: TypeAlias = Sequence[Styled | Segment]
"""A line of the table; segments are those of a picture."""

_WELL: Final = FLOWING | {"finishing", "ended"}


def table(
    rows: Sequence[Row],
    alerts: Sequence[str] = (),
    events: Sequence[Styled] = (),
    *,
    age_p95: float | None = None,
) -> RenderableType:
    """Show cameras, one row each, and below them what became of the frames of all.

    ``Wait`` is seconds of video that the model is not yet asked about: in the window that is being filled, and in
    full windows that wait. ``Ask`` is seconds of video that the model is being asked about.

    The table takes the console's width, and in a terminal at most its height less one line. Texts
    are cut to fit. Lines that are left hold each camera's earlier answers, the newest first. Where not all cameras
    fit, those in trouble come first.

    Args:
        rows: In the order in which they are shown.
        alerts: Lines below the cameras, in red, about what concerns all of them: a model that is down.
        events: Lines below these, about events that run or have ended.
        age_p95: Seconds that 95 % of the answers were at most old when they came, behind the counts; None: not known.
    """
    return _Table(rows, [*((alert, "bold red") for alert in alerts), *events], age_p95)


@dataclass(frozen=True)
class _Table:
    """Laid out by hand: it is drawn four times per second, and rich's own table takes twice as long."""

    rows: Sequence[Row]
    told: Sequence[Styled]
    age_p95: float | None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        counts = frame_count_lines([row.tally for row in self.rows], width, age_p95=self.age_p95)
        below = [*([(line, style)] for text, style in self.told for line in wrap(text, width, 2)), *counts]
        room = options.max_height - len(below) - 4 if options.is_terminal else 7 * len(self.rows)
        columns = columns_for(self.rows, width)
        headings = [*heading_cells(columns), ("Answer", "bold")]
        rule = [("─" * width, "dim")]
        for line in (headings, rule, *_cameras(self.rows, columns, width, max(2, room)), rule, *below):
            parts = [
                part if isinstance(part, Segment) else Segment(part[0], console.get_style(part[1])) for part in line
            ]
            # The length of a line with a picture is right, and that of sixels cannot be counted.
            yield from (
                parts if any(isinstance(part, Segment) for part in line) else Segment.adjust_line_length(parts, width)
            )
            yield Segment.line()


def _cameras(rows: Sequence[Row], columns: Sequence[Column], width: int, room: int) -> Iterable[Line]:
    """Return the lines of the cameras, at most ``room``; with a blank line between rows where there is enough."""
    shown, more = _that_fit(rows, room)
    spaced = room // max(1, len(shown)) > 2  # noqa: PLR2004 - a text, a second line of it, and a blank
    left = sum(column.width + 1 for column in columns if column.width)
    right = max(1, width - left)
    free = room - len(more) - spaced * (len(shown) - 1)
    heights = shared([_wanted(row, right, free) for row in shown], free)
    for number, (row, height) in enumerate(zip(shown, heights, strict=True)):
        if spaced and number:
            yield []
        drawing = None if row.drawing is None else row.drawing(left - 1, height - 1)
        yield from _camera(fact_cells(columns, row), said_lines(row, right, height), drawing, (left, right))
    yield from more


def _wanted(row: Row, right: int, free: int) -> int:
    """Return how many lines a row can use."""
    return max(len(said_lines(row, right, free)), 0 if row.drawing is None else 1 + MOST_LINES)


def _camera(
    facts: Sequence[Styled], texts: Sequence[Styled], drawing: Drawing | None, widths: tuple[int, int]
) -> Iterable[Line]:
    """Return the lines of one camera: its facts and, below them, what the model saw; texts to the right of both."""
    left, right = widths
    pictures = () if drawing is None else drawing.lines
    across = 0 if drawing is None else drawing.columns
    padding = [("", "")] * (1 + len(pictures) - len(texts))
    for number, (text, style) in enumerate([*texts, *padding]):
        if number == 0:
            yield [*facts, (text, style)]
        elif number <= len(pictures):
            yield [*pictures[number - 1], (" " * (left - across), ""), (padded(text, right), style)]
        else:
            yield [(" " * left, ""), (text, style)]


def shared(wanted: Sequence[int], room: int) -> list[int]:
    """Share lines between rows: none gets more than it wants, and what one leaves goes to the others.

    >>> shared([1, 9, 9], 10)
    [1, 4, 5]
    """
    heights = [0] * len(wanted)
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    for number, at in enumerate(order):
        heights[at] = max(1, min(wanted[at], room // (len(order) - number)))
        room -= heights[at]
    return heights


def _that_fit(rows: Sequence[Row], room: int) -> tuple[Sequence[Row], list[Line]]:
    """Choose the rows that fit, those in trouble first, and add a line that counts the others."""
    if len(rows) <= room:
        return rows, []
    by_trouble = sorted(rows, key=lambda row: _trouble(row)[0])
    states = Counter(_trouble(row)[1] for row in by_trouble[room - 1 :])
    others = ", ".join(f"{number} {state}" for state, number in states.items())
    return by_trouble[: room - 1], [[(f"and {states.total():,} more: {others}", "dim")]]


def _trouble(row: Row) -> tuple[int, str]:
    """Return the rank of a camera, 0 for the worst, and its trouble: failed, sends nothing, no answer, none."""
    if row.tally.state not in _WELL:
        return int(row.tally.state != "failed"), row.tally.state
    return (2, "without answer") if row.last is not None and row.last.error is not None else (3, row.tally.state)
