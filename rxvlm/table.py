"""What a person sees of some cameras: values become a rich renderable; no terminal, no clock, no thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from rxvlm.analysis import Analysis
from rxvlm.ledger import Tally
from rxvlm.text import one_line

Styled: TypeAlias = tuple[str, str]
"""A text and rich's name of its style."""

_MAX_LINES: Final = 6
_MAX_TEXT: Final = 2000
_WIDE: Final = 110
_BAR: Final = 6
_STYLES: Final = {
    "connecting": "cyan",
    "live": "green",
    "playing": "green",
    "stalled": "yellow",
    "waiting": "yellow",
    "ended": "dim",
    "failed": "bold red",
}
_WELL: Final = ("live", "playing", "ended")
_OVER: Final = ("ended", "failed")
_NOTHING: Final = ("  -", "dim")


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
        last: The newest answer or error.
    """

    tally: Tally
    fps: float = 0.0
    every: float = 10.0
    age: float | None = None
    answers: int = 0
    errors: int = 0
    last: Analysis | None = None


def table(rows: Sequence[Row]) -> RenderableType:
    """Show cameras, a row each, and below them what became of the frames of all.

    It is as wide as the console, and on a terminal a line less high at most: texts are
    cut to fit, and of very many cameras those in trouble are shown first.

    Args:
        rows: In the order in which they are shown.
    """
    return _Table(rows)


@dataclass(frozen=True)
class _Table:
    """Laid out by hand: it is drawn four times a second, and rich's own table takes three times as long."""

    rows: Sequence[Row]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        strip = Text.assemble(*_strip([row.tally for row in self.rows])).wrap(console, width)
        room = options.max_height - len(strip) - 4 if options.is_terminal else 4 * len(self.rows)
        rule = [("─" * width, "dim")]
        columns, text_width = _columns(self.rows, width)
        headings = [*_cells((column, (column.heading, "bold")) for column in columns), ("Answer", "bold")]
        for line in (headings, rule, *_cameras(self.rows, columns, text_width, max(2, room)), rule):
            segments = [Segment(text, console.get_style(style)) for text, style in line]
            yield from Segment.adjust_line_length(segments, width)
            yield Segment.line()
        yield from strip


def _cameras(rows: Sequence[Row], columns: Sequence[_Column], text_width: int, room: int) -> Iterable[list[Styled]]:
    """Give the lines of the cameras, ``room`` of them at most, with air between where there is enough."""
    shown, more = _that_fit(rows, room)
    lines = room // max(1, len(shown))
    air = lines > 2  # noqa: PLR2004 - a text, a second line of it, and a blank
    for number, row in enumerate(shown):
        if air and number:
            yield []
        facts = _cells((column, column.cell(row)) for column in columns)
        for text in _said(row, text_width, min(lines - air, _MAX_LINES)):
            yield [*facts, text]
            facts = [(" " * sum(cell_len(fact) for fact, _ in facts), "")]
    if more:
        yield [(more, "dim")]


def _that_fit(rows: Sequence[Row], room: int) -> tuple[Sequence[Row], str]:
    """Choose the rows that fit, those in trouble first, and tell of the others."""
    if len(rows) <= room:
        return rows, ""
    by_trouble = sorted(rows, key=lambda row: row.tally.state in _WELL)
    states = Counter(row.tally.state for row in by_trouble[room - 1 :])
    others = ", ".join(f"{number} {state}" for state, number in states.items())
    return by_trouble[: room - 1], f"and {states.total():,} more: {others}"


def _said(row: Row, width: int, lines: int) -> list[Styled]:
    """Give the lines of what the model said, below the reason why nothing comes, if there is one."""
    tally, last = row.tally, row.last
    texts: list[Styled] = []
    if tally.state not in _WELL and tally.reason:
        texts.append((tally.reason, _STYLES.get(tally.state, "")))
    if last is not None and last.error is not None:
        texts.append((str(last.error) or type(last.error).__name__, "red"))
    elif last is not None:
        texts.append((last.text or "(an empty answer)", "dim" if texts or not last.text else ""))
    folded: list[Styled] = []
    for text, style in texts or [("no answer yet", "dim")]:
        folded += [(line, style) for line in _fold(text, width, lines - len(folded))]
    return folded


@lru_cache(maxsize=1024)
def _fold(text: str, width: int, lines: int) -> tuple[str, ...]:
    """Break a stranger's words into a few lines of so many cells; remembered, as most stay for many drawings."""
    if lines < 1:
        return ()
    folded: list[str] = []
    left = _clean(text)
    while cell_len(left) > width and len(folded) < lines - 1:
        end = _line_end(left, width)
        folded.append(left[:end])
        left = left[end:].lstrip()
    return (*folded, _cut(left, width))


def _line_end(text: str, width: int) -> int:
    """Find where to break a text: at a space, or beside a wide character, as Chinese has no spaces."""
    most = len(chop_cells(text[: 2 * width], width)[0])
    space = text.rfind(" ", 0, most + 1)
    return most if space < 1 or cell_len(text[most - 1 : most + 1]) > 2 else space  # noqa: PLR2004 - two narrow ones


def _clean(text: str) -> str:
    return one_line(text[:_MAX_TEXT])


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _strip(tallies: Sequence[Tally]) -> Iterable[Styled]:
    """Say in words what became of the frames of all cameras."""
    yield f"{frames_of(tallies, 'captured'):,} frames captured", "bold"
    for term in ("analysed", "failed", "waiting", "in_flight", "skipped", "thinned", "unaccounted"):
        frames = frames_of(tallies, term)
        if frames or term in ("analysed", "failed", "waiting", "in_flight"):
            yield ", ", ""
            yield f"{frames:,} {term.replace('_', ' ')}", "red" if frames and term in ("failed", "unaccounted") else ""
    lost = sum((Counter(tally.dropped) for tally in tallies), Counter[str]())
    reasons = ", ".join(f"{frames:,} {_clean(reason)}" for reason, frames in sorted(lost.items()))
    yield ", ", ""
    yield (f"{lost.total():,} lost ({reasons})", "bold red") if lost else ("none lost", "green")


def frames_of(tallies: Iterable[Tally], term: str) -> int:
    """Add up one term of some cameras, in frames."""
    return sum(getattr(tally, term) for tally in tallies)


class _Column(NamedTuple):
    """One fact of a camera, shown on consoles of at least so many cells."""

    heading: str
    width: int
    cell: Callable[[Row], Styled]
    least: int = 0


def _columns(rows: Sequence[Row], width: int) -> tuple[list[_Column], int]:
    """Choose the columns for a console, each with its gap, and give what is left for the text, in cells."""
    longest = max((cell_len(_clean(row.tally.name)) for row in rows), default=0)
    gap = 2 if width >= _WIDE else 1
    name = _Column("Camera", max(6, min(longest, width // 6)), _name)
    columns = [column for column in (name, *_COLUMNS) if width >= column.least]
    columns = [column._replace(width=column.width + gap) for column in columns]
    return columns, max(1, width - sum(column.width for column in columns))


def _cells(facts: Iterable[tuple[_Column, Styled]]) -> list[Styled]:
    return [(set_cell_size(_cut(text, column.width - 1), column.width), style) for column, (text, style) in facts]


def _name(row: Row) -> Styled:
    return _clean(row.tally.name), ""


def _state(row: Row) -> Styled:
    return row.tally.state, _STYLES.get(row.tally.state, "")


def _fps(row: Row) -> Styled:
    if row.tally.state in _OVER:
        return _NOTHING
    return f"{row.fps:4.1f}" if row.fps < 99.95 else _number(row.fps), ""  # noqa: PLR2004 - four characters


def _window(row: Row) -> Styled:
    """Draw how much of the present window has come."""
    if row.tally.state in _OVER:
        return _NOTHING
    done = int(row.tally.time % row.every / row.every * (_BAR + 1))
    return "━" * done + "─" * (_BAR - done), _STYLES.get(row.tally.state, "")


def _wait(row: Row) -> Styled:
    return _footage(row, row.tally.waiting)


def _ask(row: Row) -> Styled:
    return _footage(row, row.tally.in_flight)


def _footage(row: Row, frames: int) -> Styled:
    """Give frames as seconds of video. Gaps lower either guess of the rate, so the greater one is right."""
    spans = [(row.tally.captured, row.tally.time)]
    if row.last is not None:
        spans.append((row.last.clip.seen, row.last.clip.end - row.last.clip.start))
    rate = max((seen / seconds for seen, seconds in spans if seconds), default=0)
    return (_span(frames / rate), "") if frames and rate else _NOTHING


def _age(row: Row) -> Styled:
    if row.age is None:
        return _NOTHING
    if row.tally.state in _OVER:
        return _span(row.age), "dim"
    stale = row.age / row.every
    return _span(row.age), "green" if stale <= 2 else "yellow" if stale <= 4 else "red"  # noqa: PLR2004 - windows


def _errors(row: Row) -> Styled:
    return (_number(row.errors), "red") if row.errors else _NOTHING


def _answers(row: Row) -> Styled:
    return f"{row.answers:7,}", ""


def _number(number: float) -> str:
    """Give a number in at most four characters."""
    for unit in ("", "k", "M"):
        if number < 999.5:  # noqa: PLR2004 - three digits
            return f"{number:3.0f}{unit}"
        number /= 1000
    return f"{number:3.0f}G"


def _span(seconds: float) -> str:
    """Give a span of time in at most four characters."""
    for unit, length, most in (("s", 1, 100), ("m", 60, 6000), ("h", 3600, 360_000)):
        if seconds < most:
            return f"{int(seconds / length):2}{unit}"
    return f"{int(seconds / 86_400):2}d"


_COLUMNS: Final = (
    _Column("State", 10, _state, 24),
    _Column("fps", 4, _fps, 60),
    _Column("Window", _BAR, _window, 70),
    _Column("Wait", 4, _wait, 70),
    _Column("Ask", 3, _ask, 70),
    _Column("Age", 3, _age, 50),
    _Column("Err", 3, _errors, 60),
    _Column("Answers", 7, _answers, _WIDE),
)
