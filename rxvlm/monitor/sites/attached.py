"""AttachedSite: a run in another process, as a monitor sees it through the run's door."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from reactivex import Observable
from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable

from rxvlm.analysis import Analysis
from rxvlm.door.client import Client
from rxvlm.door.connection import Connection
from rxvlm.door.records import after, tally_of
from rxvlm.errors import DoorError
from rxvlm.event import Event
from rxvlm.monitor.site import Action, CameraNow, Item, Now, RuleNow, SinkNow
from rxvlm.store.store import Store
from rxvlm.vlm import Piece

_log = logging.getLogger("rxvlm")


class AttachedSite:
    """A run in another process. If it goes away, `now` says so, and it is looked for again.

    Args:
        connection: To the run; `close` closes it.

    Attributes:
        title: What the run is called.
        store: Its store, if this process can read it; `close` closes it.
        refusals: Empty: all can be done, as long as the run is there.
    """

    def __init__(self, connection: Connection) -> None:
        self.title = connection.name
        self.store = _store_of(connection.hello)
        self.refusals: Mapping[Action, str] = {}
        self._lock = threading.Lock()
        self._now: dict[str, Any] = {}
        self._lost = ""
        self._newest: dict[str, Analysis] = {}
        self._running: dict[str, Event] = {}
        self._listeners: tuple[Callable[[Item], None], ...] = ()
        self._client = Client(connection, on_hello=self._on_hello, on_line=self._on_line, on_lost=self._on_lost)
        self._client.start()

    def now(self) -> Now:
        """Return how all was when the run told it last, at most a second ago."""
        with self._lock:
            now, lost = self._now, self._lost
        cameras = [CameraNow(tally_of(one), one.get("since"), one.get("paused")) for one in _values(now, "cameras")]
        rules = [RuleNow(one["name"], one.get("muted")) for one in now.get("rules", [])]
        sinks = [SinkNow(one["name"], one["sent"], one["failed"], one["lost"]) for one in now.get("sinks", [])]
        return Now(cameras, rules, sinks, [str(one) for one in now.get("troubles", [])], lost)

    def follow(self, listener: Callable[[Item], None]) -> DisposableBase:
        """Tell a listener of the newest answers and the events that run, and then of each as it comes."""
        with self._lock:
            known = [*self._newest.values(), *self._running.values()]
            self._listeners = (*self._listeners, listener)
        for item in known:
            listener(item)
        return Disposable(lambda: self._leave(listener))

    def paused(self) -> Mapping[str, float]:
        """Return since when each paused camera is paused."""
        with self._lock:
            cameras = dict(self._now.get("cameras", {}))
        return {name: one["paused"] for name, one in cameras.items() if one.get("paused") is not None}

    def muted(self) -> Mapping[str, float]:
        """Return until when each muted rule is muted."""
        with self._lock:
            rules = list(self._now.get("rules", []))
        return {one["name"]: one["muted"] for one in rules if one.get("muted") is not None}

    def pause(self, camera: str) -> None:
        """Ask no questions about a camera any more.

        Raises:
            ValueError: If there is no such camera, or the run has gone.
        """
        self._request("pause", camera=camera)

    def resume(self, camera: str) -> None:
        """Ask about a camera again.

        Raises:
            ValueError: If there is no such camera, or the run has gone.
        """
        self._request("resume", camera=camera)

    def mute(self, rule: str, seconds: float) -> None:
        """Let no sink have the events of a rule for a time; 0 seconds end that.

        Raises:
            ValueError: If there is no such rule, the time is out of range, or the run has gone.
        """
        self._request("mute", rule=rule, seconds=seconds)

    def ask(self, camera: str, question: str) -> Observable[Piece]:
        """Ask the camera's model about the camera's newest clip; what is wrong is an error of the stream."""
        return self._client.ask(camera, question)

    def close(self) -> None:
        """Go away; the run goes on."""
        self._client.close()
        if self.store is not None:
            self.store.close()

    def _request(self, kind: str, **more: str | float) -> None:
        try:
            self._client.request(kind, **more)
        except DoorError as error:
            raise ValueError(str(error)) from None

    def _leave(self, listener: Callable[[Item], None]) -> None:
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

    def _on_hello(self, hello: Mapping[str, Any]) -> None:
        with self._lock:
            self._lost = ""
        self._change_store(hello)

    def _on_lost(self, reason: str) -> None:
        with self._lock:
            self._lost = f"{self.title} cannot be reached: {reason}; it is looked for again"

    def _on_line(self, line: Mapping[str, Any]) -> None:
        kind = line.get("type")
        try:
            if kind == "now":
                self._take_now(line)
            elif kind == "state":
                self._take_state(line)
            elif kind == "store":
                self._change_store(line)
            elif kind == "lost":
                _log.warning("%s lines from the run were lost, since they were not taken in time", line.get("lines"))
            elif kind == "analysis":
                self._take(Analysis.from_dict(line))
            elif kind == "event":
                self._take(Event.from_dict(line))
        except (ValueError, TypeError, KeyError, AttributeError) as error:  # a newer run may say more
            _log.warning("a line from the run was not understood: %s", error)

    def _take_now(self, line: Mapping[str, Any]) -> None:
        with self._lock:
            now = after(self._now, line)
        for one in _values(now, "cameras"):
            tally_of(one)
        with self._lock:
            self._now = now

    def _take_state(self, line: Mapping[str, Any]) -> None:
        with self._lock:
            cameras = self._now.get("cameras", {})
            if line["camera"] in cameras:
                changed = cameras[line["camera"]] | {"state": line["state"], "reason": line["reason"]}
                self._now = self._now | {"cameras": cameras | {line["camera"]: changed}}

    def _take(self, item: Item) -> None:
        with self._lock:
            if isinstance(item, Analysis):
                known = self._newest.get(item.clip.source)
                if known is not None and known.to_dict() == item.to_dict():
                    return  # it is told again after a new connection
                self._newest[item.clip.source] = item
            else:
                known_event = self._running.pop(item.id, None)
                if item.phase != "end":
                    self._running[item.id] = item
                if known_event is not None and known_event.to_dict() == item.to_dict():
                    return
            listeners = self._listeners
        for listener in listeners:
            listener(item)

    def _change_store(self, line: Mapping[str, Any]) -> None:
        path = line.get("store")
        before = self.store
        if (None if before is None else str(before.path)) != path:
            self.store = _store_of(line)
            if before is not None:
                before.close()


def _store_of(line: Mapping[str, Any]) -> Store | None:
    """Return the store that a run names, if this process can read it."""
    path = line.get("store")
    if not isinstance(path, str):
        return None
    with suppress(OSError), Path(path).open("rb"):
        return Store(path)
    return None


def _values(now: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return list(now.get(key, {}).values())
