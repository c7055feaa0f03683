"""One camera's row of the table: its facts, and the columns they stand in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from rxvlm.analysis import Analysis
from rxvlm.display.pictures.screen import Drawing
from rxvlm.ledger import Tally
from rxvlm.ledger.states import FLOWING, OVER
from rxvlm.terminal.away import Away
from rxvlm.terminal.cells import cells, padded, plain
from rxvlm.terminal.fitting import short_duration, short_number

Styled: TypeAlias = tuple[str, str]
"""A text, and rich's name of a style."""

_BAR: Final = 6
_STYLES: Final = {
    "connecting": "cyan",
    "live": "green",
    "playing": "green",
    "paused": "yellow",
    "finishing": "green",
    "ended": "dim",
    "failed": "bold red",
}
_NOTHING: Final = ("-", "dim")


@dataclass(frozen=True, slots=True)
class Row:
    """What the table shows of one camera.

    Attributes:
        tally: Its frame counts and its state.
        fps: Frames per second of the clock that arrive.
        every: Seconds of a window.
        age: Seconds since the video of the newest answer was filmed; for a file, seconds since that answer came.
            None before the first answer.
        answers: Number of answers so far, without errors.
        errors: Number of calls that failed.
        tokens: Tokens of all answers so far, in and out.
        last: The newest answer or error.
        new: Whether it came just now; it is then shown in bold.
        earlier: Answers and errors before that, the newest first.
        away: How often and how long it sent nothing; None if that never happened.
        trouble: Why a question about it that is being asked has no answer yet, or "".
        drawing: Draws what the model saw for the newest answer, for so many columns and lines; None: not shown.
    """

    tally: Tally
    fps: float = 0.0
    every: float = 10.0
    age: float | None = None
    answers: int = 0
    errors: int = 0
    tokens: int = 0
    last: Analysis | None = None
    new: bool = False
    earlier: Sequence[Analysis] = ()
    away: Away | None = None
    trouble: str = ""
    drawing: Callable[[int, int], Drawing | None] | None = None


class Column(NamedTuple):
    """A column of the table.

    Attributes:
        heading: Its first line.
        width: Its cells; 0 for a column that is left out.
        least: Cells of the narrowest console that shows it.
        align: ``">"`` aligns it to the right, ``"<"`` to the left.
    """

    heading: str
    width: int
    least: int
    align: str = ">"


_COLUMNS: Final = (
    Column("Camera", 0, 0, "<"),
    Column("State", 10, 24, "<"),
    Column("fps", 4, 60),
    Column("Window", _BAR, 70),
    Column("Wait", 4, 70),
    Column("Ask", 3, 70),
    Column("Age", 3, 50),
    Column("Answers", 7, 110),
    Column("Tokens", 6, 120),
    Column("Err", 4, 60),
)


def columns_for(rows: Sequence[Row], width: int) -> list[Column]:
    """Return all columns; those that a console of this width has no room for have width 0."""
    longest = max((cells(plain(row.tally.name)) for row in rows), default=0)
    name = _COLUMNS[0]._replace(width=max(6, min(longest, width // 6)))
    return [column if width >= column.least else column._replace(width=0) for column in (name, *_COLUMNS[1:])]


def heading_cells(columns: Sequence[Column]) -> list[Styled]:
    """Return the headings, each as wide as its column."""
    return _cells(columns, [(column.heading, "bold") for column in columns])


def fact_cells(columns: Sequence[Column], row: Row) -> list[Styled]:
    """Return the facts of a camera, each as wide as its column."""
    return _cells(columns, _facts(row))


def style_of(state: str) -> str:
    """Return the style of a camera's state; yellow for one that sends nothing now."""
    return _STYLES.get(state, "yellow")


def _cells(columns: Sequence[Column], facts: Sequence[Styled]) -> list[Styled]:
    aligned: list[Styled] = []
    for column, (text, style) in zip(columns, facts, strict=True):
        if column.width:
            fitting = padded(text.rjust(column.width) if column.align == ">" else text, column.width)
            aligned += [(fitting, style), (" ", "")]
    return aligned


def _facts(row: Row) -> list[Styled]:
    """Return the facts of a camera, in the order of the columns."""
    tally = row.tally
    style = style_of(tally.state)
    arriving = tally.state in FLOWING
    filled = int(tally.time % row.every / row.every * (_BAR + 1))
    return [
        (plain(tally.name), ""),
        (tally.state, style),
        (f"{row.fps:.{int(row.fps < 9.95)}f}", "") if arriving else _NOTHING,  # noqa: PLR2004 - two digits at most
        ("━" * filled + "─" * (_BAR - filled), style) if arriving else _NOTHING,
        _as_seconds(row, tally.waiting),
        _as_seconds(row, tally.in_flight),
        _age(row),
        (f"{row.answers:,}", ""),
        (short_number(row.tokens), "") if row.tokens else _NOTHING,
        (str(row.errors), "red") if row.errors else _NOTHING,
    ]


def _as_seconds(row: Row, frames: int) -> Styled:
    """Return a number of frames as seconds of video, by the rate at which the camera films.

    There are two estimates of that rate: over all the time, and in the newest answer's window. A gap
    without frames lowers either of them, so the greater one is right.
    """
    spans = [(row.tally.captured, row.tally.time)]
    if row.last is not None:
        spans.append((row.last.clip.seen, row.last.clip.end - row.last.clip.start))
    rate = max((seen / seconds for seen, seconds in spans if seconds), default=0)
    return (short_duration(frames / rate), "") if frames and rate else _NOTHING


def _age(row: Row) -> Styled:
    if row.age is None:
        return _NOTHING
    windows = row.age / row.every
    fresh = "green" if windows < 2 else "yellow" if windows < 4 else "red"  # noqa: PLR2004 - as the docs say
    return short_duration(row.age), "dim" if row.tally.state in OVER else fresh
