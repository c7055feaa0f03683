"""Alerts: keep the events of muted rules from a sink until the mute is over."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Final, TypeVar, cast

from rxvlm.event import Event

_T = TypeVar("_T")
_MOST: Final = 10_000  # events of a muted rule that are remembered; each is forgotten at its end


class Alerts:
    """The items that are for one sink. Called by one thread at a time.

    A sink gets no event that is muted. One that goes on when the mute is over begins for the sink then, and one that
    had begun before the mute ends for it: of each event a sink gets one start and one end, or nothing.

    Args:
        all_events: Whether the sink gets muted events, too, as a store does.
    """

    def __init__(self, *, all_events: bool) -> None:
        self._all = all_events
        self._held_back: OrderedDict[str, None] = OrderedDict()  # events that the sink did not get

    def of(self, item: _T) -> _T | None:
        """Return what the sink gets for an item; None: nothing."""
        if self._all or not isinstance(item, Event):
            return item
        return cast("_T | None", self._of_event(item))

    def _of_event(self, event: Event) -> Event | None:
        held_back = event.id in self._held_back
        if event.phase == "end":
            self._held_back.pop(event.id, None)
            return None if held_back or event.muted else event
        if event.muted:
            if event.phase == "start":
                self._held_back[event.id] = None
                if len(self._held_back) > _MOST:
                    self._held_back.popitem(last=False)
            return None
        if held_back:
            del self._held_back[event.id]
            return replace(event, phase="start")
        return event
