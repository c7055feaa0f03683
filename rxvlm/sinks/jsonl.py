"""write_jsonl: analyses and events as lines of JSON, for other programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

from rxvlm.analysis import Analysis
from rxvlm.event import Event
from rxvlm.text import valid_unicode

# What a terminal obeys or hides: C1 controls, letters of no width, changes of direction, line separators; and lone
# surrogates, which no file can hold as they are.
_UNSEEN: Final = re.compile(
    "[\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd"
    "\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def as_record(item: Analysis | Event) -> dict[str, Any]:
    """Return an analysis or an event as plain values, ready for JSON: the same as its ``to_dict()``."""
    return item.to_dict()


def json_line(record: Mapping[str, Any]) -> str:
    """Return a record as one line of JSON, with its end; letters that are not seen are escaped."""
    line = valid_unicode(json.dumps(record, ensure_ascii=False))
    return _UNSEEN.sub(lambda letter: json.dumps(letter[0])[1:-1], line) + "\n"


def write_jsonl(file: TextIO) -> Callable[..., None]:
    """Make an observer that writes each analysis and each event as a line of JSON, and flushes it.

    Letters that are not seen (control characters, zero width, changes of direction) are written escaped, all others
    as they are.

    Args:
        file: The file to write to.

    Returns:
        An observer; what it gets by name, beside the analysis, are further keys of the line.
    """

    def write(item: Analysis | Event, **more: object) -> None:
        file.write(json_line(as_record(item) | more))
        file.flush()

    return write
