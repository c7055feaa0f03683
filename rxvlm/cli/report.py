"""What a run says and writes: the table or lines, JSON, the log file, saved clips, and the summary."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.ends import end_at_once
from rxvlm.cli.failures import complain
from rxvlm.cli.last_words import LastWords
from rxvlm.cli.log_file import LogFile
from rxvlm.cli.unwritten import Unwritten, refused_at_once
from rxvlm.terminal.answer_line import answer_line
from rxvlm.terminal.event_line import event_line
from rxvlm.text import one_line


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Where answers go.

    Attributes:
        json: Whether answers are printed as lines of JSON.
        save: The folder to save clips in; None to save none.
        log: The file that answers and states are added to; None for none.
        sinks: The addresses of sinks that get them, too.
        store: The file of a store that keeps them, and their clips; None for none.
        metrics: Where they are counted for Prometheus, as PORT or HOST:PORT; None: nowhere.
        names_the_model: Whether each answer begins with the name of the model that gave it.
        pictures: Whether the table shows what the model saw.
        with_summary: Whether to print at the end what became of every frame; after a live table it always is.
    """

    json: bool = False
    save: Path | None = None
    log: Path | None = None
    sinks: Sequence[str] = ()
    store: Path | None = None
    metrics: str | None = None
    names_the_model: bool = False
    pictures: bool = False
    with_summary: bool = False


class Report:
    """Takes the answers and states of a run.

    Args:
        outputs: Where they go.
        ledgers: The ledgers of the cameras, by name.
        is_shown: Whether another face shows them: then there is no table, and there are no lines.

    Attributes:
        answers: Number of answers by the name of the camera, without errors.

    Raises:
        OSError: If the folder or the file of an option cannot be made.
    """

    def __init__(self, outputs: Outputs, ledgers: Mapping[str, rxvlm.Ledger], *, is_shown: bool = False) -> None:
        self._outputs, self._ledgers, self._is_shown = outputs, ledgers, is_shown
        self.is_table = is_shown or (not outputs.json and sys.stdout.isatty())
        self.answers = dict.fromkeys(ledgers, 0)
        self._save, self._log = _saver(outputs.save), None if outputs.log is None else LogFile(outputs.log, ledgers)
        self._last_words = LastWords(ledgers, lambda name, reason: self._say_state(name, "ended", reason))
        self._unsaved = Unwritten(f"--save {outputs.save}", "clip")
        self._show_event: Callable[[rxvlm.Event], None] = self._print_event
        self._show: Callable[..., None] = rxvlm.sinks.write_jsonl(sys.stdout) if outputs.json else self._print

    @contextmanager
    def shown(self, *, every: float, model: rxvlm.Vlm) -> Generator[None]:
        """Draw the live table inside a ``with`` block, if stdout is a terminal."""
        if self._is_shown:
            self._show = self._show_event = _shown_elsewhere
            yield
            return
        if not self.is_table:
            if self._outputs.pictures:
                complain("--pictures shows nothing here: only the table on a terminal has pictures")
            yield
            return
        some_live = any(ledger.live is not False for ledger in self._ledgers.values())
        pictures = self._outputs.pictures
        live = rxvlm.LiveTable(self._ledgers, every=every, stays=some_live, model=model, pictures=pictures)
        with live as table:
            self._show, self._show_event = partial(self._draw, table), partial(self._draw_event, table)
            yield

    def on_answer(self, analysis: rxvlm.Analysis) -> None:
        """Take an answer or an error.

        Raises:
            OSError: If stdout cannot be written.
        """
        self.answers[analysis.clip.source] += analysis.error is None
        more = self._saved(analysis)  # first: the lines name the file
        if self._log is not None:
            self._log.on_answer(analysis, **more)
        self._show(analysis, **more)
        self._last_words.on_answer(analysis.clip.source)

    def saved(self, event: rxvlm.Event) -> rxvlm.Event:
        """Save the clip of an event, if it has one; return the event with the name of the file, and without the bytes.

        So queues that hold it behind hold no films.
        """
        if self._save is None or event.clip is None:
            return event
        file = None
        with self._unsaved.counted():
            file = str(self._save(event))
        return replace(event, clip=replace(event.clip, data=None), clip_file=file)

    def on_event(self, event: rxvlm.Event) -> None:
        """Take an event.

        Raises:
            OSError: If stdout cannot be written.
        """
        if self._log is not None:
            self._log.on_answer(event)
        if self._outputs.json:
            self._show(event)
        else:
            self._show_event(event)

    def on_suppressed(self, event: rxvlm.Event) -> None:
        """Report an event that began within the cooldown, and is held back."""
        if not self.is_table:
            heading, _ = event_line(event)
            typer.echo(one_line(f"{heading}: {event.name} begins, held back by --cooldown"), err=True)

    def on_state(self, name: str, state: str, reason: str) -> None:
        """Take a change of a camera's state."""
        if state == "ended":
            self._last_words.on_end(name, reason)
        else:
            self._say_state(name, state, reason)

    def _say_state(self, name: str, state: str, reason: str) -> None:
        if self._log is not None:
            self._log.on_state(name, state, reason)
        if self.is_table:
            return
        if state == "failed":
            complain(reason)
        else:
            whys = {"waiting": f": {reason}; trying again, Ctrl-C ends", "ended": ""}
            typer.echo(one_line(f"{name}: {state}{whys.get(state, reason and f': {reason}')}"), err=True)

    def end(self, *, quietly: bool) -> None:
        """Take no more; what waits for the log is still written.

        Args:
            quietly: Whether to say nothing any more.
        """
        if not quietly:
            self._last_words.conclude()
        if self._log is not None:
            self._log.end()

    def conclude_log(self) -> bool:
        """Wait for the log, and say what could not be written; return whether all was written."""
        if self._log is None:
            return True
        end_at_once()  # a second Ctrl-C does not wait
        self._log.conclude()
        return not self._log.unwritten.lost

    def conclude(self) -> bool:
        """Print the summary and what could not be saved; return whether all was saved."""
        tallies = [ledger.snapshot() for ledger in self._ledgers.values()]
        if (self._outputs.with_summary or self.is_table) and any(tally.captured for tally in tallies):
            from rxvlm.terminal.summary import print_summary

            print_summary(tallies, self.answers, stderr=self._outputs.json)
        self._unsaved.conclude()
        return not self._unsaved.lost

    def _saved(self, analysis: rxvlm.Analysis) -> dict[str, str | None]:
        """Save the clip; return what JSON says of its file: None if it could not be saved, nothing without --save."""
        if self._save is None:
            return {}
        file = None
        with self._unsaved.counted():
            file = str(self._save(analysis))
        return {"file": file}

    def _print(self, analysis: rxvlm.Analysis, **_more: object) -> None:
        _print_line("  ".join(self._line(analysis)))

    def _draw(self, table: rxvlm.LiveTable, analysis: rxvlm.Analysis, **_more: object) -> None:
        from rxvlm.terminal.fitting import Paragraph

        table.on_next(self._with_model(analysis))
        if not self._ledgers[analysis.clip.source].live:  # of a file: an answer must not vanish when a newer one comes
            table.print_above(Paragraph(*self._line(analysis), "red" if analysis.error else ""), analysis.clip)

    def _print_event(self, event: rxvlm.Event) -> None:
        if event.phase != "update":
            _print_line("  ".join(event_line(event)))

    def _draw_event(self, table: rxvlm.LiveTable, event: rxvlm.Event) -> None:
        from rxvlm.terminal.fitting import Paragraph

        table.on_event(event)
        if event.phase != "update":
            table.print_above(Paragraph(*event_line(event), "bold red" if event.phase == "start" else ""))

    def _line(self, analysis: rxvlm.Analysis) -> tuple[str, str]:
        return answer_line(self._with_model(analysis), self._ledgers[analysis.clip.source].snapshot().time)

    def _with_model(self, analysis: rxvlm.Analysis) -> rxvlm.Analysis:
        """Return an answer that begins with the name of its model, if there are several models."""
        named = self._outputs.names_the_model
        return replace(analysis, text=f"{analysis.model}: {analysis.text}") if named else analysis


def _print_line(line: str) -> None:
    """Print a whole line or nothing: without a table, another program may read it."""
    from rxvlm.sinks.line_stream import write_line

    write_line(sys.stdout, f"{line}\n")


def _saver(folder: Path | None) -> Callable[[rxvlm.Analysis | rxvlm.Event], Path] | None:
    if folder is None:
        return None
    with refused_at_once("--save", folder):
        return rxvlm.sinks.save_clips(folder)


def _shown_elsewhere(_item: object, **_more: object) -> None:
    """Print nothing: another face shows it."""
