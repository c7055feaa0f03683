"""Rows: how answers, events and clips become rows of a store. Each function runs inside a transaction of the writer."""

from __future__ import annotations

import json
import sqlite3
import time
from hashlib import blake2b
from typing import Any, Final

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.display.json_form import whole
from rxvlm.event import Event
from rxvlm.store.words import spaced
from rxvlm.text import valid_unicode
from rxvlm.ticks import to_ticks

_CLOCK_IS_SET: Final = 1e9  # seconds since 1970: before September 2001 no clock was right that runs this
_NEW_ANSWER: Final = """
    INSERT INTO answers (identity, run, camera, film, at, kept, start, end, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_NEW_EVENT: Final = """
    INSERT INTO events
        (event, run, camera, film, at, newest, kept, start, end, running, count, answer, record)
        VALUES (:event, :run, :camera, :film, :at, :newest, :kept, :start, :end, :running, :count, :answer, :record)
"""
_NEXT_PHASE: Final = """
    UPDATE events SET newest = max(newest, :newest), kept = max(kept, :kept), end = :end, running = :running,
        count = :count, answer = coalesce(:answer, answer), record = :record WHERE id = :id
"""


def add_answer(connection: sqlite3.Connection, run: int, analysis: Analysis, *, with_clip: bool) -> int:
    """Add an answer, unless it is there, and return its id. A clip that is not there yet is added to it.

    Args:
        connection: The writer's.
        run: The id of its run.
        analysis: The answer.
        with_clip: Whether its clip is kept.
    """
    identity = _identity(run, analysis)
    known = connection.execute("SELECT id FROM answers WHERE identity = ?", (identity,)).fetchone()
    number = known[0] if known else _new_answer(connection, run, analysis, identity)
    clip = analysis.clip
    if with_clip and clip.kept:
        _add_clip(connection, number, clip)
    return number


def add_event(connection: sqlite3.Connection, run: int, event: Event, *, with_clip: bool) -> None:
    """Add an event, or its next phase, and the answer it came with. What is older than what is there changes nothing.

    Args:
        connection: The writer's.
        run: The id of its run.
        event: The event.
        with_clip: Whether the clip of its answer is kept.
    """
    analysis = event.analysis
    answer = None if analysis is None else add_answer(connection, run, analysis, with_clip=with_clip)
    row = _event_row(event, run, answer)
    known = connection.execute("SELECT id, running, count, record FROM events WHERE event = ?", (event.id,)).fetchone()
    if known is None:
        number = connection.execute(_NEW_EVENT, row).lastrowid or 0
        words = number, spaced(valid_unicode(event.reason or "")), spaced(valid_unicode(event.name))
        connection.execute("INSERT INTO event_words (rowid, text, prompt, rules) VALUES (?, ?, '', ?)", words)
    else:
        number, running, count, record = known
        interrupted = json.loads(record)["reason"] == "interrupted"
        if (running or interrupted) and event.count >= count:
            connection.execute(_NEXT_PHASE, row | {"id": number})
    if answer is not None:
        _add_evidence(connection, number, answer, event.name)


def kept_from(at: float) -> float:
    """Return the time that ``keep_days`` counts from: that of the answer, unless its clock was not set."""
    return at if at > _CLOCK_IS_SET else time.time()


def clip_data(sizes: str | None, data: bytes) -> bytes | tuple[bytes, ...]:
    """Return the bytes of a clip as its row has them: of a film as they are, of JPEGs one for each picture."""
    if sizes is None:
        return data
    pictures: list[bytes] = []
    begin = 0
    for size in json.loads(sizes):
        pictures.append(data[begin : begin + size])
        begin += size
    return tuple(pictures)


def _new_answer(connection: sqlite3.Connection, run: int, analysis: Analysis, identity: bytes) -> int:
    record, clip, at = analysis.to_dict(), analysis.clip, _time_of(analysis)
    span = valid_unicode(clip.source), clip.captured is None, at, kept_from(at), record["start"], record["end"]
    number = connection.execute(_NEW_ANSWER, (identity, run, *span, json.dumps(record))).lastrowid or 0
    connection.execute(
        "INSERT INTO answer_words (rowid, text, prompt, rules) VALUES (?, ?, ?, '')",
        (number, spaced(_said(analysis)), spaced(analysis.prompt)),
    )
    return number


def _identity(run: int, analysis: Analysis) -> bytes:
    """Return what two writings of one answer have in common, and no two answers."""
    clip = analysis.clip
    captured = None if clip.captured is None else to_ticks(clip.captured)
    moment = clip.epoch, to_ticks(clip.start), to_ticks(clip.times[0]), captured
    return blake2b(repr((run, clip.source, *moment, analysis.prompt, analysis.model)).encode(), digest_size=16).digest()


def _time_of(analysis: Analysis) -> float:
    captured = analysis.clip.captured
    return whole(analysis.answered if captured is None else captured) or 0.0


def _said(analysis: Analysis) -> str:
    return analysis.text if analysis.error is None else valid_unicode(f"{analysis.text} {analysis.error}")


def _add_clip(connection: sqlite3.Connection, answer: int, clip: Clip) -> None:
    """Add a clip to an answer that is without one; the same bytes are there once."""
    if connection.execute("SELECT clip FROM answers WHERE id = ?", (answer,)).fetchone()[0] is not None:
        return
    contents = clip.contents
    pictures = None if isinstance(contents, bytes) else contents
    data = contents if isinstance(contents, bytes) else b"".join(contents)
    sizes = None if pictures is None else json.dumps([len(picture) for picture in pictures])
    digest = blake2b((sizes or "").encode() + data, digest_size=16).digest()
    connection.execute(
        "INSERT INTO clips (digest, sizes, data) VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING",
        (digest, sizes, data),
    )
    connection.execute(
        "UPDATE answers SET clip = (SELECT id FROM clips WHERE digest = ?) WHERE id = ?", (digest, answer)
    )


def _event_row(event: Event, run: int, answer: int | None) -> dict[str, Any]:
    record = event.to_dict()
    filmed: float | None = record["captured"]
    newest = time.time() if filmed is None else filmed + event.end - event.start
    if event.analysis is not None:
        newest = _time_of(event.analysis)
    return {
        "event": event.id,
        "run": run,
        "camera": valid_unicode(event.camera),
        "film": event.captured is None,
        "at": newest if filmed is None else filmed,
        "newest": newest,
        "kept": kept_from(newest),
        "start": record["start"],
        "end": record["end"],
        "running": event.phase != "end",
        "count": event.count,
        "answer": answer,
        "record": json.dumps(record),
    }


def _add_evidence(connection: sqlite3.Connection, event: int, answer: int, name: str) -> None:
    """Note that an answer belongs to an event, so that it is also found by the name of the rule."""
    added = connection.execute("INSERT OR IGNORE INTO evidence (event, answer) VALUES (?, ?)", (event, answer))
    if added.rowcount:
        connection.execute(
            "UPDATE answer_words SET rules = rules || ' ' || ? WHERE rowid = ?", (spaced(valid_unicode(name)), answer)
        )
