"""Keeper: the limits and breakers of all shards, in one small process that grants in batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from copy import copy
from typing import Any, Final

from rxvlm.cluster.deciding.lease import LEASE_SECONDS
from rxvlm.cluster.engine import was_started_again
from rxvlm.cluster.limits.wish import CircuitState, CircuitWords, Granted, Wish
from rxvlm.models.breaking.circuit import Circuit
from rxvlm.models.limiting.rate import AdaptiveRate

_TICK: Final = 5e-6  # seconds: a shorter wait is none
_LONGEST_WAIT: Final = 1.0
_FORGET_SECONDS: Final = 2 * LEASE_SECONDS  # by then a shard that says nothing has no lease, and no call that counts
GATHER_SECONDS: Final = 2.0
"""After it was started again, a keeper grants nothing for so long: until then it has heard what each shard holds."""


class Keeper:
    """Grants requests to shards. Its methods are called by other processes, on several threads.

    If its process dies it is started again, and knows of no request that was granted before: so a limit may be exceeded
    by what was granted in one batch.

    Args:
        began_again: Whether it was started again after it had died; None: as Ray says.
        clock: Returns seconds.
    """

    def __init__(self, *, began_again: bool | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rates: dict[str, AdaptiveRate] = {}
        self._held: dict[str, dict[int, tuple[int, float]]] = {}  # by limit and shard: how many, and when it said so
        self._circuits: dict[str, Circuit] = {}
        began_again = was_started_again() if began_again is None else began_again
        self._gathers_until = clock() + (GATHER_SECONDS if began_again else 0.0)

    def grant(self, wishes: list[Wish]) -> list[Granted]:
        """Take note of what shards say, and grant what the limits allow now."""
        with self._lock:
            return [self._grant(wish, self._clock()) for wish in wishes]

    def circuit(self, words: CircuitWords, method: str, *args: Any) -> CircuitState:  # noqa: ANN401 - as of the method
        """Call a method of a breaker; return what it returned, and how the breaker is then.

        Args:
            words: Which breaker.
            method: ``"admit"``, ``"answered"``, ``"failed"`` or ``"left"``; "" for none.
            args: Its arguments.
        """
        with self._lock:
            if words.key not in self._circuits:
                self._circuits[words.key] = Circuit(words.name, words.failures, words.within, words.open_for)
            circuit = self._circuits[words.key]
        result = getattr(circuit, method)(*args) if method else None
        return CircuitState(circuit.phase, circuit.outage, result)

    def _grant(self, wish: Wish, now: float) -> Granted:
        rate = self._rates.setdefault(wish.key, copy(wish.rate))
        rate.advance(now)
        rate.correct(wish.correction)
        for slowdowns in wish.answered:
            rate.answered(slowdowns)
        for slowdowns, retry_after in wish.refused:
            rate.refused(slowdowns, retry_after)
        held = self._held.setdefault(wish.key, {})
        held[wish.shard] = (wish.held, now)
        for shard in [shard for shard, (_, said) in held.items() if now - said > _FORGET_SECONDS]:
            del held[shard]
        if now < self._gathers_until:
            return Granted(0, rate.slowdowns, self._gathers_until - now)
        running = sum(requests for requests, _ in held.values())
        granted = 0
        while granted < wish.want and rate.wait(running + granted) < _TICK:
            rate.charge(wish.tokens)
            granted += 1
        held[wish.shard] = (wish.held + granted, now)
        return Granted(granted, rate.slowdowns, min(_LONGEST_WAIT, rate.wait(running + granted)))
