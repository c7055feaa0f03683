"""What is drawn while cameras are watched: `LiveTable`."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self, TextIO, TypeAlias, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live

from rxvlm.analysis import Analysis
from rxvlm.ledger import Ledger, Tally
from rxvlm.terminal.no_echo import no_echo
from rxvlm.terminal.table import Row, table

_DRAWINGS_PER_SECOND: Final = 4.0
_RATE_SECONDS: Final = 5.0
_NEW_SECONDS: Final = 2.0  # for which an answer is shown strongly
_MOST_ABOVE: Final = 100  # things that wait to be shown above the table
_Handler: TypeAlias = "logging.StreamHandler[TextIO]"


class LiveTable:
    """Cameras as a live table in a terminal, for as long as it is entered.

    ::

        with LiveTable(ledgers) as live:
            watch_all(cameras, model, ledgers=ledgers).pipe(ops.do_action(live.on_next)).run()

    It is drawn four times a second at most, on a thread of its own, from snapshots.
    What is printed or logged meanwhile stands above it. The last drawing stays; where
    there is no terminal, it is the only one. The terminal does not show what is typed meanwhile.

    Args:
        ledgers: By name of the camera, in the order in which they are shown; looked at anew for each drawing.
        every: Seconds of a window, above 0.
        console: Where to draw; None for stdout.
        stays: Whether the last drawing does, in a terminal.

    Raises:
        ValueError: If ``every`` is not above 0.
    """

    def __init__(
        self,
        ledgers: Mapping[str, Ledger],
        *,
        every: float = 10.0,
        console: Console | None = None,
        stays: bool = True,
    ) -> None:
        if not every > 0:
            raise ValueError(f"every must be above 0 seconds, not {every}")
        self._ledgers = ledgers
        self._every = every
        self._lock = threading.Lock()
        self._heard: dict[str, _Heard] = {}
        self._rates: defaultdict[str, _Rate] = defaultdict(_Rate)
        self._moved: list[tuple[_Handler, TextIO]] = []
        self._ends = ExitStack()
        self._live = _Live(lambda: table(self.rows()), console or Console(), stays=stays)

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            ends.enter_context(no_echo(self._live.console.file))
            self._live.start(refresh=True)
            self._moved = [*_follow(sys.stdout), *_follow(sys.stderr)]
            self._ends = ends.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._ends:
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

    def print_above(self, what: RenderableType) -> None:
        """Show something above the table, with its next drawing; from any thread."""
        self._live.print_above(what)

    def rows(self) -> list[Row]:
        """Give what the table says at this moment."""
        now = time.monotonic()
        tallies = {name: ledger.snapshot() for name, ledger in list(self._ledgers.items())}
        with self._lock:
            return [self._row(name, tally, now) for name, tally in tallies.items()]

    def _row(self, name: str, tally: Tally, now: float) -> Row:
        fps = self._rates[name].measure(now, tally.captured)
        heard = self._heard.get(name) or self._heard.get(tally.name)
        reason = "" if tally.reason == "disposed" else tally.reason  # the user who left the camera knows
        tally = replace(tally, name=name, reason=reason)
        if heard is None:
            return Row(tally, fps, self._every)
        since = now - heard.arrived
        age = max(0.0, since + (heard.last.age or 0.0))
        new = since < _NEW_SECONDS
        return Row(tally, fps, self._every, age, heard.answers, heard.errors, heard.tokens, heard.last, new)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What one camera's model said so far; ``arrived`` is in seconds of the monotonic clock."""

    answers: int
    errors: int
    tokens: int
    last: Analysis
    arrived: float


class _Live(Live):
    """A live drawing, and what is to be shown above it: all of that at once, with the next drawing."""

    def __init__(self, drawn: Callable[[], RenderableType], console: Console, *, stays: bool) -> None:
        self._above: deque[RenderableType] = deque()
        super().__init__(
            console=console,
            refresh_per_second=_DRAWINGS_PER_SECOND,
            transient=not stays,
            redirect_stdout=sys.stdout.isatty(),  # what goes to a file goes on going there
            redirect_stderr=sys.stderr.isatty(),
            vertical_overflow="crop",
            get_renderable=drawn,
        )

    def print_above(self, what: RenderableType) -> None:
        """Show something with the next drawing; draw now where much waits for it."""
        self._above.append(what)
        if len(self._above) >= _MOST_ABOVE:
            self.refresh()

    def refresh(self) -> None:
        """Draw, below what waits to be shown above."""
        with self._lock:
            if above := [self._above.popleft() for _ in range(len(self._above))]:
                self._live_render.set_renderable(self.renderable)
                self.console.print(Group(*above))  # which draws below it
            else:
                super().refresh()


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
