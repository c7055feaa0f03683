"""Erasing: deleted entries are in no page of the file any more."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from rxvlm.store.bounds import forget_answers, forget_events
from rxvlm.store.fates import forget_fates
from rxvlm.store.reader import Reader
from rxvlm.store.searching import Search
from rxvlm.store.times import When, time_of
from rxvlm.store.writer import Writer

_log = logging.getLogger("rxvlm")


def forget(
    writer: Writer, reader: Reader, searches: tuple[Search, Search], *, camera: str | None, before: When | None
) -> int:
    """Delete answers and events, and then their remains in the file of SQLite; return how many.

    Deleted rows are overwritten, the index is merged (it keeps deleted words until then), free pages are cut off, and
    the WAL is emptied. Where another process still reads, the WAL cannot be: a line of the log says so.

    Args:
        writer: The writer.
        reader: The reader of the same store; it is closed, so that it does not hold the WAL.
        searches: The answers, and the events.
        camera: The camera of which else all is forgotten; None for all.
        before: What else is over at this moment is forgotten; None for any.
    """
    answers, events = searches
    limit = None if before is None else time_of(before)

    def work(connection: sqlite3.Connection, _run: int) -> int:
        connection.execute("PRAGMA secure_delete = ON")
        count = forget_events(connection, f"SELECT id FROM events WHERE {events.where}", events.values)
        count += forget_answers(connection, f"SELECT id FROM answers WHERE {answers.where}", answers.values)
        forget_fates(connection, camera, limit)
        for words in ("answer_words", "event_words"):
            connection.execute(f"INSERT INTO {words} ({words}) VALUES ('optimize')")
        return count

    count = writer.do(work, counts=0)
    reader.close()
    writer.maintain(_clean)
    return count


def _clean(connection: sqlite3.Connection, path: Path) -> None:
    connection.executescript("PRAGMA incremental_vacuum")  # `execute` would cut off one page
    connection.execute("PRAGMA secure_delete = FAST")
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        _log.warning("what was deleted is still in %s-wal: another process reads the store; delete again later", path)
