"""The writer of a store: its lock, its run, its transactions, and what was lost."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TypeVar

from reactivex.abc import DisposableBase

from rxvlm.concurrency.timers import TIMERS
from rxvlm.errors import StoreError
from rxvlm.store.bounds import Bounds
from rxvlm.store.interrupted import close_left_open
from rxvlm.store.lock import WriterLock
from rxvlm.store.opening import explained, open_writer

_T = TypeVar("_T")
_BATCH_SECONDS: Final = 0.5  # from a write to its commit, so that a second is kept on a slow disk, too
_LOG_SECONDS: Final = 60.0  # between two lines of the log about losses
_log = logging.getLogger("rxvlm")

Work = Callable[[sqlite3.Connection, int], _T]
"""What is done inside a transaction; called with the connection and the id of the run."""


class Writer:
    """The writer of a store. Any thread may call it; one at a time is inside.

    It takes the writer's lock at the first work, and keeps it until it is closed; then the next work begins again, with
    a run of its own. What is written is visible to readers, and on the disk, at the next commit.

    Args:
        path: The store.
        bounds: What it keeps.
        at_once: Whether each work is committed before `do` returns; else half a second after the first at most.

    Attributes:
        path: The store.
        lost: How many answers and events are not on the disk, although they were given to it.
    """

    def __init__(self, path: Path, bounds: Bounds, *, at_once: bool) -> None:
        self.lost = 0
        self.path, self._bounds, self._at_once = path, bounds, at_once
        self._lock = threading.RLock()
        self._held = WriterLock(path)
        self._connection: sqlite3.Connection | None = None
        self._run = 0
        self._runs: set[int] = set()  # all of this writer, so that it does not take an event of its own for a dead one
        self._pending = 0
        self._timer: DisposableBase | None = None
        self._logged = -_LOG_SECONDS
        self._exit: Callable[[], object] = lambda: None

    @property
    def pending(self) -> bool:
        """Whether something was written that is not committed yet."""
        return self._connection is not None and self._connection.in_transaction

    def do(self, work: Work[_T], *, counts: int = 1) -> _T:
        """Do something inside a transaction, and return what it returns.

        Args:
            work: What to do.
            counts: How many answers and events are lost if it fails.

        Raises:
            StoreError: If it cannot be written. All that was not committed is lost then, and counted.
        """
        with self._lock, explained(self.path):
            try:
                connection = self._opened()
                if not connection.in_transaction:
                    connection.execute("BEGIN IMMEDIATE")
                done = work(connection, self._run)
            except (
                Exception
            ):  # no savepoint for each work: FTS5 writes its index at each, which takes a third of the time
                self.lost += counts
                self._lose_pending()
                raise
            self._pending += counts
            if self._at_once:
                self._commit()
            elif self._timer is None:
                self._timer = TIMERS.schedule_relative(_BATCH_SECONDS, lambda _scheduler, _state: self._commit_later())
            return done

    def maintain(self, work: Callable[[sqlite3.Connection, Path], None]) -> None:
        """Commit, and do something outside of any transaction."""
        with self._lock, explained(self.path):
            self._commit()
            work(self._opened(), self.path)

    def become(self, other: Writer) -> None:
        """Take the bounds of another writer, and when it commits."""
        with self._lock:
            self._bounds, self._at_once = other._bounds, other._at_once

    def flush(self) -> None:
        """Commit what was written.

        Raises:
            StoreError: If it cannot be written; it is lost then, and counted.
        """
        with self._lock, explained(self.path):
            self._commit()

    def close(self) -> None:
        """Commit all entries, and free the lock.

        Raises:
            StoreError: If it cannot be written; it is lost then, and counted.
        """
        with self._lock:
            try:
                self.flush()
            finally:
                self._exit()
                self._connection = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        with ExitStack() as undo:
            if self.path.parent.is_dir():
                self._held.take()
            undo.callback(self._held.release)
            connection = open_writer(self.path)
            undo.callback(connection.close)
            self._begin_run(connection)
            undo.pop_all()
        self._exit = weakref.finalize(self, _close, connection, self._held, self._lock)
        self._connection = connection
        return connection

    def _begin_run(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("BEGIN IMMEDIATE")
        began = connection.execute("INSERT INTO runs (pid, began) VALUES (?, ?)", (os.getpid(), time.time()))
        self._run = began.lastrowid or 0
        self._runs.add(self._run)
        close_left_open(connection, self._runs)

    def _commit_later(self) -> None:
        try:
            self.flush()
        except StoreError as error:
            self._say(str(error))

    def _commit(self) -> None:
        if self._timer is not None:
            self._timer.dispose()
            self._timer = None
        connection = self._connection
        if connection is None or not connection.in_transaction:
            return
        try:
            self._bounds.apply(connection)
            connection.execute("COMMIT")
        except Exception:
            self._lose_pending()
            raise
        self._pending = 0
        self._bounds.shrink(connection)

    def _lose_pending(self) -> None:
        """Count entries that are not committed as lost: SQLite keeps nothing of a failed transaction."""
        self.lost, self._pending = self.lost + self._pending, 0
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _say(self, why: str) -> None:
        if time.monotonic() - self._logged >= _LOG_SECONDS:
            self._logged = time.monotonic()
            _log.error("%s; %d answers and events are not stored so far", why, self.lost)


def _close(connection: sqlite3.Connection, held: WriterLock, lock: threading.RLock) -> None:
    """Commit all entries and close a connection, at the end of a writer or of the interpreter."""
    with lock:  # at the exit, a timer may just commit
        try:
            if connection.in_transaction:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            _log.error("the newest entries of a store are lost: %s", error)
        finally:
            connection.close()
            held.release()
