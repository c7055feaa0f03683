"""SharedCircuit: the circuit of a breaker that all shards share, as one shard sees it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeAlias

from rxvlm.cluster.limits.wish import CircuitState, CircuitWords
from rxvlm.models.breaking.circuit import Circuit, Outage

AskKeeper: TypeAlias = Callable[..., Any]
"""Calls a method of the keeper: its name, then its arguments."""

_log = logging.getLogger("rxvlm")


class SharedCircuit(Circuit):
    """A circuit that the keeper of limits has, and of which this process knows the newest state. Thread-safe.

    While the model may be asked, and while it is surely down, no call is needed; a failure, and a probe, ask the
    keeper. If the keeper is away, the newest state holds.

    Args:
        own: The circuit as it was made.
        key: Which breaker.
        ask: Calls the keeper.
    """

    def __init__(self, own: Circuit, key: str, ask: AskKeeper) -> None:
        super().__init__(*own.words)
        self._key, self._ask = CircuitWords(key, *own.words), ask
        self._state = CircuitState(0, None)
        self._was_answered = False

    @property
    def outage(self) -> Outage | None:
        """The present outage; None while the model may be asked."""
        return self._state.outage

    def admit(self, now: float) -> int | Outage:
        """Return the phase in which an ask begins, or the outage that forbids it."""
        state = self._state
        if state.outage is None:
            return state.phase
        if state.outage.probing or now < state.outage.until:
            return state.outage
        asked = self._call("admit", now)
        return state.outage if asked is None else asked

    def answered(self, phase: int) -> Outage | None:
        """Note an answer; return the outage that it ends, if it was a probe."""
        if self._state.outage is None:
            self._was_answered = True  # told with the next look
            return None
        return self._call("answered", phase)

    def failed(self, phase: int, reason: str, now: float, least: float) -> Outage | None:
        """Note a failure; return the outage that it begins or prolongs, if it does."""
        self._tell_answered()
        return self._call("failed", phase, reason, now, least)

    def left(self, phase: int) -> None:
        """Note an ask that shows nothing of the server."""
        if self._state.outage is not None:
            self._call("left", phase)

    def look(self) -> None:
        """Ask the keeper how the breaker is."""
        if not self._tell_answered():
            self._call("")

    def _tell_answered(self) -> bool:
        was, self._was_answered = self._was_answered, False
        if was:
            self._call("answered", self._state.phase)
        return was

    def _call(self, method: str, *args: Any) -> Any:  # noqa: ANN401 - as of the method
        try:
            self._state = state = self._ask("circuit", self._key, method, *args)
        except Exception as error:  # noqa: BLE001 - the keeper is away, and is started again: the newest state holds
            _log.debug("the breaker of %s is not reached: %s", self._key.name, type(error).__name__)
            return None
        return state.result
