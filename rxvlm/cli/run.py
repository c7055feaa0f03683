"""A run of the command line: watch cameras until they end, and print what the models say."""

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
from typing import Any, Final, cast

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.answer_line import answer_line
from rxvlm.cli.failures import FAILED, INTERRUPTED, NEVER_OPENED, OUTPUT_CLOSED, complain
from rxvlm.cli.versions import bug_in, bug_report
from rxvlm.concurrency.threads import wait_for
from rxvlm.text import one_line

_GRACE_SECONDS: Final = 1.0  # after Ctrl-C, for what is in flight


class Run:
    """Some cameras, watched until they end, until time is up, or until Ctrl-C.

    Args:
        cameras: Addresses, by name.
        model: The model to ask.
        options: The options of `rxvlm.watch`; ``every`` must be among them.
        json: Whether to print answers as lines of JSON.
        save: The folder to save clips in; None to save none.
        names_the_model: Whether each answer begins with the name of the model that gave it.
        with_summary: Whether to print at the end what became of every frame; after a live table it always is.
    """

    def __init__(
        self,
        cameras: Mapping[str, str],
        model: rxvlm.Vlm,
        options: Mapping[str, Any],
        *,
        json: bool,
        save: Path | None = None,
        names_the_model: bool = False,
        with_summary: bool = False,
    ) -> None:
        self._every, self._model = options["every"], model
        self._json, self._names_the_model = json, names_the_model
        self._table = not json and sys.stdout.isatty()
        self._with_summary = with_summary or self._table
        self._ledgers = {name: rxvlm.Ledger(name, self._on_state) for name in cameras}
        self._stop = rxvlm.Stop()
        self._ended = threading.Event()
        self._error: Exception | None = None
        self._bug: BaseException | None = None  # the first that is a bug of rxvlm
        self._failed: list[str] = []  # the reason of each camera that failed
        self._answers = dict.fromkeys(cameras, 0)
        self._sinks: list[Callable[[rxvlm.Analysis], None]] = []
        if json:
            self._sinks.append(rxvlm.sinks.write_jsonl(sys.stdout))
        elif not self._table:
            self._sinks.append(self._print_line)
        if save is not None:
            self._sinks.append(rxvlm.sinks.save_clips(save))
        self._stream = rxvlm.watch_all(cameras, model, ledgers=self._ledgers, stop=self._stop, **options)

    def until_end(self, seconds: float | None = None) -> int:
        """Watch until the end, but at most so many seconds; return the exit code."""
        interrupted = _interrupts()
        with self._live_table():
            watching = self._stream.subscribe(self._on_answer, self._on_error, self._ended.set)
            if not self._wait(seconds, interrupted):
                self._stop.set()
                self._wait(None, interrupted)
            watching.dispose()
        if self._output_closed:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush into
            return OUTPUT_CLOSED
        if self._with_summary:
            self._print_summary()
        code = self._exit_code()
        return INTERRUPTED if interrupted.is_set() else code

    def _wait(self, seconds: float | None, interrupted: threading.Event) -> bool:
        """Wait for the end, at most so many seconds; return whether it came. An interrupt leaves it a short grace."""
        ended = wait_for(self._ended, math.inf if seconds is None else seconds, unless=interrupted.is_set)
        if ended or not interrupted.is_set():
            return ended
        self._stop.set()
        return self._ended.wait(_GRACE_SECONDS)

    @contextmanager
    def _live_table(self) -> Generator[None]:
        if not self._table:
            yield
            return
        some_live = any(ledger.live for ledger in self._ledgers.values())
        with rxvlm.LiveTable(self._ledgers, every=self._every, stays=some_live, model=self._model) as table:
            self._sinks.append(partial(self._draw, table))
            yield

    def _print_summary(self) -> None:
        from rxvlm.terminal.summary import print_summary  # --help must not wait for it

        tallies = [ledger.snapshot() for ledger in self._ledgers.values()]
        print_summary(tallies, self._answers, stderr=self._json)

    @property
    def _output_closed(self) -> bool:
        return isinstance(self._error, BrokenPipeError)

    def _on_answer(self, analysis: rxvlm.Analysis) -> None:
        self._answers[analysis.clip.source] += analysis.error is None
        if analysis.error is not None:
            self._bug = self._bug or bug_in(analysis.error)
        try:
            for sink in self._sinks:
                sink(analysis)
        except Exception as error:  # noqa: BLE001 - a full disk, a reader that has gone, or a bug: it ends the run
            self._on_error(error)

    def _on_error(self, error: Exception) -> None:
        self._error = self._error or error
        self._ended.set()

    def _on_state(self, name: str, state: str, reason: str) -> None:
        if state == "failed":
            self._failed.append(reason)
        if self._table or self._output_closed:
            return
        if state == "failed":
            complain(reason)
        else:
            why = {"waiting": f": {reason}; trying again, Ctrl-C ends", "ended": ""}.get(
                state, reason and f": {reason}"
            )
            typer.echo(one_line(f"{name}: {state}{why}"), err=True)

    def _print_line(self, analysis: rxvlm.Analysis) -> None:
        typer.echo("  ".join(self._line(analysis)))

    def _draw(self, table: rxvlm.LiveTable, analysis: rxvlm.Analysis) -> None:
        from rxvlm.terminal.fitting import Paragraph

        table.on_next(self._with_model(analysis))
        if not self._ledgers[analysis.clip.source].live:  # of a file: an answer must not vanish when a newer one comes
            table.print_above(Paragraph(*self._line(analysis), "red" if analysis.error else ""))

    def _line(self, analysis: rxvlm.Analysis) -> tuple[str, str]:
        return answer_line(self._with_model(analysis), self._ledgers[analysis.clip.source].snapshot().time)

    def _with_model(self, analysis: rxvlm.Analysis) -> rxvlm.Analysis:
        """Return an answer that begins with the name of its model, where several models are asked."""
        return replace(analysis, text=f"{analysis.model}: {analysis.text}") if self._names_the_model else analysis

    def _exit_code(self) -> int:
        """Print what went wrong and was not printed yet; return the exit code."""
        if self._table:  # not printed before: the rows of the table showed it
            for reason in self._failed:
                complain(reason)
        code = self._code_of_counts() if self._error is None else self._explain(self._error)
        if self._bug is None:
            return code
        typer.echo(bug_report(self._bug), err=True)
        return max(code, FAILED)

    def _code_of_counts(self) -> int:
        """Return the exit code of a run that came to its end; without an answer, or with clips not made, it failed."""
        tallies = [ledger.snapshot() for ledger in self._ledgers.values()]
        if any(tally.failed for tally in tallies) and not any(tally.analysed for tally in tallies):
            complain("no question was answered")
            return FAILED
        return FAILED if any({"undecodable", "unencodable"} & tally.dropped.keys() for tally in tallies) else 0

    def _explain(self, error: Exception) -> int:
        """Print what ended the run, unless a camera's failure has told it; return the exit code."""
        if isinstance(error, ExceptionGroup):
            return max(self._explain(one) for one in cast("ExceptionGroup[Exception]", error).exceptions)
        self._bug = self._bug or bug_in(error)
        if str(error) not in self._failed and self._bug is not error:
            complain(str(error) or type(error).__name__)
        never = isinstance(error, rxvlm.SourceError) and not isinstance(error, rxvlm.SourceBrokenError)
        return NEVER_OPENED if never else FAILED


def _interrupts() -> threading.Event:
    """Return an event that Ctrl-C and SIGTERM set."""
    interrupted = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda _signal, _frame: interrupted.set())
    return interrupted
