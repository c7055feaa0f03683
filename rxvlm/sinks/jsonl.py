"""write_jsonl: analyses as lines of JSON, for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TextIO

from pydantic_core import to_jsonable_python

from rxvlm.analysis import Analysis


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

    Args:
        file: The file to write to.
    """

    def write(analysis: Analysis) -> None:
        file.write(json.dumps(as_record(analysis), ensure_ascii=False) + "\n")
        file.flush()

    return write
