"""An event as a line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxvlm.display.wall_time import local_time, moment
from rxvlm.text import one_line

if TYPE_CHECKING:
    from rxvlm.event import Event


def event_line(event: Event) -> tuple[str, str]:
    """Return the heading of an event (its camera and time) and what happened, each in one line.

    Args:
        event: A start, an update or an end. That of a camera is shown with the wall time at which it began, that of
            a film with its moments.
    """
    if event.captured is None:
        when = moment(event.start) if event.phase == "start" else f"{moment(event.start)}-{moment(event.end)}"
    else:
        when = local_time(event.captured)
    clips = f"{event.count} clip{'' if event.count == 1 else 's'}"
    lasted = f"{event.end - event.start:.4g} s, {clips}"
    saved = f": {event.clip_file}" if event.clip_file else ""
    ended = f"ended after {lasted} ({event.reason}){saved}"
    said = {"start": "begins", "update": f"goes on, {lasted}", "end": ended}[event.phase]
    why = f": {event.reason}" if event.reason and event.phase != "end" else ""
    muted = " (muted)" if event.muted else ""
    return f"{one_line(event.camera)} {when}".strip(), one_line(f"{event.name}{muted} {said}{why}")
