"""Answers and events for the tests of stores."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from rxvlm import Analysis, Clip, Event

NOW = float(int(time.time()))


def answer(at: int, text: str = "", camera: str = "yard", **more: Any) -> Analysis:
    """Return an answer about the window [10 * at, 10 * at + 10) of a camera, filmed in the last hours."""
    pictures = (b"first %d of %s" % (at, camera.encode()), b"second")
    times = at * 10.0, at * 10.0 + 5.0
    captured = more.pop("captured", NOW - 10_000 + at * 10.0)
    data = more.pop("data", pictures)
    clip = Clip(data, "image/jpeg", times, 8, 8, at * 10.0, at * 10.0 + 10.0, captured=captured, source=camera)
    asked = NOW if captured is None else captured + 1
    given: dict[str, Any] = {
        "prompt": "What happens?",
        "model": "m",
        "asked": asked,
        "answered": asked + 2,
        "text": text,
    }
    given |= more
    return Analysis(clip, **given)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on a store's file, as another program reads it."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def event(analysis: Analysis, phase: Any = "start", name: str = "intruder", **more: Any) -> Event:
    """Return an event that an answer begins, or is the next phase of."""
    clip = analysis.clip
    begins = None if clip.captured is None else clip.captured - 10.0
    given: dict[str, Any] = {
        "id": f"{name}-1",
        "name": name,
        "camera": clip.source,
        "phase": phase,
        "start": clip.start,
    }
    given |= {"end": clip.end, "captured": begins, "analysis": analysis, **more}
    return Event(**given)
