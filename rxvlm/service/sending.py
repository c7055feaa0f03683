"""Sending: the sinks of a service and its store, each behind a queue of its own; a reload may change them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final, TypeAlias

import reactivex
from reactivex.abc import DisposableBase
from reactivex.subject import Subject

from rxvlm.analysis import Analysis
from rxvlm.event import Event
from rxvlm.ledger import Ledger
from rxvlm.operators.to import ToSink, to
from rxvlm.service.store_sink import StoreSink
from rxvlm.sinks.sink import Sink
from rxvlm.store.store import Store
from rxvlm.stream import Origin, Stream

Item: TypeAlias = Analysis | Event

DRAIN_SECONDS: Final = 10.0
STORE: Final = "store"
"""The name of the store among the sinks."""
_WAITING: Final = 1000  # items that wait for a sink at most


class Sending:
    """Hands answers and events to sinks.

    Args:
        ledgers: The ledgers of all cameras, by name; the store gets their entries.

    Attributes:
        sinks: The queue and counters of each sink by its name.
    """

    def __init__(self, ledgers: Mapping[str, Ledger]) -> None:
        self.sinks: dict[str, ToSink[Item]] = {}
        self._ledgers = ledgers
        self._items = Subject[Item]()
        self._kept = Subject[Item]()  # what the store alone is given
        self._sending: dict[str, tuple[Sink, DisposableBase]] = {}
        self._left: list[tuple[str, ToSink[Item]]] = []  # replaced by a reload; they may still have something to send
        self._store: StoreSink | None = None

    def take(self, sinks: Mapping[str, Sink], store: Store | None) -> None:
        """Send to these sinks, and to no other any more; one that stays goes on as it is."""
        if store is not (self._store and self._store.store):
            self._store = None if store is None else StoreSink(store)
        wanted = {**sinks, **({} if self._store is None else {STORE: self._store})}
        self._left = [(name, step) for name, step in self._left if not step.wait(0.0)]
        for name in [name for name, (sink, _) in self._sending.items() if wanted.get(name) is not sink]:
            self._sending.pop(name)[1].dispose()
            self._left.append((name, self.sinks.pop(name)))
        for name, sink in wanted.items():
            if name not in self._sending:
                self.sinks[name] = step = to(sink, capacity=_WAITING, drain=DRAIN_SECONDS)
                items = reactivex.merge(self._items, self._kept) if name == STORE else self._items
                self._sending[name] = sink, Stream.of(items, Origin(self._ledgers)).pipe(step).subscribe()

    def follow(self, ledger: Ledger) -> None:
        """Let the store know what becomes of the frames of a camera that came later."""
        if self._store is not None:
            self._store.follow(ledger)

    def send(self, item: Item) -> None:
        """Hand an answer or an event to every sink."""
        self._items.on_next(item)

    def keep(self, item: Item) -> None:
        """Hand an answer to the store alone."""
        self._kept.on_next(item)

    def complete(self) -> None:
        """Send what waits, and close the sinks."""
        self._items.on_completed()
        self._kept.on_completed()

    def wait(self, seconds: float) -> bool:
        """Wait until all sinks have what waited for them and are closed; return whether they are."""
        until = time.monotonic() + seconds
        return all([step.wait(max(0.0, until - time.monotonic())) for _, step in self.steps()])  # noqa: C419 - each is waited for

    def free_store(self) -> None:
        """Wait until a store that was replaced is closed, so that its file may be opened again."""
        for name, step in self._left:
            if name == STORE:
                step.wait(DRAIN_SECONDS)

    def steps(self) -> list[tuple[str, ToSink[Item]]]:
        """Return the names and counters of all sinks, also of those that the last reload replaced."""
        return [*self._left, *self.sinks.items()]
