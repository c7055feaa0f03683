"""Happening: an event as screens show it, whether a store has it or only this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rxvlm.event import Event
from rxvlm.store.stored import Stored


@dataclass(frozen=True, slots=True, eq=False)
class Happening:
    """An event.

    Attributes:
        id: Its id.
        at: When it began, in seconds since 1970 (UTC); of a film when that was answered.
        newest: When its newest clip that held ended, in the same seconds.
        record: It as plain values, as docs/reference/json.md has them.
    """

    id: str
    at: float
    newest: float
    record: Mapping[str, Any] = field(repr=False)

    @staticmethod
    def of_stored(stored: Stored) -> Happening:
        """Return one of a store."""
        return Happening(stored.id, stored.at, max(stored.at, stored.newest), stored.record)

    @staticmethod
    def of(event: Event, now: float, before: Happening | None = None) -> Happening:
        """Return one of this process.

        Args:
            event: The event as it stands.
            now: Seconds since 1970 (UTC), for events that say nothing of the clock.
            before: The same event before, if it is known.
        """
        answered = now if event.analysis is None else event.analysis.answered
        if event.captured is not None:
            at, newest = event.captured, event.captured + event.end - event.start
        else:
            at = answered if before is None else before.at
            newest = before.newest if before is not None and event.phase == "end" else answered
        return Happening(event.id, at, max(at, newest), event.to_dict())

    @property
    def name(self) -> str:
        """Its rule."""
        return self.record["name"]

    @property
    def camera(self) -> str:
        """The camera or film; "" of an event that is about no single one."""
        return self.record["camera"]

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.record["phase"] != "end"
