"""What a person sees of some cameras: values become a rich renderable; no terminal, no clock, no thread."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

from rxvlm.analysis import Analysis
from rxvlm.ledger import Tally
from rxvlm.ledger.states import FLOWING, OVER
from rxvlm.terminal.fitting import short_duration, short_number, truncate, wrap
from rxvlm.text import one_line

Styled: TypeAlias = tuple[str, str]  # a text, and rich's name of a style

_MAX_LINES: Final = 6
_BAR: Final = 6
_STYLES: Final = {
    "connecting": "cyan",
    "live": "green",
    "playing": "green",
    "finishing": "green",
    "ended": "dim",
    "failed": "bold red",
}
_WELL: Final = FLOWING | {"finishing", "ended"}
_NOTHING: Final = ("-", "dim")
_ADDRESS: Final = re.compile(r"^[a-z]+://\S+ ")  # beside the name it only takes the room of the reason
_TERMS: Final = ("analysed", "failed", "in_flight", "waiting", "skipped", "thinned", "unaccounted")
_WORDS: Final = {"in_flight": "asked about", "waiting": "gathered"}  # that alarm nobody while all is well


@dataclass(frozen=True, slots=True)
class Row:
    """What the table says of one camera.

    Attributes:
        tally: Its counts and its state.
        fps: Frames that come in a second of the clock.
        every: Seconds of a window.
        age: Seconds since what the newest answer tells of was filmed; of a file, since it came. None before.
        answers: Answers so far, without errors.
        errors: Calls that gave none.
        tokens: What the answers cost so far, in and out.
        last: The newest answer or error.
        new: Whether that has only just come.
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


def table(rows: Sequence[Row]) -> RenderableType:
    """Show cameras, a row each, and below them what became of the frames of all.

    ``Wait`` and ``Ask`` are seconds of video that wait for the model, and that it is asked about; frames of the
    first are ``gathered``: of windows that are being filled, or have been.
    It takes the console's width, and in a terminal at most its height less a line: texts
    are cut to fit, and of very many cameras those in trouble come first.

    Args:
        rows: In the order in which they are shown.
    """
    return _Table(rows)


@dataclass(frozen=True)
class _Table:
    """Laid out by hand: it is drawn four times a second, and rich's own table takes twice as long."""

    rows: Sequence[Row]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        strip = list(_lines_of(_strip([row.tally for row in self.rows]), width))
        room = options.max_height - len(strip) - 4 if options.is_terminal else 4 * len(self.rows)
        columns = _columns(self.rows, width)
        headings = [*_cells(columns, [(column.heading, "bold") for column in columns]), ("Answer", "bold")]
        rule = [("─" * width, "dim")]
        for line in (headings, rule, *_cameras(self.rows, columns, width, max(2, room)), rule, *strip):
            segments = [Segment(text, console.get_style(style)) for text, style in line]
            yield from Segment.adjust_line_length(segments, width)
            yield Segment.line()


class _Column(NamedTuple):
    """Where a fact of a camera stands; ``least`` cells are the narrowest console that has it."""

    heading: str
    width: int
    least: int
    align: str = ">"


_COLUMNS: Final = (
    _Column("Camera", 0, 0, "<"),
    _Column("State", 10, 24, "<"),
    _Column("fps", 4, 60),
    _Column("Window", _BAR, 70),
    _Column("Wait", 4, 70),
    _Column("Ask", 3, 70),
    _Column("Age", 3, 50),
    _Column("Answers", 7, 110),
    _Column("Tokens", 6, 120),
    _Column("Err", 4, 60),
)


def _facts(row: Row) -> list[Styled]:
    """Give the facts of a camera, in the order of the columns."""
    tally = row.tally
    style = _STYLES.get(tally.state, "yellow")
    comes = tally.state in FLOWING
    done = int(tally.time % row.every / row.every * (_BAR + 1))
    return [
        (one_line(tally.name), ""),
        (tally.state, style),
        (f"{row.fps:.{int(row.fps < 9.95)}f}", "") if comes else _NOTHING,  # noqa: PLR2004 - two digits at most
        ("━" * done + "─" * (_BAR - done), style) if comes else _NOTHING,
        _footage(row, tally.waiting),
        _footage(row, tally.in_flight),
        _age(row),
        (f"{row.answers:,}", ""),
        (short_number(row.tokens), "") if row.tokens else _NOTHING,
        (str(row.errors), "red") if row.errors else _NOTHING,
    ]


def _columns(rows: Sequence[Row], width: int) -> list[_Column]:
    """Choose the columns for a console; those that it has no room for have no width."""
    longest = max((cell_len(one_line(row.tally.name)) for row in rows), default=0)
    name = _COLUMNS[0]._replace(width=max(6, min(longest, width // 6)))
    return [column if width >= column.least else column._replace(width=0) for column in (name, *_COLUMNS[1:])]


def _cells(columns: Sequence[_Column], facts: Sequence[Styled]) -> list[Styled]:
    cells: list[Styled] = []
    for column, (text, style) in zip(columns, facts, strict=True):
        if column.width:
            aligned = text.rjust(column.width) if column.align == ">" else text
            cells += [(set_cell_size(truncate(aligned, column.width), column.width), style), (" ", "")]
    return cells


def _cameras(rows: Sequence[Row], columns: Sequence[_Column], width: int, room: int) -> Iterable[list[Styled]]:
    """Give the lines of the cameras, ``room`` of them at most, with air between where there is enough."""
    shown, more = _that_fit(rows, room)
    lines = room // max(1, len(shown))
    air = lines > 2  # noqa: PLR2004 - a text, a second line of it, and a blank
    left = sum(column.width + 1 for column in columns if column.width)
    for number, row in enumerate(shown):
        if air and number:
            yield []
        before = _cells(columns, _facts(row))
        for text in _said(row, max(1, width - left), min(lines - air, _MAX_LINES)):
            yield [*before, text]
            before = [(" " * left, "")]
    yield from more


def _that_fit(rows: Sequence[Row], room: int) -> tuple[Sequence[Row], list[list[Styled]]]:
    """Choose the rows that fit, those in trouble first, and tell of the others in a line."""
    if len(rows) <= room:
        return rows, []
    by_trouble = sorted(rows, key=lambda row: _trouble(row)[0])
    states = Counter(_trouble(row)[1] for row in by_trouble[room - 1 :])
    others = ", ".join(f"{number} {state}" for state, number in states.items())
    return by_trouble[: room - 1], [[(f"and {states.total():,} more: {others}", "dim")]]


def _trouble(row: Row) -> tuple[int, str]:
    """Rank a camera, and say what it is: failed, sending nothing, without answers, well."""
    if row.tally.state not in _WELL:
        return int(row.tally.state != "failed"), row.tally.state
    return (2, "without answer") if row.last is not None and row.last.error is not None else (3, row.tally.state)


def _said(row: Row, width: int, lines: int) -> list[Styled]:
    """Give the lines of what the model said, below the reason why nothing comes, if there is one."""
    texts: list[Styled] = []
    if row.tally.state not in FLOWING and row.tally.reason:
        hope = "; trying again" if row.tally.state == "waiting" else ""
        texts.append((_ADDRESS.sub("", row.tally.reason) + hope, _STYLES.get(row.tally.state, "yellow")))
    if row.last is not None and row.last.error is not None:
        texts.append((str(row.last.error) or type(row.last.error).__name__, "red"))
    elif row.last is not None:
        style = "dim" if texts or not row.last.text else "bold" if row.new else ""
        texts.append((row.last.text or "(an empty answer)", style))
    folded: list[Styled] = []
    for text, style in texts or [("no answer yet", "dim")]:
        folded += [(line, style) for line in wrap(text, width, lines - len(folded))]
    return folded


def _strip(tallies: Sequence[Tally]) -> Iterable[Styled]:
    """Say in words what became of the frames of all cameras."""
    yield f"{sum(tally.captured for tally in tallies):,} frames", "bold"
    for term in _TERMS:
        frames = sum(getattr(tally, term) for tally in tallies)
        if frames or term == "analysed":
            yield f"{frames:,} {_WORDS.get(term, term)}", "red" if term in ("failed", "unaccounted") else ""
    lost = sum((Counter(tally.dropped) for tally in tallies), Counter[str]())
    if not lost:
        yield "none lost", "green"
    for number, (reason, frames) in enumerate(lost.most_common()):
        yield f"{'' if number else f'{lost.total():,} lost: '}{frames:,} {one_line(reason)}", "bold red"


def _lines_of(words: Iterable[Styled], width: int) -> Iterable[list[Styled]]:
    """Put words into lines, commas between; none is broken."""
    line: list[Styled] = []
    for text, style in words:
        if line and sum(cell_len(word) for word, _ in line) + cell_len(text) >= width:
            yield line
            line = []
        line += [(text, style), (", ", "")]
    yield line[:-1]


def _footage(row: Row, frames: int) -> Styled:
    """Give frames as seconds of video. Gaps lower either guess of the rate, so the greater one is right."""
    spans = [(row.tally.captured, row.tally.time)]
    if row.last is not None:
        spans.append((row.last.clip.seen, row.last.clip.end - row.last.clip.start))
    rate = max((seen / seconds for seen, seconds in spans if seconds), default=0)
    return (short_duration(frames / rate), "") if frames and rate else _NOTHING


def _age(row: Row) -> Styled:
    if row.age is None:
        return _NOTHING
    late = row.age / row.every
    fresh = "green" if late < 2 else "yellow" if late < 4 else "red"  # noqa: PLR2004 - windows
    return short_duration(row.age), "dim" if row.tally.state in OVER else fresh
