"""EventStrip: the events that run, and the last that ended, as lines below the table of cameras."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from rxvlm.display.wall_time import clock, moment
from rxvlm.event import Event
from rxvlm.terminal.row import Styled
from rxvlm.text import one_line

_MOST_RUNNING: Final = 4
_MOST_ENDED: Final = 2


class EventStrip:
    """Takes events and returns lines about them. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Event] = {}
        self._ended: deque[Event] = deque(maxlen=_MOST_ENDED)

    def on_next(self, event: Event) -> None:
        """Take an event."""
        with self._lock:
            self._running.pop(event.id, None)
            if event.phase == "end":
                self._ended.append(event)
            else:
                self._running[event.id] = event

    def lines(self) -> list[Styled]:
        """Return a line for each event that runs, the newest first, and for the last that ended."""
        with self._lock:
            running, ended = list(self._running.values())[::-1], list(self._ended)[::-1]
        shown = [(f"● {_words(event)}", "bold red") for event in running[:_MOST_RUNNING]]
        if len(running) > _MOST_RUNNING:
            shown.append((f"● and {len(running) - _MOST_RUNNING} more events", "bold red"))
        return [*shown, *((f"○ {_words(event)}", "dim") for event in ended)]


def _words(event: Event) -> str:
    began = moment(event.start) if event.captured is None else clock(event.captured)
    lasted = event.end - event.start
    where = (f" {event.camera}" if event.camera else "") + (" (muted)" if event.muted else "")
    if event.phase != "end":
        return one_line(f"{event.name}{where} since {began}, {event.count} clips")
    ended = moment(event.end) if event.captured is None else clock(event.captured + lasted)
    return one_line(f"{event.name}{where} {began}-{ended}, {event.reason}")
