"""Listeners: they are called with a ledger's entries, one after another."""

from __future__ import annotations

import logging
from collections import deque

from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable

from rxvlm.concurrency.serial import Serial
from rxvlm.ledger.entries import Entry, LedgerListener

_log = logging.getLogger("rxvlm")


class Listeners:
    """The listeners of one ledger, and the entries that they are still to be told.

    Args:
        name: The camera, for the log.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._listeners: tuple[LedgerListener, ...] = ()
        self._entries: deque[tuple[Entry, tuple[LedgerListener, ...]]] = deque()  # entries, and their listeners
        self._serial = Serial()

    def __bool__(self) -> bool:
        return bool(self._listeners)

    def add(self, listener: LedgerListener, first: Entry) -> DisposableBase:
        """Tell a listener from now on; disposing of the result ends that. Called with the ledger's lock held.

        Args:
            listener: The listener.
            first: The first entry, for this listener only.
        """

        def leave() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not tell)

        leaving = Disposable(leave)

        def tell(entry: Entry) -> None:  # of its own: a listener may be added twice
            if not leaving.is_disposed:
                listener(entry)

        self._listeners = (*self._listeners, tell)
        self._entries.append((first, (tell,)))
        return leaving

    def note(self, entry: Entry | None) -> None:
        """Add an entry for `tell`. Called with the ledger's lock held, so that entries are in order."""
        if entry is not None and self._listeners:
            self._entries.append((entry, self._listeners))

    def tell(self) -> None:
        """Tell the entries that were noted. Called without the ledger's lock: listeners are the user's code."""
        if self._entries:
            self._serial(self._tell_all)

    def _tell_all(self) -> None:
        while self._entries:
            entry, listeners = self._entries.popleft()  # only one thread at a time is here
            for listener in listeners:
                try:
                    listener(entry)
                except Exception:  # noqa: BLE001 - a listener that raises must not stop a camera, nor the others
                    _log.exception("a listener of the ledger of %s raised", self._name)
