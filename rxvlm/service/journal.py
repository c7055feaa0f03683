"""Journal: what a service says on stderr, for people or as lines of JSON."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from rxvlm.display.wall_time import local_time, rfc3339
from rxvlm.event import Event
from rxvlm.sinks.jsonl import as_record, json_line, state_record
from rxvlm.terminal.answer_line import answer_line
from rxvlm.terminal.event_line import event_line
from rxvlm.text import one_line

if TYPE_CHECKING:
    from rxvlm.analysis import Analysis


class Journal:
    """Writes what happens, one line each; it may be called from any thread.

    Args:
        json: Whether lines are JSON: answers and events in their own form, the rest as a ``message`` with a ``level``.
        quiet: Whether answers are left out; failed ones are not.
        file: Where to; None for stderr.
    """

    def __init__(self, *, json: bool = False, quiet: bool = False, file: TextIO | None = None) -> None:
        self._json, self._quiet = json, quiet
        self._file = file
        self._lock = threading.Lock()

    def on_item(self, item: Analysis | Event, until: float) -> None:
        """Write an answer or an event.

        Args:
            item: It.
            until: Seconds, the time of the camera's newest frame.
        """
        if isinstance(item, Event):
            if item.phase == "update" and not self._json:
                return
            heading, said = event_line(item)
        else:
            if self._quiet and item.error is None:
                return
            heading, said = answer_line(item, until)
        if self._json:
            self._write_record(as_record(item))
        else:
            self._write(f"{heading}  {said}")

    def on_state(self, camera: str, state: str, reason: str) -> None:
        """Write a camera's new state."""
        if self._json:
            self._write_record(state_record(camera, state, reason))
        else:
            self._write(f"{camera}: {state}{reason and f': {reason}'}")

    def on_mute(self, rule: str, until: float | None) -> None:
        """Write until when a rule is muted, in seconds since 1970 (UTC); None: it is not any more."""
        if self._json:
            self._write_record({"type": "rule", "rule": rule, "muted": until, **_now()})
        else:
            self._write(f"rule {rule}: {'not muted any more' if until is None else f'muted until {local_time(until)}'}")

    def say(self, text: str, level: str = "info") -> None:
        """Write a message about the service itself.

        Args:
            text: The message; several lines are kept.
            level: ``"info"``, ``"warning"`` or ``"error"``.
        """
        if self._json:
            self._write_record({"type": "message", "level": level, "message": text, **_now()})
        else:
            for line in text.splitlines():
                self._write(f"rxvlm: {line}")

    def _write_record(self, record: Mapping[str, Any]) -> None:
        self._put(json_line({"version": 1, **record}))

    def _write(self, line: str) -> None:
        self._put(f"{one_line(line)}\n")

    def _put(self, line: str) -> None:
        file: TextIO | None = self._file or sys.stderr
        if file is None:  # a process that was started with a closed stderr
            return
        with self._lock:
            try:
                file.write(line)
                file.flush()
            except (OSError, ValueError):  # the journal has gone; the cameras are watched all the same
                pass


class JournalHandler(logging.Handler):
    """Hands warnings and errors of the log ``rxvlm`` to a journal."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.WARNING)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message; the traceback of an error follows it."""
        self._journal.say(self.format(record), record.levelname.lower())


def _now() -> dict[str, str | None]:
    return {"at": rfc3339(time.time())}
