"""Bounds: delete old entries, and the oldest if a store is too large; `shrink` needs no transaction of the writer."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from rxvlm.arguments import check_above_zero

Values: TypeAlias = dict[str, Any] | tuple[Any, ...]
"""The parameters of a query, by name or in order."""

DAY: Final = 86_400.0
_AT_ONCE: Final = 200  # answers that are forgotten before the size is looked at again

# An event runs at most a day after its newest answer, so one whose end was lost does not keep its answers without end.
_RUNNING: Final = (
    "SELECT evidence.answer FROM events JOIN evidence ON evidence.event = events.id "
    "WHERE running AND events.kept > :day_ago"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a store keeps.

    Attributes:
        keep_days: Days that answers, events and clips are kept, above 0.
        keep_bytes: Bytes that the file may have, above 0.

    Raises:
        TypeError: If a number is not a number.
        ValueError: If it is not above 0.
    """

    keep_days: float
    keep_bytes: float

    def __post_init__(self) -> None:
        check_above_zero("keep_days", self.keep_days, "days")
        check_above_zero("keep_bytes", self.keep_bytes, "bytes")

    def apply(self, connection: sqlite3.Connection) -> None:
        """Delete old entries; then the oldest until the file is small enough, answers of running events last."""
        now = time.time()
        too_old = now - self.keep_days * DAY
        times = {"limit": too_old, "day_ago": now - DAY}
        if _any(connection, "SELECT 1 FROM answers WHERE at < :limit AND kept < :limit", times):
            chosen = f"SELECT id FROM answers WHERE at < :limit AND kept < :limit AND id NOT IN ({_RUNNING})"
            forget_answers(connection, chosen, times)
        if _any(connection, "SELECT 1 FROM events WHERE kept < :limit", times):
            gone = "SELECT id FROM events WHERE kept < :limit AND NOT (running AND kept > :day_ago)"
            forget_events(connection, gone, times)
        while used_bytes(connection) > self.keep_bytes and self._forget_oldest(connection, times):
            pass

    def _forget_oldest(self, connection: sqlite3.Connection, times: dict[str, Any]) -> bool:
        """Delete some of the oldest answers, and the events that ended before; return whether there were any."""
        for others in (f"WHERE id NOT IN ({_RUNNING})", ""):
            chosen = f"SELECT id, at FROM answers {others} ORDER BY at, id LIMIT {self._how_many(connection)}"
            rows = connection.execute(chosen, times).fetchall()
            if rows:
                ids = ",".join(str(number) for number, _ in rows)
                forget_answers(connection, f"SELECT id FROM answers WHERE id IN ({ids})", {})
                past = times | {"limit": rows[-1][1]}
                gone = "SELECT id FROM events WHERE newest <= :limit AND NOT (running AND kept > :day_ago)"
                forget_events(connection, gone, past)
                return True
        return False

    def shrink(self, connection: sqlite3.Connection) -> None:
        """Cut off free pages above the bound, after a burst or with a lower bound than before.

        Not inside a transaction: only `executescript` runs this to its end, and it commits first.
        """
        pages, size = _numbers(connection, "page_count", "page_size")
        over = pages - int(self.keep_bytes // size)
        if over > 0:
            connection.executescript(f"PRAGMA incremental_vacuum({over})")

    def _how_many(self, connection: sqlite3.Connection) -> int:
        """Return how many of the oldest answers, of the mean size, are over the bound; at least one."""
        (count,) = connection.execute("SELECT count(*) FROM answers").fetchone()
        used = used_bytes(connection)
        return max(1, min(_AT_ONCE, int(count * (used - self.keep_bytes) / used)))


def used_bytes(connection: sqlite3.Connection) -> int:
    """Return the bytes of the pages that hold something."""
    pages, free, size = _numbers(connection, "page_count", "freelist_count", "page_size")
    return (pages - free) * size


def forget_answers(connection: sqlite3.Connection, chosen: str, values: Values) -> int:
    """Forget answers, with the clips that no other answer has; return how many.

    Args:
        connection: The writer's.
        chosen: A SELECT of their ids.
        values: Its parameters.
    """
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS gone (id INTEGER PRIMARY KEY, clip INTEGER)")
    connection.execute("DELETE FROM gone")
    connection.execute(f"INSERT INTO gone SELECT id, clip FROM answers WHERE id IN ({chosen})", values)
    connection.execute("DELETE FROM answer_words WHERE rowid IN (SELECT id FROM gone)")
    connection.execute("DELETE FROM evidence WHERE answer IN (SELECT id FROM gone)")
    count = connection.execute("DELETE FROM answers WHERE id IN (SELECT id FROM gone)").rowcount
    connection.execute(
        "DELETE FROM clips WHERE id IN (SELECT clip FROM gone) "
        "AND NOT EXISTS (SELECT 1 FROM answers WHERE answers.clip = clips.id)"
    )
    return count


def forget_events(connection: sqlite3.Connection, chosen: str, values: Values) -> int:
    """Forget events, and keep their answers; return how many.

    Args:
        connection: The writer's.
        chosen: A SELECT of their ids.
        values: Its parameters.
    """
    ids = [number for (number,) in connection.execute(chosen, values)]
    for table, column in (("event_words", "rowid"), ("evidence", "event"), ("events", "id")):
        connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(number,) for number in ids])
    return len(ids)


def _numbers(connection: sqlite3.Connection, *pragmas: str) -> list[int]:
    return [connection.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in pragmas]


def _any(connection: sqlite3.Connection, query: str, values: dict[str, Any]) -> bool:
    return connection.execute(f"{query} LIMIT 1", values).fetchone() is not None
