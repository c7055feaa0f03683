"""Followed: the ledgers of a stream that a sink follows, including those of cameras that are added later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from reactivex.abc import DisposableBase
from reactivex.disposable import CompositeDisposable

from rxvlm.ledger import Ledger

Follow: TypeAlias = Callable[[Ledger], DisposableBase]
"""What a sink does with a ledger; returns what ends that."""


class Followed:
    """The ledgers that a sink follows in one subscription. Called by one thread at a time.

    Args:
        follow: What the sink does with a ledger; None: nothing.
        ledgers: Those of the stream, to which others may be added later.
    """

    def __init__(self, follow: Follow | None, ledgers: Mapping[str, Ledger]) -> None:
        self._follow, self._ledgers = follow, ledgers
        self._known: set[Ledger] = set()
        self._following = CompositeDisposable()
        self.look()

    def look(self) -> None:
        """Follow new ledgers; called for each item, so it usually only counts them."""
        if self._follow is None or len(self._known) == len(self._ledgers):
            return
        for ledger in list(self._ledgers.values()):
            if ledger not in self._known:
                self._known.add(ledger)
                self._following.add(self._follow(ledger))

    def leave(self) -> None:
        """Follow them no more."""
        self._following.dispose()
