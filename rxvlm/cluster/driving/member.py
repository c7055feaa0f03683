"""Member: a shard, as the process that subscribes sees it: its heartbeats, its calls, and whether it is well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from rxvlm.cluster.deciding.lease import LEASE_SECONDS
from rxvlm.cluster.deciding.placement import Load, Node
from rxvlm.cluster.engine import Engine, ProcessDiedError, ProcessUnavailableError, Ref
from rxvlm.cluster.task import Beat

BEAT_SECONDS: Final = 1.0
UNREACHABLE_SECONDS: Final = LEASE_SECONDS + 0.5
"""After so many seconds without a heartbeat a process that cannot be reached is given up: its lease is over."""
SILENT_SECONDS: Final = LEASE_SECONDS + 6.0
"""After so many seconds a process that does not answer is given up."""
STARTING_SECONDS: Final = 60.0
"""So long may a process take to start."""


@dataclass(eq=False)
class Member:
    """A shard that was started.

    Attributes:
        number: Its number.
        process: Its handle.
        node: Its machine.
        started: When it was started, in seconds of the driver's clock.
        cameras: The names of its cameras.
        heard: When its newest heartbeat came, in seconds of the driver's clock; None before the first.
        received: The number of the newest batch of results that came.
        died: When it was found that it has died; None while it lives.
        unreachable: Whether the newest call could not reach it.
        memory: Bytes of its process in memory.
        leaving: Whether it is to end once it has no camera.
        released: Whether it was told to give its cameras away.
    """

    number: int
    process: Any
    node: Node
    started: float
    cameras: set[str] = field(default_factory=set[str])
    heard: float | None = None
    received: int = 0
    died: float | None = None
    unreachable: bool = False
    memory: int = 0
    leaving: bool = False
    released: bool = False
    _reading: float | None = None
    _beat: Ref | None = None
    _next_beat: float = 0.0

    @property
    def load(self) -> Load:
        """What it has to do."""
        return Load(self.number, self.node.node_id, len(self.cameras))

    @property
    def ref(self) -> Ref | None:
        """The heartbeat that is on its way."""
        return self._beat

    def ask(self, engine: Engine, now: float) -> None:
        """Send a heartbeat, if one is due and none is on its way."""
        if self._beat is None and now >= self._next_beat and self.died is None:
            self._next_beat = now + BEAT_SECONDS
            self._beat = engine.call(self.process, "beat", self._reading, self.received)

    def hear(self, engine: Engine, now: float) -> Beat | None:
        """Take the heartbeat that has come; return None if there was an error instead."""
        ref, self._beat = self._beat, None
        try:
            beat: Beat = engine.get(ref)
        except ProcessUnavailableError:
            self.unreachable = True
            return None
        except ProcessDiedError:
            self.died = now if self.died is None else self.died
            return None
        if self._reading is None:
            self._next_beat = now  # only the second heartbeat gives it its lease
        self._reading, self.heard, self.memory = beat.reading, now, beat.memory
        self.unreachable = False
        return beat

    def hear_results(self, now: float) -> None:
        """Take note that results came: it lives, though its heartbeat may be late on a busy machine."""
        if self.heard is not None:
            self.heard = max(self.heard, now)

    def excuse(self, seconds: float) -> None:
        """Do not count a time in which the driver itself was held up."""
        self.started += seconds
        self.heard = None if self.heard is None else self.heard + seconds

    def is_silent(self, now: float) -> bool:
        """Return whether it has been silent for so long that it is given up."""
        if self.heard is None:
            return now - self.started > STARTING_SECONDS
        return now - self.heard > (UNREACHABLE_SECONDS if self.unreachable else SILENT_SECONDS)
