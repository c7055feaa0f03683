"""Wishes: which analyses and events a sink is for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import get_args

from rxvlm.event import Event, Phase
from rxvlm.sinks.sink import Item, check_item


@dataclass(frozen=True, slots=True)
class Wishes:
    """Which items a sink passes on.

    Attributes:
        phases: The phases of events.
        answers: Whether it passes answers on, too.
    """

    phases: frozenset[str] = frozenset({"start", "end"})
    answers: bool = False

    @staticmethod
    def of(sink: str, phases: Collection[str], *, answers: bool) -> Wishes:
        """Check the arguments of a caller.

        Args:
            sink: The name of the function that was called.
            phases: Phases, or one phase.
            answers: Whether it passes answers on, too.

        Raises:
            ValueError: If a phase is unknown, or nothing would be passed on.
        """
        chosen = frozenset([phases] if isinstance(phases, str) else phases)
        known = get_args(Phase)
        if unknown := sorted(repr(phase) for phase in chosen if phase not in known):
            raise ValueError(f"phases are {', '.join(known)}, not {unknown[0]}")
        if not chosen and not answers:
            raise ValueError(f"a {sink} without phases and answers would pass nothing on")
        return Wishes(chosen, answers)

    def include(self, item: Item) -> bool:
        """Return whether an item is one of them. An answer with `Analysis.marks` is not.

        Raises:
            TypeError: If it is neither an analysis nor an event; otherwise it would be ignored silently.
        """
        check_item(item)
        return item.phase in self.phases if isinstance(item, Event) else self.answers and not item.marks
