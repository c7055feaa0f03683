"""Circuit: whether a model may be asked, by how its earlier asks ended. It reads no clock: callers pass the time."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from math import ceil
from time import localtime, strftime
from typing import Final

MOST_DOUBLINGS: Final = 3
_SOON: Final = 1.0  # seconds: how soon to ask again while a probe is in flight, since its end is not known


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a model is not asked, because it is down.

    Attributes:
        name: The model's name.
        since: When it began, in seconds since the epoch.
        until: When the model is tried again, likewise.
        reason: The newest failure, in words.
        probing: Whether the model is being tried at the moment.
    """

    name: str
    since: float
    until: float
    reason: str
    probing: bool = False

    def wait(self, now: float) -> float:
        """Return the seconds until the model may be asked."""
        return _SOON if self.probing else max(0.0, self.until - now)

    def line(self, now: float) -> str:
        """Return one line for people: that the model is down, since when, and when it is tried again."""
        wait = ceil(self.wait(now))
        again = "it is being tried now" if self.probing else f"tried again in {wait} s" if wait else "tried again next"
        return f"{self.name} is down since {strftime('%H:%M:%S', localtime(self.since))}; {again}"


class Circuit:
    """Admits asks while a model works, none while it is down, and one probe when its time is over. Thread-safe.

    An ask is admitted in a phase; a phase ends when the circuit opens or closes, and when a probe begins. How an ask
    of an earlier phase ends changes nothing.

    Args:
        name: The model's name.
        failures: How many failures open the circuit.
        within: Seconds in which they do, if there are answers between them.
        open_for: Seconds until the first probe; twice as long after each probe that fails, up to 8 times.
    """

    def __init__(self, name: str, failures: int, within: float, open_for: float) -> None:
        self._name, self._failures, self._within, self._open_for = name, failures, within, open_for
        self._times = deque[float](maxlen=failures)  # of the last failures
        self._in_a_row = self._doublings = self._phase = 0
        self._outage: Outage | None = None
        self._wait = 0.0  # seconds from one opening to the next probe
        self._lock = threading.Lock()

    @property
    def words(self) -> tuple[str, int, float, float]:
        """What it was made of."""
        return self._name, self._failures, self._within, self._open_for

    @property
    def phase(self) -> int:
        """The present phase."""
        with self._lock:
            return self._phase

    @property
    def outage(self) -> Outage | None:
        """The present outage; None while the model may be asked."""
        with self._lock:
            return self._outage

    def admit(self, now: float) -> int | Outage:
        """Return the phase in which an ask begins, or the outage that forbids it."""
        with self._lock:
            if self._outage is None:
                return self._phase
            # A clock that was set back must not prolong an outage: the wait begins again on it.
            if self._outage.until - now > self._wait:
                self._outage = replace(self._outage, since=min(now, self._outage.since), until=now + self._wait)
            if self._outage.probing or now < self._outage.until:
                return self._outage
            self._outage = replace(self._outage, probing=True)
            return self._next_phase()

    def answered(self, phase: int) -> Outage | None:
        """Note an answer; return the outage that it ends, if it was a probe."""
        with self._lock:
            if phase != self._phase:
                return None
            self._in_a_row = 0
            ended = self._outage
            if ended is not None:
                self._outage = None
                self._doublings = 0
                self._times.clear()
                self._next_phase()
            return ended

    def failed(self, phase: int, reason: str, now: float, least: float) -> Outage | None:
        """Note a failure; return the outage that it begins or prolongs, if it does.

        Args:
            phase: When the ask was admitted.
            reason: What failed.
            now: The time, in seconds since the epoch.
            least: Seconds that the server asked to wait.
        """
        with self._lock:
            if phase != self._phase:
                return None
            self._in_a_row += 1
            self._times.append(now)
            if self._outage is None and not self._is_enough():
                return None
            longest = self._open_for * 2.0**MOST_DOUBLINGS
            self._wait = max(self._open_for * 2.0**self._doublings, min(least, longest))
            since = now if self._outage is None else self._outage.since
            self._doublings = min(self._doublings + 1, MOST_DOUBLINGS)
            self._outage = Outage(self._name, since, now + self._wait, reason)
            self._next_phase()
            return self._outage

    def left(self, phase: int) -> None:
        """Record an ask that shows nothing about the server: if it was a probe, the next ask is a probe, too."""
        with self._lock:
            if phase == self._phase and self._outage is not None:
                self._outage = replace(self._outage, probing=False)

    def _is_enough(self) -> bool:
        together = len(self._times) == self._failures and self._times[-1] - self._times[0] <= self._within
        return together or self._in_a_row >= self._failures

    def _next_phase(self) -> int:
        self._phase += 1
        return self._phase
