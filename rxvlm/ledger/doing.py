"""Doing: what one camera is doing, as its source says, and whether asking about it is paused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rxvlm.ledger.entries import StateChange
from rxvlm.ledger.states import FLOWING, IN_TROUBLE, State


class Doing:
    """The state of a camera. Called by one thread at a time.

    A paused camera that sends frames is ``paused``; one that is in trouble, or has ended, is that.

    Args:
        name: The camera.
        clock: Returns the time in seconds since 1970 (UTC).

    Attributes:
        current: The newest change of the state.
        paused: Whether asking about the camera is paused.
        end_reason: The reason of a source that has ended before its last window was settled; else None.
    """

    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self._name, self._clock = name, clock
        self.current = StateChange(name, "connecting", "", clock(), 0.0)
        self.paused = False
        self.end_reason: str | None = None
        self._said: tuple[State, str] = "connecting", ""  # by the source
        self._pause_reason = ""

    @property
    def state(self) -> State:
        """What the camera is doing at this moment."""
        return self.current.state if self.end_reason is None else "finishing"

    def by_name(self) -> dict[str, Any]:
        """Return what a `rxvlm.ledger.Tally` says of it."""
        now = self.current
        return {"state": self.state, "reason": now.reason, "since": now.since, "paused": self.paused}

    def says(self, state: State, reason: str) -> bool:
        """Return whether the source has said so last, and goes on."""
        return self._said == (state, reason) and self.end_reason is None

    def become(self, state: State, reason: str, time: float) -> StateChange | None:
        """Take what the source says; return the change, if it is one.

        Args:
            state: The state.
            reason: Why.
            time: Seconds of the source's time of the newest frame.
        """
        if state == "ended" and self.current.state in IN_TROUBLE:
            reason = self.current.reason  # why nothing came before the end is worth more than why it was ended
        self._said = state, reason
        return self._shown(time)

    def pause(self, reason: str, time: float) -> StateChange | None:
        """Note that asking is paused; return the change of the state, if it is one."""
        self.paused, self._pause_reason = True, reason
        return self._shown(time)

    def resume(self, time: float) -> StateChange | None:
        """Note that asking goes on; return the change of the state, if it is one."""
        self.paused = False
        return self._shown(time)

    def _shown(self, time: float) -> StateChange | None:
        state, reason = self._said
        if self.paused and state in FLOWING:
            state, reason = "paused", self._pause_reason
        if (state, reason) == (self.current.state, self.current.reason):
            return None
        self.current = StateChange(self._name, state, reason, self._clock(), time)
        return self.current
