"""The option ``--log``: answers and states as lines of JSON in a file, beside what is printed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.unwritten import Unwritten, refused_at_once
from rxvlm.display.wall_time import rfc3339

if TYPE_CHECKING:
    from rxvlm.analysis import Analysis
    from rxvlm.event import Event


class LogFile:
    """A file that lines are added to; it may be moved away at any time.

    Args:
        path: The file; it is made if it does not exist, for this user alone.

    Raises:
        OSError: If the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        from rxvlm.sinks.line_file import LineFile

        self.unwritten = Unwritten(f"--log {path}", "line")
        with refused_at_once("--log", path):
            self._file = LineFile(path)

    def on_answer(self, item: Analysis | Event, **more: object) -> None:
        """Add an answer, an error, or an event."""
        self._add({**rxvlm.sinks.as_record(item), **more})

    def on_state(self, camera: str, state: str, reason: str) -> None:
        """Add a change of a camera's state."""
        self._add(
            {
                "type": "state",
                "version": 1,
                "camera": camera,
                "state": state,
                "reason": reason,
                "at": rfc3339(time.time()),
            }
        )

    def _add(self, record: Mapping[str, Any]) -> None:
        from rxvlm.sinks.jsonl import json_line

        with self.unwritten.counted():
            self._file.add(json_line(record).encode())
