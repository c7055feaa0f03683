"""A run of the command line: watch cameras until they end, and print what the models say."""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.controlled import controls_of, watched
from rxvlm.cli.ends import Asked, end_at_once
from rxvlm.cli.event_clips import recorded
from rxvlm.cli.failures import FAILED, NEVER_OPENED, OUTPUT_CLOSED, complain
from rxvlm.cli.measuring import Measuring
from rxvlm.cli.report import Outputs, Report
from rxvlm.cli.sending import Sending
from rxvlm.cli.versions import bug_in, bug_report
from rxvlm.concurrency.threads import wait_for

if TYPE_CHECKING:
    from rxvlm.cli.face import Face
    from rxvlm.operators.event_clips import EventClips
    from rxvlm.watching.controls import Controls

_GRACE_SECONDS: Final = 1.0  # after Ctrl-C, for what is in flight
_DRAIN_SECONDS: Final = 10.0  # the same, when a monitor was left


class Run:
    """Some cameras, watched until they end, until time is up, or until Ctrl-C.

    Args:
        cameras: Addresses, or cameras with options of their own, by name.
        model: The model to ask.
        options: The options of `rxvlm.watch`; ``every`` must be among them.
        outputs: Where the answers go.
        rules: What makes events of them.
        clips: Makes what makes the clips of events, given ``on_drop``; None: they get none.
        face: What shows the run, in place of the table and the lines.

    Raises:
        OSError: If the folder or the file of an option cannot be made, or metrics cannot be served.
        ValueError: If a sink's address is that of none, or that of metrics is malformed.
    """

    def __init__(
        self,
        cameras: Mapping[str, str | rxvlm.Camera],
        model: rxvlm.Vlm,
        options: Mapping[str, Any],
        outputs: Outputs,
        *,
        rules: Sequence[rxvlm.rules.Rule] = (),
        clips: Callable[..., EventClips] | None = None,
        face: Face | None = None,
    ) -> None:
        self._every, self._model = options["every"], model
        self._ledgers = {name: rxvlm.Ledger(name, self._on_state) for name in cameras}
        self._face = face
        self._report = Report(outputs, self._ledgers, is_shown=face is not None)
        self._sending = Sending(outputs.sinks, self._ledgers, rules, store=outputs.store)
        self._measuring = Measuring(outputs.metrics, self._ledgers, self._sending.steps, rules)
        self._stop = rxvlm.Stop()
        self._ended = threading.Event()
        self._error: Exception | None = None
        self._bug: BaseException | None = None  # the first that is a bug of rxvlm
        self._refused = ""  # the newest error of a question
        self._failed: list[str] = []  # the reason of each camera that failed
        made = None if clips is None else clips(on_drop=self._on_clip_drop)
        opened = cameras if made is None else recorded(made, cameras, self._ledgers, self._stop, options)
        controls = None if face is None else self._controlled(options["timeout"], rules)
        answers = watched(opened, model, options, ledgers=self._ledgers, stop=self._stop, controls=controls)
        mutes = None if controls is None else controls.mutes
        found = rxvlm.operators.with_events(*rules, on_drop=self._on_drop, mutes=mutes)
        events = answers.pipe(found) if rules else answers
        self._stream = events if made is None else events.pipe(made.attach)
        if face is not None:
            names, sinks = [rule.name for rule in rules], self._sending.steps
            face.begin(self._ledgers, names, sinks=sinks, model=model, store=outputs.store, controls=controls)

    def until_end(self, seconds: float | None = None) -> int:
        """Watch until the end, but at most so many seconds; return the exit code."""
        asked = Asked()
        try:
            code = self._watch(seconds, asked)
        except OSError:
            if asked.code is None:
                raise
            code = OUTPUT_CLOSED  # a terminal that was closed sends a signal, and takes no more output
        if code == OUTPUT_CLOSED:
            _discard_output()  # nothing is left to flush into
        end_at_once()
        return code if asked.code is None else asked.code

    @property
    def tallies(self) -> list[rxvlm.Tally]:
        """What became of the frames of each camera so far."""
        return [ledger.snapshot() for ledger in self._ledgers.values()]

    @property
    def answered(self) -> int:
        """How many questions were answered so far, without errors."""
        return sum(self._report.answers.values())

    def _controlled(self, timeout: float, rules: Sequence[rxvlm.rules.Rule]) -> Controls:
        """Return what a monitor can do to the run."""
        return controls_of(self._ledgers, self._model, timeout, rules=rules, on_answer=self._on_asked)

    def _watch(self, seconds: float | None, asked: Asked) -> int:
        with self._report.shown(every=self._every, model=self._model):
            watching = self._stream.subscribe(self._on_answer, self._on_error, self._ended.set)
            if self._face is not None:
                self._show_until_left(self._face, asked)
            elif not self._wait(seconds, asked):
                self._stop.set()
                self._wait(None, asked)
            watching.dispose()
        self._report.end(quietly=self._output_closed)
        sent = self._sending.conclude()
        logged = self._report.conclude_log()
        self._measuring.close()
        if self._output_closed:
            return OUTPUT_CLOSED
        written = self._report.conclude() and sent and logged
        return max(self._exit_code(), 0 if written else FAILED)

    def _show_until_left(self, face: Face, asked: Asked) -> None:
        """Show the run until its face is left, and let what was filmed be answered then, for 10 s at most."""
        crash = face.until_left(asked)
        self._bug = self._bug or crash
        self._stop.set()
        wait_for(self._ended, _DRAIN_SECONDS, unless=asked)  # a signal, or Ctrl-C, does not wait for so long
        if asked():
            self._ended.wait(_GRACE_SECONDS)

    def _wait(self, seconds: float | None, asked: Asked) -> bool:
        """Wait for the end, at most so many seconds; return whether it came. A signal leaves it a short grace."""
        ended = wait_for(self._ended, math.inf if seconds is None else seconds, unless=asked)
        if ended or not asked():
            return ended
        self._stop.set()
        return self._ended.wait(_GRACE_SECONDS)

    @property
    def _output_closed(self) -> bool:
        return isinstance(self._error, BrokenPipeError)

    def _on_answer(self, item: rxvlm.Analysis | rxvlm.Event) -> None:
        self._measuring.count(item)
        if self._face is not None:
            self._face.on_item(item)
        if isinstance(item, rxvlm.Event):
            item = self._report.saved(item)  # first: what is sent and printed names the file
        self._sending.send(item)
        try:
            if isinstance(item, rxvlm.Event):
                self._report.on_event(item)
                return
            if item.error is not None:
                self._bug = self._bug or bug_in(item.error)
                self._refused = str(item.error) or type(item.error).__name__
            self._report.on_answer(item)
        except Exception as error:  # noqa: BLE001 - stdout on a full disk, a reader that has gone, or a bug
            self._on_error(error)

    def _on_asked(self, analysis: rxvlm.Analysis) -> None:
        """Take the answer to a question in between: it was billed; no rule and no sink but the store gets it."""
        self._measuring.count(analysis)
        if self._face is not None:
            self._face.on_item(analysis)
        self._sending.keep(analysis)

    def _on_drop(self, event: rxvlm.Event, reason: str) -> None:
        """Tell of an event that is held back, or that ran when its cameras were left, and so has ended."""
        if reason == "disposed":
            self._on_answer(event)
        else:
            self._report.on_suppressed(event)

    def _on_clip_drop(self, event: rxvlm.Event, reason: str) -> None:
        if reason == "disposed":  # its end waited for its clip; whatever else is wrong with a clip is in the log
            self._on_answer(event)

    def _on_error(self, error: Exception) -> None:
        self._error = self._error or error
        self._ended.set()

    def _on_state(self, name: str, state: str, reason: str) -> None:
        if state == "failed":
            self._failed.append(reason)
        if not self._output_closed:
            self._report.on_state(name, state, reason)

    def _exit_code(self) -> int:
        """Print what went wrong and was not printed yet; return the exit code."""
        if self._report.is_table:  # not printed before: the rows of the table showed it
            for reason in self._failed:
                complain(reason)
        code = self._code_of_counts() if self._error is None else self._explain(self._error)
        if self._bug is None:
            return code
        typer.echo(bug_report(self._bug), err=True)
        return max(code, FAILED)

    def _why_no_answer(self) -> str:
        """Return the error of a question that failed, or why one has no answer yet; "" if there is none."""
        from rxvlm.models.troubles import troubles

        return self._refused or next(iter(troubles(self._model).values()), "").removeprefix("asked again: ")

    def _code_of_counts(self) -> int:
        """Return the exit code of a run that came to its end; without an answer, or with clips not made, it failed."""
        tallies = self.tallies
        if not any(tally.analysed for tally in tallies) and (why := self._why_no_answer()):
            complain(why)
            complain("no question was answered")
            return FAILED
        return FAILED if any({"undecodable", "unencodable"} & tally.dropped.keys() for tally in tallies) else 0

    def _explain(self, error: Exception) -> int:
        """Print the error that ended the run, if it was not printed for a camera; return the exit code."""
        if isinstance(error, ExceptionGroup):
            return max(self._explain(one) for one in cast("ExceptionGroup[Exception]", error).exceptions)
        self._bug = self._bug or bug_in(error)
        if isinstance(error, OSError) and error.filename == sys.stdout.name:
            complain(f"stdout cannot be written: {error.strerror}; the last line there is whole")
        elif str(error) not in self._failed and self._bug is not error:
            complain(str(error) or type(error).__name__)
        never = isinstance(error, rxvlm.SourceError) and not isinstance(error, rxvlm.SourceBrokenError)
        return NEVER_OPENED if never else FAILED


def _discard_output() -> None:
    """Send what is still to be flushed nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # one that has no file
            os.dup2(nowhere, stream.fileno())
