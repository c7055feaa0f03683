"""A run of the command line: cameras watched until they end, and what is said of them."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.report import answered
from rxvlm.cli.versions import bug_in, bug_report
from rxvlm.concurrency.threads import wait_for
from rxvlm.text import one_line

if TYPE_CHECKING:
    from rxvlm.watching.watch import Watching

FAILED: Final = 1
NEVER_OPENED: Final = 2
INTERRUPTED: Final = 130
NOBODY_READS: Final = 141  # as of a program that SIGPIPE ended
_GENTLE_SECONDS: Final = 1.0


class Run:
    """Some cameras, watched until they end, time is up, or somebody presses Ctrl-C.

    Args:
        cameras: Addresses, by name.
        model: The model.
        how: They are watched.
        json: Whether answers are lines of JSON.
        save: Where to save clips, if at all.
        signed: Whether it is said who answered.
        summed_up: Whether a table at the end says what became of every frame, as it does after a live table.
    """

    def __init__(
        self,
        cameras: Mapping[str, str],
        model: rxvlm.Vlm,
        how: Watching,
        *,
        json: bool,
        save: Path | None = None,
        signed: bool = False,
        summed_up: bool = False,
    ) -> None:
        self._every = how.get("every", 10.0)
        self._json, self._signed = json, signed
        self._table = not json and sys.stdout.isatty()
        self._summed_up = summed_up or self._table
        self._ledgers = {name: rxvlm.Ledger(name, self._on_state) for name in cameras}
        self._stop = rxvlm.Stop()
        self._over = threading.Event()
        self._error: Exception | None = None
        self._bug: BaseException | None = None  # of ours: the first
        self._failed: list[str] = []  # why cameras did
        self._answers = dict.fromkeys(cameras, 0)
        self._sinks: list[Callable[[rxvlm.Analysis], None]] = []
        if json:
            self._sinks.append(rxvlm.sinks.write_jsonl(sys.stdout))
        elif not self._table:
            self._sinks.append(self._say)
        if save is not None:
            self._sinks.append(rxvlm.sinks.save_clips(save))
        self._stream = rxvlm.watch_all(cameras, model, ledgers=self._ledgers, stop=self._stop, **how)

    def until_end(self, seconds: float | None = None) -> int:
        """Watch, at most so many seconds, and give the exit code."""
        interrupted = _interrupts()
        with self._shown():
            watching = self._stream.subscribe(self._on_answer, self._on_error, self._over.set)
            if not self._wait(seconds, interrupted):
                self._stop.set()
                self._wait(None, interrupted)
            watching.dispose()
        if self._nobody_reads:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush into
            return NOBODY_READS
        if self._summed_up:
            self._sum_up()
        code = self._end_code()
        return INTERRUPTED if interrupted.is_set() else code

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
        some_live = any(ledger.live for ledger in self._ledgers.values())
        with rxvlm.LiveTable(self._ledgers, every=self._every, stays=some_live) as table:
            self._sinks.append(partial(self._draw, table))
            yield

    def _sum_up(self) -> None:
        from rxvlm.terminal.summary import print_summary  # noqa: PLC0415 - --help must not wait for it

        tallies = [ledger.snapshot() for ledger in self._ledgers.values()]
        print_summary(tallies, self._answers, stderr=self._json)

    @property
    def _nobody_reads(self) -> bool:
        return isinstance(self._error, BrokenPipeError)

    def _on_answer(self, analysis: rxvlm.Analysis) -> None:
        self._answers[analysis.clip.source] += analysis.error is None
        if analysis.error is not None:
            self._bug = self._bug or bug_in(analysis.error)
        try:
            for sink in self._sinks:
                sink(analysis)
        except Exception as error:  # noqa: BLE001 - a full disk, a reader that has gone: answers reach nobody any more
            self._on_error(error)

    def _on_error(self, error: Exception) -> None:
        self._error = self._error or error
        self._over.set()

    def _on_state(self, name: str, state: str, reason: str) -> None:
        if state == "failed":
            self._failed.append(reason)
        if self._table or self._nobody_reads:
            return
        if state == "failed":
            complain(reason)
        else:
            why = {"waiting": f": {reason}; trying again, Ctrl-C ends", "ended": ""}.get(
                state, reason and f": {reason}"
            )
            typer.echo(one_line(f"{name}: {state}{why}"), err=True)

    def _say(self, analysis: rxvlm.Analysis) -> None:
        typer.echo("  ".join(self._words(analysis)))

    def _draw(self, table: rxvlm.LiveTable, analysis: rxvlm.Analysis) -> None:
        from rxvlm.terminal.fold import Paragraph  # noqa: PLC0415 - as above

        table.on_next(self._by(analysis))
        if not self._ledgers[analysis.clip.source].live:  # of a film every answer is shown
            table.print_above(Paragraph(*self._words(analysis), "red" if analysis.error else ""))

    def _words(self, analysis: rxvlm.Analysis) -> tuple[str, str]:
        return answered(self._by(analysis), self._ledgers[analysis.clip.source].snapshot().time)

    def _by(self, analysis: rxvlm.Analysis) -> rxvlm.Analysis:
        """Give an answer with who gave it, where there are several who could."""
        return replace(analysis, text=f"{analysis.model}: {analysis.text}") if self._signed else analysis

    def _end_code(self) -> int:
        """Say what went wrong and has not been said yet, and give the exit code."""
        if self._table:  # whose rows said so
            for reason in self._failed:
                complain(reason)
        code = self._lost_code() if self._error is None else self._explain(self._error)
        if self._bug is None:
            return code
        typer.echo(bug_report(self._bug), err=True)
        return max(code, FAILED)

    def _lost_code(self) -> int:
        """Give the exit code of a run that came to its end: clips that were not made, or no answers, are no success."""
        tallies = [ledger.snapshot() for ledger in self._ledgers.values()]
        if any(tally.failed for tally in tallies) and not any(tally.analysed for tally in tallies):
            complain("not one question was answered")
            return FAILED
        return FAILED if any({"undecodable", "unencodable"} & tally.dropped.keys() for tally in tallies) else 0

    def _explain(self, error: Exception) -> int:
        """Say what ended the run, where no camera's end has said it, and give the exit code."""
        if isinstance(error, ExceptionGroup):
            return max(self._explain(one) for one in cast("ExceptionGroup[Exception]", error).exceptions)
        self._bug = self._bug or bug_in(error)
        if str(error) not in self._failed and self._bug is not error:
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
