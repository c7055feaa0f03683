"""StoredSite: a store alone, as a monitor sees it: history, and what another process adds to it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from reactivex.abc import DisposableBase
from reactivex.subject import Subject

from rxvlm.ledger import Tally
from rxvlm.ledger.states import OVER, State
from rxvlm.monitor.site import CameraNow, Item, Now, RuleNow
from rxvlm.monitor.sites.refusing import Refusing
from rxvlm.store.reader import Reader
from rxvlm.store.store import Store
from rxvlm.store.stored import Stored

_REASON: Final = "this is the store alone; it needs the run itself: rxvlm monitor --attach, or --monitor at its start"
_FIRST: Final = 500  # answers and events that a monitor begins with
_LATE_SECONDS: Final = 60.0  # by which an answer may be older than one that was written before
_FATES: Final = "SELECT camera, film, fate, sum(frames) FROM fates GROUP BY camera, film, fate"
_STATES: Final = "SELECT camera, state, reason, max(since) FROM states GROUP BY camera"
_CAMERAS: Final = "SELECT DISTINCT camera FROM answers"
_RULES: Final = "SELECT DISTINCT rule FROM decisions"
_State: TypeAlias = tuple[State, str, float]
_TERMS: Final = ("analysed", "failed", "unaccounted", "skipped", "thinned")


class StoredSite(Refusing):
    """A store alone.

    Args:
        store: The store; `close` closes it.

    Raises:
        StoreError: If it cannot be read, or is not there.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(_REASON)
        self.title, self.store = str(store.path), store
        self._reader = Reader(store.path)
        self._items = Subject[Item]()
        self._newest = {False: 0.0, True: 0.0}  # of answers and of events: until when they were told
        self._told: dict[bool, set[tuple[Any, ...]]] = {False: set(), True: set()}
        self._written: object = None
        self._now = Now()
        self._reader.rows("SELECT 1")

    def now(self) -> Now:
        """Return how all was when the store was written last, and tell of answers and events that came since."""
        written = self._version()
        if written != self._written:
            self._written = written
            self._now = self._read()
            self._tell(self._items.on_next)
        return self._now

    def follow(self, listener: Callable[[Item], None]) -> DisposableBase:
        """Tell a listener of the newest answers and events, and of those that are added."""
        self._newest, self._told = {False: 0.0, True: 0.0}, {False: set(), True: set()}
        self._tell(listener)
        return self._items.subscribe(listener)

    def close(self) -> None:
        """Close the store."""
        self._reader.close()
        self.store.close()

    def _version(self) -> object:
        """Return what changes when the store is written."""
        found: list[tuple[int, int]] = []
        for suffix in ("", "-wal"):
            try:
                about = self.store.path.with_name(self.store.path.name + suffix).stat()
            except OSError:
                continue
            found.append((about.st_mtime_ns, about.st_size))
        return found

    def _read(self) -> Now:
        counts: dict[str, dict[str, int]] = {}
        live: dict[str, bool] = {}
        for camera, film, fate, frames in self._reader.rows(_FATES):
            of = counts.setdefault(camera, {})
            of[fate.partition(":")[0]] = of.get(fate.partition(":")[0], 0) + frames
            live[camera] = not film
        states = {camera: (state, reason, since) for camera, state, reason, since in self._reader.rows(_STATES)}
        if not self._reader.is_written:
            states = {camera: _over(*state) for camera, state in states.items()}
        names = sorted({*counts, *states, *(camera for (camera,) in self._reader.rows(_CAMERAS))})
        cameras = [_camera(name, counts.get(name, {}), live, states.get(name)) for name in names]
        return Now(cameras, [RuleNow(name) for (name,) in self._reader.rows(_RULES)])

    def _tell(self, listener: Callable[[Item], None]) -> None:
        """Tell of what was not told before. Answers come in no order of time, so some are looked at again."""
        for events, told in self._told.items():
            since = self._newest[events] - _LATE_SECONDS if self._newest[events] else None
            found = self.store.search(events=events, since=since, limit=_FIRST)[::-1]
            self._told[events] = {_key(one) for one in found}
            for one in found:
                self._newest[events] = max(self._newest[events], one.newest)
                if _key(one) not in told:
                    listener(_item(one))


def _over(state: State, reason: str, since: float) -> _State:
    """Return the state of a camera that no process watches any more."""
    return (state, reason, since) if state in OVER else ("ended", f"not watched any more; it was {state}", since)


def _key(one: Stored) -> tuple[Any, ...]:
    return one.id, one.record.get("phase"), one.record.get("count")


def _item(one: Stored) -> Item:
    return one.event() if one.is_event else one.analysis()


def _camera(name: str, counts: Mapping[str, int], live: Mapping[str, bool], state: _State | None) -> CameraNow:
    """Return what the store says of a camera; one without a state has ended."""
    said, reason, since = state or ("ended", "", None)
    terms = {term: counts.get(term, 0) for term in _TERMS}
    dropped = {fate: frames for fate, frames in counts.items() if fate not in _TERMS}
    tally = Tally(name, said, reason, sum(counts.values()), dropped=dropped, live=live.get(name))
    return CameraNow(replace(tally, **terms), since, since if said == "paused" else None)
