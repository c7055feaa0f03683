"""``--sink`` and ``--store``: answers and events go on to files, receivers and a store, each behind its own queue."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain, count
from typing import TYPE_CHECKING, Final, TypeAlias

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.ends import end_at_once
from rxvlm.cli.failures import complain

if TYPE_CHECKING:
    from pathlib import Path

    from rxvlm.operators.to import ToSink
    from rxvlm.stream import Stream

    Item: TypeAlias = rxvlm.Analysis | rxvlm.Event

_DRAIN_SECONDS: Final = 10.0
_QUIET_SECONDS: Final = 0.5  # of waiting for sinks at the end, before stderr says so


class Sending:
    """Hands items to sinks. None of them can end, slow or block a camera; what one did not take is counted and said.

    Args:
        addresses: The sinks, as the user wrote them.
        ledgers: The ledgers of the cameras, by name.
        rules: What makes the events.
        store: The file of a store, which gets all answers and events; None for none.

    Attributes:
        steps: The queue and counters of each sink, by its option and its address without secrets.

    Raises:
        OSError: If a file cannot be opened.
        StoreError: If the store cannot be written, or another process writes to it.
        ValueError: If an address is that of no sink.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        ledgers: Mapping[str, rxvlm.Ledger],
        rules: Sequence[rxvlm.rules.Rule],
        *,
        store: Path | None = None,
    ) -> None:
        self.steps: dict[str, ToSink[Item]] = {}
        self._store = None if store is None else rxvlm.Store(store)
        if self._store is None and not addresses:
            return
        from reactivex.subject import Subject

        from rxvlm.sinks.addresses import shown
        from rxvlm.stream import Origin, Stream

        self._items = Subject[rxvlm.Analysis | rxvlm.Event]()
        stream = Stream.of(self._items, Origin(ledgers))
        if self._store is not None:
            self._store.begin()  # its errors must come before a camera is opened
            self._hand_on(stream, f"--store {store}", rxvlm.operators.to(self._store.write, drain=_DRAIN_SECONDS))
        for address in dict.fromkeys(addresses):
            sink = rxvlm.sinks.sink_from(address, ledgers=ledgers, rules=rules)
            # A film waits for a file, but not for a network.
            step = rxvlm.operators.to(sink, overflow="drop_oldest" if "://" in address else None, drain=_DRAIN_SECONDS)
            self._hand_on(stream, f"--sink {shown(address)}", step)

    def send(self, item: Item) -> None:
        """Hand an answer or an event to every sink."""
        if self.steps:
            self._items.on_next(item)

    def keep(self, item: Item) -> None:
        """Write an answer to the store alone, if there is one; the store counts and logs what it cannot write."""
        if self._store is not None:
            with suppress(rxvlm.errors.StoreError):
                self._store.write(item)

    def conclude(self) -> bool:
        """Send what still waits, close the sinks, and say what was not sent; return whether all was."""
        if not self.steps:
            return True
        end_at_once()  # a second Ctrl-C does not wait
        self._items.on_completed()
        until = time.monotonic() + _DRAIN_SECONDS + 1.0
        said = False
        for name, step in self.steps.items():
            if not step.wait(_QUIET_SECONDS) and not said:
                said = True
                with suppress(OSError):  # a terminal that was closed
                    complain(f"{name}: sending what waits, for {_DRAIN_SECONDS:g} s at most; Ctrl-C ends at once")
            step.wait(until - time.monotonic())
        complete = [self._is_complete(name, step) for name, step in self.steps.items()]  # a list: each is said
        return all(complete)

    def _hand_on(self, stream: Stream[Item], name: str, step: ToSink[Item]) -> None:
        stream.pipe(step).subscribe()
        self.steps[self._free(name)] = step

    def _is_complete(self, name: str, step: ToSink[Item]) -> bool:
        """Say how much a sink did not take; return whether it took all."""
        missing = step.failed + step.lost
        if self._store is not None and name.startswith("--store"):  # it may lose what it took: by the batch
            missing = self._store.lost + step.lost
        if missing:
            verb = "was" if missing == 1 else "were"
            total = step.sent + step.failed + step.lost
            complain(f"{name}: {missing:,} of {total:,} {verb} not taken")
        return not missing

    def _free(self, name: str) -> str:
        numbered = (f"{name} ({number})" for number in count(2))
        return next(free for free in chain([name], numbered) if free not in self.steps)
