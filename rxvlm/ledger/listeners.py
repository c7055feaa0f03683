"""Listeners: who is told of a ledger's entries, one after another."""

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
        self._entries: deque[Entry] = deque()  # empty again as soon as the ledger's lock is released
        self._serial = Serial()

    def __bool__(self) -> bool:
        return bool(self._listeners)

    def add(self, listener: LedgerListener) -> DisposableBase:
        """Tell a listener from now on; disposing of the result ends that. Called with the ledger's lock held."""

        def told_once(entry: Entry) -> None:  # of its own: a listener may be added twice
            listener(entry)

        def leave() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not told_once)

        self._listeners = (*self._listeners, told_once)
        return Disposable(leave)

    def note(self, entry: Entry | None) -> None:
        """Add an entry to those that `tell` tells. Called with the ledger's lock held, so that they are in order."""
        if entry is not None and self._listeners:
            self._entries.append(entry)

    def tell(self) -> None:
        """Tell the entries that were noted. Called without the ledger's lock: listeners are the user's code."""
        if self._entries:
            self._serial(self._tell_all)

    def _tell_all(self) -> None:
        while self._entries:
            entry = self._entries.popleft()  # only one thread at a time is here
            for listener in self._listeners:
                try:
                    listener(entry)
                except Exception:  # noqa: BLE001 - a listener that raises must not stop a camera, nor the others
                    _log.exception("a listener of the ledger of %s raised", self._name)
