"""What is drawn while cameras are watched, and said when it is over: `LiveTable` and `summary`."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self, TextIO, TypeAlias, cast

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rxvlm.analysis import Analysis
from rxvlm.ledger import Ledger, Tally
from rxvlm.table import Row, table
from rxvlm.text import one_line

_DRAWINGS_PER_SECOND: Final = 4.0
_RATE_SECONDS: Final = 5.0
_NEW_SECONDS: Final = 2.0  # for which an answer is shown strongly
_Handler: TypeAlias = "logging.StreamHandler[TextIO]"


class LiveTable:
    """Cameras as a live table in a terminal, for as long as it is entered.

    ::

        with LiveTable(ledgers) as live:
            watch_all(cameras, vlm, ledgers=ledgers).pipe(ops.do_action(live.on_next)).run()

    It is drawn four times a second at most, on a thread of its own, from snapshots.
    What is printed or logged meanwhile stands above it. The last drawing stays; where
    there is no terminal, it is the only one.

    Args:
        ledgers: By name of the camera, in the order in which they are shown; looked at anew for each drawing.
        every: Seconds of a window, above 0.
        console: Where to draw; None for stdout.

    Raises:
        ValueError: If ``every`` is not above 0.
    """

    def __init__(self, ledgers: Mapping[str, Ledger], *, every: float = 10.0, console: Console | None = None) -> None:
        if not every > 0:
            raise ValueError(f"every must be above 0 seconds, not {every}")
        self._ledgers = ledgers
        self._every = every
        self._lock = threading.Lock()
        self._heard: dict[str, _Heard] = {}
        self._rates: defaultdict[str, _Rate] = defaultdict(_Rate)
        self._moved: list[tuple[_Handler, TextIO]] = []
        self._live = Live(
            console=console or Console(),
            refresh_per_second=_DRAWINGS_PER_SECOND,
            redirect_stdout=sys.stdout.isatty(),  # what goes to a file goes on going there
            redirect_stderr=sys.stderr.isatty(),
            vertical_overflow="crop",
            get_renderable=lambda: table(self.rows()),
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        self._moved = [*_follow(sys.stdout), *_follow(sys.stderr)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._live.stop()
        finally:  # only now: a line that is logged while it ends still stands above
            for handler, stream in self._moved:
                handler.setStream(stream)

    def on_next(self, analysis: Analysis) -> None:
        """Take an answer or an error, from any thread; the next drawing shows it."""
        failed = analysis.error is not None
        name, now = analysis.clip.source, time.monotonic()
        with self._lock:
            heard = self._heard.get(name)
            answers, errors, tokens = (heard.answers, heard.errors, heard.tokens) if heard else (0, 0, 0)
            tokens += analysis.usage.input + analysis.usage.output if analysis.usage else 0
            self._heard[name] = _Heard(answers + (not failed), errors + failed, tokens, analysis, now)

    def rows(self) -> list[Row]:
        """Give what the table says at this moment."""
        now = time.monotonic()
        tallies = {name: ledger.snapshot() for name, ledger in list(self._ledgers.items())}
        with self._lock:
            return [self._row(name, tally, now) for name, tally in tallies.items()]

    def _row(self, name: str, tally: Tally, now: float) -> Row:
        fps = self._rates[name].measure(now, tally.captured)
        heard = self._heard.get(name) or self._heard.get(tally.name)
        tally = replace(tally, name=name)
        if heard is None:
            return Row(tally, fps, self._every)
        since = now - heard.arrived
        age = max(0.0, since + (heard.last.age or 0.0))
        new = since < _NEW_SECONDS
        return Row(tally, fps, self._every, age, heard.answers, heard.errors, heard.tokens, heard.last, new)


def summary(tallies: Sequence[Tally], answers: Mapping[str, int] | None = None) -> RenderableType:
    """Show what became of every camera's frames, and say whether all are accounted for.

    Args:
        tallies: One for each camera, when it is over.
        answers: How many each camera got, by its name; None to count the windows a model was asked about.
    """
    asked = "Windows" if answers is None else "Answers"
    grid = Table(box=SIMPLE_HEAD, pad_edge=False)
    grid.add_column("Camera", overflow="fold")
    for heading in (asked, "Captured", "Analysed", "Failed", "Left out", "Lost"):
        grid.add_column(heading, justify="right")
    told = [tally.windows if answers is None else answers.get(tally.name, 0) for tally in tallies]
    for tally, number in zip(tallies, told, strict=True):
        left_out, lost = tally.skipped + tally.thinned, sum(tally.dropped.values())
        counts = (number, tally.captured, tally.analysed, tally.failed, left_out, lost)
        grid.add_row(Text(one_line(tally.name)), *(f"{count:,}" for count in counts))
    return Group(grid, _verdict(tallies, _count(sum(told), asked.lower()[:-1])))


def print_summary(tallies: Sequence[Tally], answers: Mapping[str, int] | None = None, *, stderr: bool = False) -> None:
    """Print a `summary` on stdout or stderr."""
    Console(stderr=stderr).print(summary(tallies, answers))


def _verdict(tallies: Sequence[Tally], asked: str) -> Text:
    waiting, in_flight = sum(tally.waiting for tally in tallies), sum(tally.in_flight for tally in tallies)
    missing = sum(abs(_missing(tally)) for tally in tallies)
    ends = {"still waiting": waiting, "still in flight": in_flight, "unaccounted for": missing}
    loose = ", ".join(f"{frames:,} {what}" for what, frames in ends.items() if frames)
    captured = _count(sum(tally.captured for tally in tallies), "frame")
    said = f"{_count(len(tallies), 'camera')}, {asked}, {captured}: {loose or 'all accounted for'}."
    return Text(said, style="bold red" if loose else "bold green")


def _missing(tally: Tally) -> int:
    """Add everything up anew: a ledger is believed only if its sum is right."""
    settled = tally.analysed + tally.failed + sum(tally.dropped.values()) + tally.skipped + tally.thinned
    return tally.captured - settled - tally.waiting - tally.in_flight


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class _Heard:
    """What one camera's model said so far; ``arrived`` is in seconds of the monotonic clock."""

    answers: int
    errors: int
    tokens: int
    last: Analysis
    arrived: float


class _Rate:
    """Frames a second of the clock, over the last few seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def measure(self, now: float, frames: int) -> float:
        """Take how many frames there were by now, and give the rate."""
        self._seen.append((now, frames))
        while len(self._seen) > 2 and self._seen[0][0] < now - _RATE_SECONDS:  # noqa: PLR2004 - a rate is between two
            self._seen.popleft()
        before, fewer = self._seen[0]
        return (frames - fewer) / (now - before) if now > before else 0.0


def _behind(stream: TextIO) -> TextIO:
    """Give the stream that rich has put its own in place of."""
    return getattr(stream, "rich_proxied_file", stream)


def _follow(into: TextIO) -> Iterator[tuple[_Handler, TextIO]]:
    """Turn the log handlers that hold a stream to what rich has put in its place, and give what each held."""
    held = _behind(into)
    for logger in (logging.getLogger(), logging.getLogger("rxvlm")):
        for handler in cast("list[_Handler]", logger.handlers):
            if held is not into and getattr(handler, "stream", None) is held:
                handler.setStream(into)
                yield handler, held
