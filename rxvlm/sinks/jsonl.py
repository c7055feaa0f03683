"""write_jsonl: analyses and events as lines of JSON, for other programs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from io import BufferedIOBase, RawIOBase
from pathlib import Path
from typing import Any, Final, TextIO

from rxvlm.analysis import Analysis
from rxvlm.arguments import check_at_least, describe, suggest_options
from rxvlm.display.wall_time import rfc3339
from rxvlm.event import Event
from rxvlm.sinks.line_file import LineFile
from rxvlm.sinks.line_stream import write_line
from rxvlm.text import valid_unicode

# What a terminal obeys or hides: C1 controls, letters of no width, changes of direction, line separators; and lone
# surrogates, which no file can hold as they are.
_UNSEEN: Final = re.compile(
    "[\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd"
    "\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


@suggest_options()
def as_record(item: Analysis | Event) -> dict[str, Any]:
    """Return an analysis or an event as plain values, ready for JSON: the same as its ``to_dict()``."""
    return item.to_dict()


def state_record(camera: str, state: str, reason: str) -> dict[str, Any]:
    """Return a camera's new state as plain values, ready for JSON, with the time of day."""
    now = rfc3339(time.time())
    return {"type": "state", "version": 1, "camera": camera, "state": state, "reason": reason, "at": now}


def json_line(record: Mapping[str, Any]) -> str:
    """Return a record as one line of JSON with a line break; invisible characters are escaped."""
    line = valid_unicode(json.dumps(record, ensure_ascii=False))
    return _UNSEEN.sub(lambda letter: json.dumps(letter[0])[1:-1], line) + "\n"


class JsonLines:
    """Writes each item as a line of JSON; the result of `write_jsonl`.

    Args:
        name: Its name in the log.
        add: Adds a line to the file.
    """

    def __init__(self, name: str, add: Callable[[str], object]) -> None:
        self.name, self._add = name, add

    def __call__(self, item: Analysis | Event, **more: object) -> None:
        """Write an item; what is given by name are further keys of its line."""
        self._add(json_line(as_record(item) | more))

    def close(self) -> None:
        """Do nothing: each line is in the file when the call for it returns."""


@suggest_options()
def write_jsonl(file: TextIO | str | Path, *, rotate_bytes: int | None = None, keep: int = 5) -> JsonLines:
    """Make a sink that writes each analysis and each event as a line of JSON, at once.

    A line is written completely or not at all: if the disk is full, the written part is cut off again, and the call
    raises. Invisible characters (control characters, zero width, changes of direction) are escaped, all others are not.

    Args:
        file: A path to a file, to which lines are added. The file is created if it does not exist, for this user only
            (mode 0600); you may move it away at any time. Or an open text file, which is flushed after each line and
            not closed.
        rotate_bytes: Largest size of the file in bytes, above 0. Before a line would exceed it, the file is renamed to
            ``name.1``, the old ``name.1`` to ``name.2``. None for no bound. A longer line is alone in its file.
        keep: How many full files are kept, at least 1.

    Returns:
        A sink; its keyword arguments become further keys of the line.

    Raises:
        OSError: If the file of a path cannot be opened.
        TypeError: If ``file`` is neither a path nor a text file.
        ValueError: If a number is out of range, or you pass ``rotate_bytes`` with an open file.
    """
    if rotate_bytes is not None:
        check_at_least("rotate_bytes", rotate_bytes, 1)
    check_at_least("keep", keep, 1)
    if isinstance(file, str | Path):
        lines = LineFile(Path(file), rotate_bytes, keep)
        return JsonLines(str(file), lambda line: lines.add(line.encode()))
    if not hasattr(file, "write") or isinstance(file, RawIOBase | BufferedIOBase):  # of text, not of bytes
        raise TypeError(f"write_jsonl takes a path or a text file, not {describe(file)}")
    if rotate_bytes is not None:
        raise ValueError("rotate_bytes needs a path: an open file cannot be renamed")
    return JsonLines("write_jsonl", partial(write_line, file))
