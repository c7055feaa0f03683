"""StoreSink: a store as a sink of a service, which leaves its ledgers before it is closed."""

from __future__ import annotations

from reactivex.abc import DisposableBase

from rxvlm.ledger import Ledger
from rxvlm.sinks.sink import Item
from rxvlm.store.store import Store


class StoreSink:
    """Writes to a store, and lets it follow the ledgers of cameras that come later, too.

    A store that is called after it was closed opens again. After a reload nothing may do so: the file may be
    another's by then.

    Args:
        store: The store.
    """

    takes_muted = True

    def __init__(self, store: Store) -> None:
        self.store, self.name = store, store.write.name
        self._following: list[DisposableBase] = []

    def __call__(self, item: Item) -> None:
        """Write an answer or an event.

        Raises:
            StoreError: If it cannot be written.
        """
        self.store.write(item)

    def follow(self, ledger: Ledger) -> DisposableBase:
        """Write the entries of a ledger, until the sink is closed or the result is disposed of."""
        self._following.append(following := self.store.write.follow(ledger))
        return following

    def close(self) -> None:
        """Leave the ledgers, put on the disk what was written, and free the file."""
        for one in self._following:
            one.dispose()
        self._following.clear()
        self.store.write.close()
