"""Chronicle: what happened to a run, as entries of a log: states, reconnects, losses of sinks, messages."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rxvlm.ledger.states import FLOWING, IN_TROUBLE
from rxvlm.monitor.site import CameraNow, Now, SinkNow

Kind: TypeAlias = Literal["state", "paused", "muted", "sink", "model", "message"]
_MOST: Final = 5000


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Something that happened.

    Attributes:
        at: When, in seconds since 1970 (UTC).
        kind: What it is about.
        about: The camera, rule, sink or model; "" of a message.
        text: What happened, in words.
        bad: Whether it is bad news.
    """

    at: float
    kind: Kind
    about: str
    text: str
    bad: bool = False


class Chronicle:
    """Keeps the newest entries, and makes entries of what changes from one look at a run to the next."""

    def __init__(self) -> None:
        self.entries: deque[LogEntry] = deque(maxlen=_MOST)
        self.version = 0
        self._lock = threading.Lock()
        self._cameras: dict[str, CameraNow] = {}
        self._rules: dict[str, float | None] = {}
        self._sinks: dict[str, SinkNow] = {}
        self._troubles: set[str] = set()
        self._lost = ""

    def add(self, entries: Iterable[LogEntry]) -> None:
        """Add entries. Any thread may call it."""
        with self._lock:
            before = len(self.entries), self.entries[-1] if self.entries else None
            self.entries.extend(entries)
            self.version += (len(self.entries), self.entries[-1] if self.entries else None) != before

    def newest(self) -> list[LogEntry]:
        """Return all entries, the newest first."""
        with self._lock:
            return sorted(self.entries, key=lambda one: one.at, reverse=True)

    def look(self, now: Now, at: float) -> None:
        """Take a run as it is; what has changed since the last look becomes entries.

        Args:
            now: The run.
            at: Seconds since 1970 (UTC).
        """
        found = [*self._states(now, at), *self._rules_of(now, at), *self._sinks_of(now, at), *self._models(now, at)]
        if now.lost != self._lost:
            self._lost = now.lost
            found.append(LogEntry(at, "message", "", now.lost or "the run is reached again", bad=bool(now.lost)))
        if found:
            self.add(found)

    def _states(self, now: Now, at: float) -> Iterable[LogEntry]:
        for camera in now.cameras:
            name, before = camera.tally.name, self._cameras.get(camera.tally.name)
            self._cameras[name] = camera
            if before is None or (before.tally.state, before.since) != (camera.tally.state, camera.since):
                yield _state(camera, before, at)
            if camera.paused != (None if before is None else before.paused):
                said = "asked about again" if camera.paused is None else "paused: no questions are asked"
                yield LogEntry(camera.paused or at, "paused", name, said)

    def _rules_of(self, now: Now, at: float) -> Iterable[LogEntry]:
        for rule in now.rules:
            before = self._rules.get(rule.name)
            self._rules[rule.name] = rule.muted
            if (rule.muted is None) != (before is None):
                yield LogEntry(at, "muted", rule.name, "no longer muted" if rule.muted is None else "muted")

    def _sinks_of(self, now: Now, at: float) -> Iterable[LogEntry]:
        for sink in now.sinks:
            before = self._sinks.get(sink.name, SinkNow(sink.name))
            self._sinks[sink.name] = sink
            missed = sink.failed + sink.lost - before.failed - before.lost
            if missed > 0:
                total = sink.sent + sink.failed + sink.lost
                said = f"{missed:,} not taken ({sink.failed + sink.lost:,} of {total:,} so far)"
                yield LogEntry(at, "sink", sink.name, said, bad=True)

    def _models(self, now: Now, at: float) -> Iterable[LogEntry]:
        lines = {line.partition(";")[0]: line for line in now.troubles}  # behind it stands when it is tried again
        for line in lines.keys() - self._troubles:
            yield LogEntry(at, "model", "", line, bad=True)
        for line in self._troubles - lines.keys():
            yield LogEntry(at, "model", "", f"over: {line}")
        self._troubles = set(lines)


def _state(camera: CameraNow, before: CameraNow | None, at: float) -> LogEntry:
    """Return an entry about a new state; of a camera that came back, with how long it was away."""
    tally = camera.tally
    said = tally.state + (f": {tally.reason}" if tally.reason else "")
    if before is not None and before.tally.state in IN_TROUBLE and tally.state in FLOWING:
        said += "" if None in (camera.since, before.since) else f", after {_away(before, camera):.0f} s without frames"
    bad = tally.state in IN_TROUBLE or tally.state == "failed"
    return LogEntry(camera.since or at, "state", tally.name, said, bad=bad)


def _away(before: CameraNow, after: CameraNow) -> float:
    return (after.since or 0.0) - (before.since or 0.0)
