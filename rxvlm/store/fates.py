"""Fates: entries of a ledger as rows of a store. Each function runs inside a transaction of the writer."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from rxvlm.ledger import Decision, Entry, FramesFate, StateChange, WindowFate
from rxvlm.store.bounds import DAY
from rxvlm.store.times import FILM_SECONDS
from rxvlm.text import valid_unicode

_KEPT_SECONDS: Final = 7 * DAY
_GAP_SECONDS: Final = 0.5  # between two entries of equal fate that are one row: the clock of a camera is not exact
_CAMERAS_TIMES_RULES: Final = 10_000  # rows that may still become longer
_NEW_FATE: Final = """
    INSERT INTO fates (run, camera, film, low, high, windows, frames, fate, error, kept)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_NEW_DECISION: Final = """
    INSERT INTO decisions (run, camera, film, low, high, answers, rule, outcome, held, least, most, event, why, kept)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_NEW_STATE: Final = """
    INSERT INTO states (run, camera, state, reason, since, time, kept) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_LONGER_FATE: Final = """
    UPDATE fates SET high = max(high, ?), windows = windows + ?, frames = frames + ?, kept = ? WHERE id = ?
"""
_LONGER_DECISION: Final = "UPDATE decisions SET high = max(high, ?), answers = answers + 1, kept = ? WHERE id = ?"

# `low` and `high`: seconds since 1970 (UTC) at which it was filmed, of a film the seconds of its own time.
TABLES: Final = (
    # What became of windows; `windows` is 0 where frames reached none. `fate`: as `rxvlm.ledger.Fate`.
    """
    CREATE TABLE fates (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, camera TEXT NOT NULL, film INTEGER NOT NULL,
        low REAL NOT NULL, high REAL NOT NULL, windows INTEGER NOT NULL, frames INTEGER NOT NULL,
        fate TEXT NOT NULL, error TEXT NOT NULL, kept REAL NOT NULL
    )
    """,
    "CREATE INDEX fates_by_time ON fates (camera, high)",
    # What rules decided about answers; `outcome`: as `rxvlm.ledger.Outcome`.
    """
    CREATE TABLE decisions (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, camera TEXT NOT NULL, film INTEGER NOT NULL,
        low REAL NOT NULL, high REAL NOT NULL, answers INTEGER NOT NULL, rule TEXT NOT NULL, outcome TEXT NOT NULL,
        held INTEGER NOT NULL, least INTEGER NOT NULL, most INTEGER NOT NULL, event TEXT, why TEXT NOT NULL,
        kept REAL NOT NULL
    )
    """,
    "CREATE INDEX decisions_by_time ON decisions (camera, high)",
    # What cameras did from `since` on, in seconds since 1970; `time`: the source's time of the newest frame then.
    """
    CREATE TABLE states (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, camera TEXT NOT NULL, state TEXT NOT NULL,
        reason TEXT NOT NULL, since REAL NOT NULL, time REAL NOT NULL, kept REAL NOT NULL
    )
    """,
    "CREATE INDEX states_by_time ON states (camera, since)",
)
"""The tables of the fates, decisions and states, for `rxvlm.store.schema`."""


@dataclass(slots=True)
class _Row:
    """The newest row of a camera and a kind of entries, which becomes longer while entries are the same."""

    id: int
    same: tuple[Any, ...]
    low: float
    high: float

    def goes_on(self, same: tuple[Any, ...], low: float, high: float) -> bool:
        gap = min(_GAP_SECONDS, (high - low) / 2)
        return self.same == same and self.low <= low <= self.high + gap


class FateRows:
    """Adds entries to a store; those of equal fate that follow one another are one row."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], _Row] = {}

    def add(self, connection: sqlite3.Connection, run: int, entries: Iterable[Entry]) -> None:
        """Add entries, in their order.

        Args:
            connection: The writer's.
            run: The id of its run.
            entries: What ledgers told.
        """
        for entry in entries:
            if isinstance(entry, StateChange):
                what = entry.state, _text(entry.reason), entry.since, entry.time
                connection.execute(_NEW_STATE, (run, _text(entry.camera), *what, time.time()))
            elif isinstance(entry, Decision):
                self._decision(connection, run, entry)
            else:
                self._fate(connection, run, entry)

    def _fate(self, connection: sqlite3.Connection, run: int, entry: WindowFate | FramesFate) -> None:
        if isinstance(entry, WindowFate):
            span, windows, error = entry.span, 1, _text(entry.error)
            camera = _text(span.source or entry.camera)  # as its answers have it; a ledger may have another name
            began, over, frames = entry.began, span.captured, span.fresh
        else:
            span, windows, error, camera = entry, 0, "", _text(entry.camera)
            began, over, frames = entry.began, entry.captured, entry.frames
        film = began is None or over is None
        low, high = (span.start, span.end) if began is None or over is None else (began, max(began, over))
        now = time.time()
        self._extend_or_add(
            connection,
            (camera, "window" if windows else "frames", ""),
            (run, film, entry.fate, error),
            (low, high),
            longer=(_LONGER_FATE, (high, windows, frames, now)),
            new=(_NEW_FATE, (run, camera, film, low, high, windows, frames, entry.fate, error, now)),
        )

    def _decision(self, connection: sqlite3.Connection, run: int, entry: Decision) -> None:
        span, film = entry.span, entry.span.captured is None
        low, high = span.start, span.end
        if span.captured is not None:
            low, high = span.captured - (span.end - span.start), span.captured
        camera, rule, now = _text(entry.camera), _text(entry.rule), time.time()
        what = entry.outcome, entry.held, *entry.need, entry.event, _text(entry.why)
        self._extend_or_add(
            connection,
            (camera, "rule", rule),
            (run, film, *what),
            (low, high),
            longer=(_LONGER_DECISION, (high, now)),
            new=(_NEW_DECISION, (run, camera, film, low, high, 1, rule, *what, now)),
        )

    def _extend_or_add(
        self,
        connection: sqlite3.Connection,
        of: tuple[str, str, str],
        same: tuple[Any, ...],
        moment: tuple[float, float],
        *,
        longer: tuple[str, tuple[Any, ...]],
        new: tuple[str, tuple[Any, ...]],
    ) -> None:
        row = self._rows.get(of)
        if row is not None and row.goes_on(same, *moment):
            query, values = longer
            if connection.execute(query, (*values, row.id)).rowcount:  # else its transaction failed
                row.high = max(row.high, moment[1])
                return
        if len(self._rows) >= _CAMERAS_TIMES_RULES:
            self._rows.clear()
        self._rows[of] = _Row(connection.execute(*new).lastrowid or 0, same, *moment)


def forget_old_fates(connection: sqlite3.Connection) -> None:
    """Delete entries that were written more than 7 days ago."""
    for table in ("fates", "decisions", "states"):
        connection.execute(f"DELETE FROM {table} WHERE kept < ?", (time.time() - _KEPT_SECONDS,))


def forget_fates(connection: sqlite3.Connection, camera: str | None, before: float | None) -> None:
    """Delete entries about a camera, or from before a moment.

    Args:
        connection: The writer's.
        camera: The camera; None for all.
        before: A moment of the clock, in seconds since 1970, or of a film, below `FILM_SECONDS`; None for any.
    """
    over = f"CASE WHEN film AND :before >= {FILM_SECONDS} THEN kept ELSE high END"
    for table, column in (("fates", over), ("decisions", over), ("states", "since")):
        connection.execute(
            f"DELETE FROM {table} WHERE (:camera IS NULL OR camera = :camera) "
            f"AND (:before IS NULL OR {column} < :before)",
            {"camera": camera, "before": before},
        )


def _text(text: str) -> str:
    return valid_unicode(text)
