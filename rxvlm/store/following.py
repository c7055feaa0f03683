"""Following: write the entries of ledgers to a store on a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Final

from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable

from rxvlm.concurrency.workers import Workers
from rxvlm.errors import StoreError
from rxvlm.ledger import Entry, Ledger
from rxvlm.store.fates import FateRows, forget_old_fates
from rxvlm.store.writer import Writer

_MOST: Final = 10_000  # entries that wait; of more the oldest are lost
_FORGET_SECONDS: Final = 600.0  # between two looks for what is too old
_LOG_SECONDS: Final = 60.0  # between two lines of the log about losses
_log = logging.getLogger("rxvlm")


class Following:
    """Writes the entries of ledgers to a store: a listener that only queues them, and a thread that writes.

    Args:
        writer: The writer of the store.

    Attributes:
        lost: How many entries are not in the store.
    """

    def __init__(self, writer: Writer) -> None:
        self.lost = 0
        self._writer = writer
        self._lock = threading.RLock()  # of what follows; a ledger calls while it is being followed
        self._waiting: deque[Entry] = deque()
        self._busy = False
        self._followed: dict[Ledger, tuple[int, DisposableBase]] = {}
        self._writing = threading.Lock()  # held while entries are taken and written, so that they stay in order
        self._rows = FateRows()
        self._forgot = self._logged = -_FORGET_SECONDS
        self._pool = Workers("rxvlm-store", most=1)

    def follow(self, ledger: Ledger) -> DisposableBase:
        """Write the entries of a ledger until the result is disposed of; each ledger is followed only once."""
        with self._lock:
            count, listening = self._followed.get(ledger, (0, None))
            if listening is None:
                listening = ledger.listen(self)
            self._followed[ledger] = count + 1, listening
        return Disposable(lambda: self._leave(ledger))

    def __call__(self, entry: Entry) -> None:
        """Queue an entry; called by a ledger."""
        with self._lock:
            self._waiting.append(entry)
            if len(self._waiting) > _MOST:
                self._waiting.popleft()
                self.lost += 1
            if self._busy:
                return
            self._busy = True
        try:
            self._pool.schedule(lambda _scheduler, _state: self._work())
        except RuntimeError:  # there is no memory for a thread now; the next entry tries again
            with self._lock:
                self._busy = False

    def drain(self) -> None:
        """Write what is queued.

        Raises:
            StoreError: If it cannot be written; it is lost then, and counted.
        """
        with self._writing:
            while entries := self._take():
                self._write(entries)

    def close(self) -> None:
        """Write what is queued, and let the thread end."""
        try:
            self.drain()
        finally:
            self._pool.close()

    def _leave(self, ledger: Ledger) -> None:
        with self._lock:
            count, listening = self._followed.pop(ledger)
            if count > 1:
                self._followed[ledger] = count - 1, listening
                return
        listening.dispose()

    def _take(self) -> list[Entry]:
        with self._lock:
            entries = list(self._waiting)
            self._waiting.clear()
            self._busy = bool(entries)
            return entries

    def _work(self) -> None:
        try:
            self.drain()
        except StoreError as error:
            with self._lock:
                self._busy = False
            if time.monotonic() - self._logged >= _LOG_SECONDS:
                self._logged = time.monotonic()
                _log.error("%s; what became of windows is not stored, %d facts so far", error, self.lost)

    def _write(self, entries: list[Entry]) -> None:
        too_old = time.monotonic() - self._forgot >= _FORGET_SECONDS
        try:
            self._writer.do(lambda connection, run: self._rows.add(connection, run, entries), counts=0)
            if too_old:
                self._writer.do(lambda connection, _run: forget_old_fates(connection), counts=0)
                self._forgot = time.monotonic()
        except Exception:
            self.lost += len(entries)
            raise
