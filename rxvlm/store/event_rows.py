"""Rows of events: an event is one row, which each of its phases brings up to date."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Any, Final

from rxvlm.event import Event
from rxvlm.store.rows import AnswerRow, kept_from
from rxvlm.store.words import spaced
from rxvlm.text import valid_unicode

_NEW: Final = """
    INSERT INTO events
        (event, run, camera, film, at, newest, kept, start, end, running, count, answer, record)
        VALUES (:event, :run, :camera, :film, :at, :newest, :kept, :start, :end, :running, :count, :answer, :record)
"""
_NEXT_PHASE: Final = """
    UPDATE events SET newest = max(newest, :newest), kept = max(kept, :kept), end = :end, running = :running,
        count = :count, answer = coalesce(:answer, answer), record = :record WHERE id = :id
"""
_FIND_BY_RULE: Final = (
    "UPDATE answer_words SET rules = rules || :words WHERE rowid = :answer AND NOT instr(rules, :words)"
)


class EventRow:
    """An event as a row, and the answer that it came with.

    Args:
        event: The event.
        with_clip: Whether the clip of its answer is kept.
    """

    def __init__(self, event: Event, *, with_clip: bool) -> None:
        self._answer = None if event.analysis is None else AnswerRow.of(event.analysis, with_clip=with_clip)
        self._name, self._reason = spaced(valid_unicode(event.name)), spaced(valid_unicode(event.reason or ""))
        self._row = _row(event, None if self._answer is None else self._answer.at)

    def add(self, connection: sqlite3.Connection, run: int) -> None:
        """Add it, or update it. An older state changes nothing.

        Args:
            connection: The writer's, inside a transaction.
            run: The id of its run.
        """
        answer = None if self._answer is None else self._answer.add(connection, run)
        row = self._row | {"run": run, "answer": answer}
        known = connection.execute(
            "SELECT id, running, count, record FROM events WHERE event = ?", (row["event"],)
        ).fetchone()
        if known is None:
            number = connection.execute(_NEW, row).lastrowid or 0
            words = number, self._reason, self._name
            connection.execute("INSERT INTO event_words (rowid, text, prompt, rules) VALUES (?, ?, '', ?)", words)
        else:
            number, running, count, record = known
            interrupted = not running and json.loads(record)["reason"] == "interrupted"
            if (running or interrupted) and row["count"] >= count:
                connection.execute(_NEXT_PHASE, row | {"id": number})
        if answer is not None:
            connection.execute("INSERT OR IGNORE INTO evidence (event, answer) VALUES (?, ?)", (number, answer))
            connection.execute(_FIND_BY_RULE, {"words": f" {self._name} ", "answer": answer})


def _row(event: Event, answered: float | None) -> dict[str, Any]:
    """Return the columns of an event.

    Args:
        event: The event.
        answered: When its answer happened, in seconds since 1970; None if it has none.
    """
    record = event.to_dict()
    filmed: float | None = record["captured"]
    newest = answered
    if newest is None:
        newest = time.time() if filmed is None else filmed + record["end"] - record["start"]
    return {
        "event": valid_unicode(event.id),
        "camera": valid_unicode(event.camera),
        "film": filmed is None,
        "at": newest if filmed is None else filmed,
        "newest": newest,
        "kept": kept_from(newest),
        "start": record["start"],
        "end": record["end"],
        "running": event.phase != "end",
        "count": event.count,
        "record": json.dumps(record),
    }
