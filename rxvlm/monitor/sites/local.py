"""LocalSite: a run in this process, as a monitor sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from reactivex import Observable
from reactivex.abc import DisposableBase
from reactivex.subject import Subject

from rxvlm.ledger import Entry, Ledger, StateChange
from rxvlm.models.breaker import outages
from rxvlm.monitor.site import Action, CameraNow, Controls, Item, Now, RuleNow, SinkNow
from rxvlm.monitor.sites.refusing import Refusing
from rxvlm.sinks.sink import Counted
from rxvlm.store.store import Store
from rxvlm.vlm import Piece, Vlm


class Parts(Protocol):
    """What a run is made of; all of it may change while it works."""

    @property
    def ledgers(self) -> Mapping[str, Ledger]:
        """The ledgers of its cameras, by name."""
        ...

    def rules(self) -> Iterable[str]:
        """Return the names of its rules."""
        ...

    def sinks(self) -> Iterable[tuple[str, Counted]]:
        """Return its sinks with their names, without secrets."""
        ...

    def models(self) -> Iterable[Vlm]:
        """Return its models."""
        ...


class LocalSite:
    """A run in this process. It must be handed each answer and event (`on_item`).

    Args:
        title: What is watched.
        parts: What it is made of.
        controls: What can be done to it; None: nothing, as the refusals say.
        store: A store of the same file as the run's, to read from; None if the run has none. `close` closes it.
        clock: Returns the time in seconds since 1970 (UTC).
    """

    def __init__(
        self,
        title: str,
        parts: Parts,
        *,
        controls: Controls | None = None,
        store: Store | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.title, self.store, self._parts, self._clock = title, store, parts, clock
        refusing = Refusing("this run cannot be changed while it works")
        self._controls: Controls = refusing if controls is None else controls
        self.refusals: Mapping[Action, str] = refusing.refusals if controls is None else {}
        self._items = Subject[Item]()
        self._lock = threading.Lock()
        self._since: dict[str, float] = {}
        self._listening: dict[str, tuple[Ledger, DisposableBase]] = {}

    def on_item(self, item: Item) -> None:
        """Hand on an answer or an event."""
        self._items.on_next(item)

    def follow(self, listener: Callable[[Item], None]) -> DisposableBase:
        """Tell a listener of each answer and event from now on."""
        return self._items.subscribe(listener)

    def now(self) -> Now:
        """Return how all is at this moment."""
        paused, muted = self._controls.paused(), self._controls.muted()
        cameras = [self._camera(name, ledger, paused.get(name)) for name, ledger in list(self._parts.ledgers.items())]
        at = self._clock()
        downs = {outage.name: outage.line(at) for model in self._parts.models() for outage in outages(model)}
        return Now(
            cameras,
            [RuleNow(name, muted.get(name)) for name in dict.fromkeys(self._parts.rules())],
            [SinkNow(name, sink.sent, sink.failed, sink.lost) for name, sink in self._parts.sinks()],
            list(downs.values()),
        )

    def paused(self) -> Mapping[str, float]:
        """Return since when each paused camera is paused."""
        return self._controls.paused()

    def muted(self) -> Mapping[str, float]:
        """Return until when each muted rule is muted."""
        return self._controls.muted()

    def pause(self, camera: str) -> None:
        """Ask no questions about a camera any more."""
        self._controls.pause(camera)

    def resume(self, camera: str) -> None:
        """Ask about a camera again."""
        self._controls.resume(camera)

    def mute(self, rule: str, seconds: float) -> None:
        """Let a rule begin no event for a time; 0 seconds end that."""
        self._controls.mute(rule, seconds)

    def ask(self, camera: str, question: str) -> Observable[Piece]:
        """Ask the camera's model about the camera's newest clip."""
        return self._controls.ask(camera, question)

    def close(self) -> None:
        """Leave the ledgers, and close the store that was read from."""
        for _, listening in self._listening.values():
            listening.dispose()
        self._listening.clear()
        if self.store is not None:
            self.store.close()

    def _camera(self, name: str, ledger: Ledger, paused: float | None) -> CameraNow:
        known = self._listening.get(name)
        if known is None or known[0] is not ledger:
            self._listening[name] = ledger, ledger.listen(self._on_entry)
        with self._lock:
            tally, since = ledger.snapshot(), self._since.get(ledger.name)
        return CameraNow(tally, since, since if paused is None and tally.paused else paused)

    def _on_entry(self, entry: Entry) -> None:
        if isinstance(entry, StateChange):
            with self._lock:
                self._since[entry.camera] = entry.since
