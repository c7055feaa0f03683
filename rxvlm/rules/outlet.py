"""Outlet: what a rule is given by the stream that runs it; AnyRule and Detector, what it gives to the stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from reactivex.abc import DisposableBase, SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.event import Event
from rxvlm.ledger import Decision, Ledger
from rxvlm.stream import LossReason


@dataclass(frozen=True, slots=True)
class Outlet:
    """What a rule is given by the stream that runs it. Nothing of it is called at the same time as a detector.

    Attributes:
        give: Gives an event to the subscriber.
        drop: Tells of an event that is not given, and the reason.
        clock: The clock of the subscription.
        decide: Tells the ledger of a camera what a rule decided about an answer.
        later: Runs an action after some seconds, between two answers; disposing of what it returns prevents that.
        ledgers: The ledgers of the cameras by name, as they are at the moment.
        muted: Returns whether a rule is muted for a camera at the moment, by their names.
    """

    give: Callable[[Event], None]
    drop: Callable[[Event, LossReason], None]
    decide: Callable[[Decision], None]
    clock: SchedulerBase
    later: Callable[[float, Callable[[], None]], DisposableBase]
    ledgers: Callable[[], Mapping[str, Ledger]]
    muted: Callable[[str, str], bool]


class Detector(Protocol):
    """A rule at work in one subscription. Called by one thread at a time."""

    def on_analysis(self, analysis: Analysis) -> None:
        """Take the next answer."""
        ...

    def end(self, reason: str) -> None:
        """Give the end of every event that runs: the stream has ended."""
        ...

    def leave(self) -> None:
        """Drop every event that runs: the subscriber has gone, and nothing is given any more."""
        ...


class AnyRule(Protocol):
    """What `rxvlm.operators.with_events` takes: `rxvlm.rule` makes one, and `rxvlm.rules` has some."""

    @property
    def name(self) -> str:
        """The name of its events."""
        ...

    def begin(self, outlet: Outlet) -> Detector:
        """Begin to work in a new subscription."""
        ...
