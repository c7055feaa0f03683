"""write_jsonl: analyses as lines of JSON, for other programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final, TextIO

from pydantic_core import to_jsonable_python

from rxvlm.analysis import Analysis

# What a terminal obeys or hides: C1 controls, letters of no width, changes of direction, line separators; and lone
# surrogates, which no file can hold as they are.
_UNSEEN: Final = re.compile(
    "[\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd"
    "\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def as_record(analysis: Analysis) -> dict[str, Any]:
    """Return an analysis as plain values, ready for JSON.

    Returns:
        ``camera``; ``start``, ``end`` (seconds of the source's time); ``captured`` (seconds since the
        epoch of the window's end, None for a file); ``seen`` (captured frames in it); ``times``
        (seconds, of the clip's frames); ``text``; ``value``; ``error`` (None, or its kind and
        message); ``model``; ``prompt``; ``age``, ``duration`` (seconds); ``usage`` (tokens ``input``,
        ``output``, ``video``, or None).
    """
    clip, error = analysis.clip, analysis.error
    return {
        "camera": clip.source,
        "start": clip.start,
        "end": clip.end,
        "captured": clip.captured,
        "seen": clip.seen,
        "times": list(clip.times),
        "text": analysis.text,
        "value": to_jsonable_python(analysis.value, fallback=str),
        "error": None if error is None else f"{type(error).__name__}: {error}",
        "model": analysis.model,
        "prompt": analysis.prompt,
        "age": analysis.age,
        "duration": analysis.duration,
        "usage": None if analysis.usage is None else asdict(analysis.usage),
    }


def write_jsonl(file: TextIO) -> Callable[[Analysis], None]:
    """Make an observer that writes each analysis as a line of JSON, and flushes it.

    Letters that are not seen (control characters, zero width, changes of direction) are written escaped, all others
    as they are.

    Args:
        file: The file to write to.
    """

    def write(analysis: Analysis) -> None:
        line = json.dumps(as_record(analysis), ensure_ascii=False)
        file.write(_UNSEEN.sub(lambda letter: json.dumps(letter[0])[1:-1], line) + "\n")
        file.flush()

    return write
