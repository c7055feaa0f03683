"""Sink: takes analyses and events, and passes them on."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe
from rxvlm.event import Event

Item: TypeAlias = Analysis | Event
"""What a sink takes."""


class Sink(Protocol):
    """A function of an analysis or an event, which may block and raise, and can be closed.

    It may also have ``open()``, ``takes(item)``, ``finish(seconds)`` and ``follow(ledger)``: see
    `rxvlm.operators.to`; and ``test(item)``, which sends an item once and returns the reply and its duration in words,
    for ``rxvlm sinks test``.
    """

    def __call__(self, item: Item, /) -> object:
        """Pass an item on."""
        ...

    def close(self) -> int | None:
        """Close its connections and files; may return how many of the items that it took are lost."""
        ...


class Counted(Protocol):
    """The counters of a sink, such as those of `rxvlm.operators.to`."""

    @property
    def sent(self) -> int:
        """How many items it took."""
        ...

    @property
    def failed(self) -> int:
        """For how many items it raised."""
        ...

    @property
    def lost(self) -> int:
        """How many items it never got."""
        ...


def check_item(item: object) -> None:
    """Check that a sink takes an item.

    Raises:
        TypeError: If it is neither an analysis nor an event, such as a clip, or the answers of several models.
    """
    if not isinstance(item, Analysis | Event):
        raise TypeError(f"a sink takes analyses and events, not {describe(item)}")
