"""A run of the command line: cameras watched until they end, and what is said of them."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.text import one_line
from rxvlm.threads import wait_for

if TYPE_CHECKING:
    from rxvlm.pipeline import Watching

FAILED: Final = 1
NEVER_OPENED: Final = 2
INTERRUPTED: Final = 130
_GENTLE_SECONDS: Final = 1.0


class Run:
    """Some cameras, watched until they end, time is up, or somebody presses Ctrl-C."""

    def __init__(
        self, cameras: Mapping[str, str], vlm: rxvlm.Vlm, how: Watching, *, json: bool, save: Path | None
    ) -> None:
        self._every = how.get("every", 10.0)
        self._table = not json and sys.stdout.isatty()
        self.ledgers = {name: rxvlm.Ledger(name, self._on_state) for name in cameras}
        self._stop = rxvlm.Stop()
        self._over = threading.Event()
        self._error: Exception | None = None
        self._told: set[str] = set()
        self.answers = dict.fromkeys(cameras, 0)
        self._sinks: list[Callable[[rxvlm.Analysis], None]] = []
        if json:
            self._sinks.append(rxvlm.sinks.write_jsonl(sys.stdout))
        elif not self._table:
            self._sinks.append(_say_answer)
        if save is not None:
            self._sinks.append(rxvlm.sinks.save_clips(save))
        self._stream = rxvlm.watch_all(cameras, vlm, ledgers=self.ledgers, stop=self._stop, **how)

    def until_end(self, seconds: float | None) -> int:
        """Watch, at most so many seconds, and give the exit code."""
        interrupted = _interrupts()
        with self._shown():
            watching = self._stream.subscribe(self._on_answer, self._on_error, self._over.set)
            if not self._wait(seconds, interrupted):
                self._stop.set()
                self._wait(None, interrupted)
            watching.dispose()
        if interrupted.is_set():
            return INTERRUPTED
        return self._lost_code() if self._error is None else self._explain(self._error)

    def _wait(self, seconds: float | None, interrupted: threading.Event) -> bool:
        """Wait for the end, for time to be up, or, a moment longer, for an interrupt; give whether it is over."""
        over = wait_for(self._over, math.inf if seconds is None else seconds, unless=interrupted.is_set)
        if over or not interrupted.is_set():
            return over
        self._stop.set()
        return self._over.wait(_GENTLE_SECONDS)

    @contextmanager
    def _shown(self) -> Generator[None]:
        if not self._table:
            yield
            return
        with rxvlm.LiveTable(self.ledgers, every=self._every) as table:
            self._sinks.append(table.on_next)
            yield

    def _on_answer(self, analysis: rxvlm.Analysis) -> None:
        self.answers[analysis.clip.source] += 1
        try:
            for sink in self._sinks:
                sink(analysis)
        except OSError as error:  # a full disk, a reader that has gone: answers reach nobody any more
            self._on_error(error)

    def _on_error(self, error: Exception) -> None:
        self._error = error
        self._over.set()

    def _on_state(self, name: str, state: str, reason: str) -> None:
        if state == "failed":
            self._told.add(reason)
            complain(reason)
        elif not self._table:
            typer.echo(one_line(f"{name}: {state}{f': {reason}' if reason else ''}"), err=True)

    def _lost_code(self) -> int:
        """Give the exit code of a run that came to its end: clips that could not be made are no success."""
        reasons = {reason for ledger in self.ledgers.values() for reason in ledger.snapshot().dropped}
        return FAILED if reasons & {"undecodable", "unencodable"} else 0

    def _explain(self, error: Exception) -> int:
        """Say what ended the run, where it has not been said yet, and give the exit code."""
        if isinstance(error, ExceptionGroup):
            return max(self._explain(one) for one in cast("ExceptionGroup[Exception]", error).exceptions)
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush into
        elif str(error) not in self._told:
            complain(str(error) or type(error).__name__)
        never = isinstance(error, rxvlm.SourceError) and not isinstance(error, rxvlm.SourceBrokenError)
        return NEVER_OPENED if never else FAILED


def _interrupts() -> threading.Event:
    """Give what is set by Ctrl-C, and by SIGTERM."""
    interrupted = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda _signal, _frame: interrupted.set())
    return interrupted


def complain(text: str) -> None:
    """Say on stderr what went wrong, in one line."""
    typer.echo(f"rxvlm: {one_line(text)}", err=True)


def _say_answer(analysis: rxvlm.Analysis) -> None:
    clip = analysis.clip
    said = analysis.text if analysis.error is None else f"error: {analysis.error}"
    typer.echo(f"{one_line(clip.source)} {_moment(clip.start)}-{_moment(clip.end)}  {one_line(said)}")


def _moment(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{int(minutes)}:{rest:06.3f}".removesuffix(".000")
