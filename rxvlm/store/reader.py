"""The reader of a store: it takes no lock and changes nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rxvlm.errors import NotStoredError
from rxvlm.store.lock import WriterLock
from rxvlm.store.opening import explained, open_reader
from rxvlm.store.rows import clip_data
from rxvlm.store.searching import Search
from rxvlm.store.stored import Stored

_FEW: Final = 300  # hits that are sorted without more ado
_EVENT_CLIP: Final = "(SELECT clip FROM answers WHERE answers.id = events.answer)"
_SELECT: Final = {
    "answers": "SELECT id, at, at, record, clip FROM answers",
    "events": f"SELECT event, at, newest, record, {_EVENT_CLIP} FROM events",
}


class Reader:
    """Reads a store; opened at its first use. Any thread may call it; one at a time is inside.

    Args:
        path: The store.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._exit: Callable[[], object] = lambda: None

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query.

        Raises:
            StoreNotFoundError: If there is no store.
            StoreError: If it cannot be read.
        """
        with self._lock, explained(self._path):
            if self._connection is None:
                self._connection = open_reader(self._path)
                self._exit = weakref.finalize(self, self._connection.close)  # of a store that is not closed
            return self._connection.execute(query, values).fetchall()

    @property
    def is_written(self) -> bool:
        """Whether a process writes to the store, or may write to it."""
        return WriterLock(self._path).is_held()

    def search(self, search: Search, limit: int) -> list[Stored]:
        """Return what a search finds, the newest first.

        Args:
            search: What is searched for.
            limit: How many at most; -1 for all.
        """
        newest = "ORDER BY at DESC, id DESC"
        if search.may_be_many and limit > 0:
            # Some hits, by their ids from the last one back, which is quick, and nearly the order of time: none that is
            # older than the oldest of them is wanted. So few are sorted, even if every answer is a hit.
            some = max(limit, _FEW)
            last = f"SELECT at FROM {search.source} WHERE {search.where} ORDER BY answer_words.rowid DESC LIMIT ?"
            ((at, count),) = self.rows(f"SELECT min(at), count(*) FROM ({last})", (*search.values, some))
            if count == some:
                search.not_before(at)
        ids = f"SELECT id FROM {search.source} WHERE {search.where} {newest} LIMIT ?"
        found = self.rows(f"{_SELECT[search.table]} WHERE id IN ({ids}) {newest}", (*search.values, limit))
        return [self._stored(*row) for row in found]

    def get(self, name: str) -> Stored:
        """Return an answer by its number, or an event by its id or the beginning of it.

        Raises:
            NotStoredError: If there is none, or several events begin so.
        """
        if name.isdecimal() and len(name) < 19:  # noqa: PLR2004 - digits that SQLite's integers have
            found = self.rows(f"{_SELECT['answers']} WHERE id = ?", (int(name),))
            if found:
                return self._stored(*found[0])
        begins = "WHERE substr(event, 1, length(?)) = ? ORDER BY event != ? LIMIT 2"
        found = self.rows(f"{_SELECT['events']} {begins}", (name, name, name)) if name else []
        if not found or (len(found) > 1 and found[0][0] != name):
            many = "several events" if found else "no answer or event"
            raise NotStoredError(f"the store {self._path} has {many} with the id {name!r}")
        return self._stored(*found[0])

    def close(self) -> None:
        """Close it; the next use opens it again."""
        with self._lock:
            self._exit()
            self._connection = None

    def clip(self, number: int | None) -> bytes | tuple[bytes, ...] | None:
        """Return the bytes of a clip; None if it was forgotten meanwhile, or never kept."""
        found = [] if number is None else self.rows("SELECT sizes, data FROM clips WHERE id = ?", (number,))
        return clip_data(*found[0]) if found else None

    def answers_of(self, event: str) -> list[Stored]:
        """Return the answers that belong to an event, the oldest first."""
        belong = "SELECT evidence.answer FROM evidence JOIN events ON events.id = evidence.event WHERE events.event = ?"
        rows = self.rows(f"{_SELECT['answers']} WHERE id IN ({belong}) ORDER BY at, id", (event,))
        return [self._stored(*row) for row in rows]

    def _stored(self, name: str | int, at: float, newest: float, record: str, clip: int | None) -> Stored:
        return Stored(str(name), at, newest, json.loads(record), clip, self)
