"""The option ``--log``: answers and states as lines of JSON in a file, beside what is printed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.unwritten import Unwritten, refused_at_once

if TYPE_CHECKING:
    from rxvlm.analysis import Analysis
    from rxvlm.event import Event

DRAIN_SECONDS: Final = 10.0  # for the lines that wait at the end


class LogFile:
    """A file that lines are added to behind a queue, so that its disk holds up no camera; it may be moved away.

    Args:
        path: The file; it is made if it does not exist, for this user alone.
        ledgers: The ledgers of the cameras, by name: films wait for the file.

    Raises:
        OSError: If the file cannot be opened.
    """

    def __init__(self, path: Path, ledgers: Mapping[str, rxvlm.Ledger]) -> None:
        from reactivex.subject import Subject

        from rxvlm.sinks.line_file import LineFile
        from rxvlm.stream import Origin, Stream

        self.unwritten = Unwritten(f"--log {path}", "line")
        with refused_at_once("--log", path):
            self._file = LineFile(path)
        self._records = Subject[Mapping[str, Any]]()
        self._step = rxvlm.operators.to(self._write, drain=DRAIN_SECONDS)
        Stream.of(self._records, Origin(ledgers)).pipe(self._step).subscribe()

    def on_answer(self, item: Analysis | Event, **more: object) -> None:
        """Add an answer, an error, or an event."""
        self._add({**rxvlm.sinks.as_record(item), **more})

    def on_state(self, camera: str, state: str, reason: str) -> None:
        """Add a change of a camera's state."""
        from rxvlm.sinks.jsonl import state_record

        self._add(state_record(camera, state, reason))

    def end(self) -> None:
        """Take no more lines; those that wait are still written."""
        self._records.on_completed()

    def conclude(self) -> None:
        """Wait until all lines are written, for some seconds at most; say how many were not, if that was not said."""
        self._step.wait(DRAIN_SECONDS + 1.0)
        self.unwritten.lose(self._step.lost)
        self.unwritten.conclude()

    def _add(self, record: Mapping[str, Any]) -> None:
        self._records.on_next(record)

    def _write(self, record: Mapping[str, Any]) -> None:
        from rxvlm.sinks.jsonl import json_line

        with self.unwritten.counted():
            self._file.add(json_line(record).encode())
