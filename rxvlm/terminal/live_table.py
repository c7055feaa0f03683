"""LiveTable: a table of cameras that is redrawn while they are watched."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Final, Self, TextIO, TypeAlias, cast

from rich.console import Console, Group, RenderableType

from rxvlm.analysis import Analysis
from rxvlm.arguments import check_above_zero, suggest_options
from rxvlm.clip import Clip
from rxvlm.display.pictures.asking import screen_of
from rxvlm.display.pictures.screen import Screen
from rxvlm.event import Event
from rxvlm.ledger import Ledger, Tally
from rxvlm.models.breaker import outages
from rxvlm.models.troubles import troubles
from rxvlm.terminal.ages import Ages
from rxvlm.terminal.away import Away, away_now
from rxvlm.terminal.event_strip import EventStrip
from rxvlm.terminal.heard import Heard
from rxvlm.terminal.live_drawing import LiveDrawing
from rxvlm.terminal.no_echo import no_echo
from rxvlm.terminal.row import Row
from rxvlm.terminal.seen import Seen, SeenAbove
from rxvlm.terminal.table import table
from rxvlm.vlm import Vlm, check_model

_RATE_SECONDS: Final = 5.0
_Handler: TypeAlias = "logging.StreamHandler[TextIO]"


class LiveTable:
    """Show cameras as a live table in a terminal, inside a ``with`` block.

    ::

        with LiveTable(ledgers) as live:
            watch_all(cameras, model, ledgers=ledgers).pipe(ops.do_action(live.on_next)).run()

    The table is drawn at most four times per second, on a thread of its own, from snapshots of
    the ledgers. Text that is printed or logged in the meantime appears above it, and typed keys are
    not shown. The last drawing stays on the screen. If the console is not a terminal, only
    the last drawing is written.

    Args:
        ledgers: Ledgers by the name of the camera, in the order in which they are shown. They are read again
            for each drawing, so cameras may be added to the mapping at any time.
        every: Seconds of a window, above 0.
        console: The console to draw on; None for stdout.
        stays: Whether the last drawing stays on the screen of a terminal.
        model: The model that is asked. While a `breaker` in it is open, a line says which model is down, since when,
            and when it is tried again; while a `retry` in it asks again, or a server is not reached, the row of the
            camera says so.
        pictures: Whether to show below each camera what the model saw for the newest answer: by kitty's graphics or as
            sixels if the terminal supports them, otherwise as half blocks.

    Raises:
        ValueError: If ``every`` is not above 0.
    """

    @suggest_options()
    def __init__(
        self,
        ledgers: Mapping[str, Ledger],
        *,
        every: float = 10.0,
        console: Console | None = None,
        stays: bool = True,
        model: Vlm | None = None,
        pictures: bool = False,
    ) -> None:
        check_above_zero("every", every, "seconds")
        if model is not None:
            check_model(model)
        self._ledgers = ledgers
        self._every = every
        self._model = model
        self._lock = threading.Lock()
        self._heard: dict[str, Heard] = {}
        self._away: dict[str, Away | None] = {}
        self._looked = time.monotonic()
        self._rates: defaultdict[str, _Rate] = defaultdict(_Rate)
        self._redirected: list[tuple[_Handler, TextIO]] = []
        self._on_exit = ExitStack()
        self._events = EventStrip()
        self._ages = Ages()
        self._pictures = pictures
        self._screen: Screen | None = None  # how the terminal shows pictures
        self._live = LiveDrawing(self._drawn, console or Console(), stays=stays)

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            ends.enter_context(no_echo(self._live.console.file))
            if self._pictures and self._live.console.is_terminal:
                self._screen = screen_of(self._live.console)
            self._live.start(refresh=True)
            self._redirected = [*_redirect_handlers(sys.stdout), *_redirect_handlers(sys.stderr)]
            self._on_exit = ends.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._on_exit:
            try:
                self._live.stop()
            finally:  # only now, so that a line that is logged during the stop still appears above
                for handler, stream in self._redirected:
                    handler.setStream(stream)

    def on_next(self, analysis: Analysis) -> None:
        """Take an answer or an error; the next drawing shows it. May be called from any thread."""
        name = analysis.clip.source
        with self._lock:
            seen = None if self._screen is None else Seen(analysis.clip, self._screen)
            self._heard.setdefault(name, Heard()).add(analysis, time.monotonic(), seen)
            if analysis.error is None:
                self._ages.add(analysis.age, time.monotonic())

    def on_event(self, event: Event) -> None:
        """Take an event; the strip below the cameras shows it, and a start rings the bell. From any thread."""
        self._events.on_next(event)
        if event.phase == "start" and self._live.console.is_terminal:
            self._live.console.bell()

    def print_above(self, what: RenderableType, clip: Clip | None = None) -> None:
        """Print something above the table, with the next drawing. May be called from any thread.

        Args:
            what: What is printed.
            clip: A clip whose pictures are printed below it, if this table shows pictures.
        """
        if clip is not None and self._screen is not None:
            what = Group(what, SeenAbove(clip, self._screen))
        self._live.print_above(what)

    def rows(self) -> list[Row]:
        """Return what the table shows at this moment."""
        now = time.monotonic()
        tallies = {name: ledger.snapshot() for name, ledger in list(self._ledgers.items())}
        whys = {} if self._model is None else troubles(self._model)
        with self._lock:
            passed, self._looked = now - self._looked, now
            return [
                replace(self._row(name, tally, now, passed), trouble=whys.get(name, ""))
                for name, tally in tallies.items()
            ]

    def alerts(self) -> list[str]:
        """Return a line for each model that is down at this moment."""
        return [] if self._model is None else [outage.line(time.time()) for outage in outages(self._model)]

    def _drawn(self) -> RenderableType:
        with self._lock:
            age = self._ages.at(0.95, time.monotonic())
        return table(self.rows(), self.alerts(), self._events.lines(), age_p95=age)

    def _row(self, name: str, tally: Tally, now: float, passed: float) -> Row:
        fps = self._rates[name].measure(now, tally.captured)
        away = self._away[name] = away_now(self._away.get(name), tally.state, time.time(), passed)
        heard = self._heard.get(name) or self._heard.get(tally.name)
        reason = "" if tally.reason == "disposed" else tally.reason  # the user disposed of it, and knows
        row = Row(replace(tally, name=name, reason=reason), fps, self._every, away=away)
        return row if heard is None else heard.shown_in(row, now)


class _Rate:
    """The rate of a camera: frames per second of the clock, over the last few seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def measure(self, now: float, frames: int) -> float:
        """Add a measurement, the number of frames until now, and return the rate."""
        self._seen.append((now, frames))
        while len(self._seen) > 2 and self._seen[0][0] < now - _RATE_SECONDS:  # noqa: PLR2004 - a rate is between two
            self._seen.popleft()
        before, fewer = self._seen[0]
        return (frames - fewer) / (now - before) if now > before else 0.0


def _replaced_by(stream: TextIO) -> TextIO:
    """Return the stream that rich has replaced by one of its own."""
    return getattr(stream, "rich_proxied_file", stream)


def _redirect_handlers(into: TextIO) -> Iterator[tuple[_Handler, TextIO]]:
    """Redirect log handlers from a stream to rich's replacement of it; return each with its old stream."""
    held = _replaced_by(into)
    for logger in (logging.getLogger(), logging.getLogger("rxvlm")):
        for handler in cast("list[_Handler]", logger.handlers):
            if held is not into and getattr(handler, "stream", None) is held:
                handler.setStream(into)
                yield handler, held
