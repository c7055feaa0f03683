"""The log: a line for each state, reconnect, loss and message."""

from __future__ import annotations

from collections.abc import Iterable

from rxvlm.ledger.states import IN_TROUBLE
from rxvlm.monitor.board.chronicle import LogEntry
from rxvlm.monitor.board.history import StateSpan
from rxvlm.monitor.lines.cameras import PAUSED_STYLE
from rxvlm.monitor.lines.columns import Column, Columns, Line, name_width
from rxvlm.monitor.lines.when import short_time


def log_lines(
    entries: Iterable[LogEntry], width: int, now: float, wanted: str = ""
) -> tuple[Line, list[tuple[LogEntry, Line]]]:
    """Return the heading of the log, and a line for each entry in which a text is found ("" for all)."""
    chosen = [one for one in entries if wanted.lower() in f"{one.kind} {one.about} {one.text}".lower()]
    times = [short_time(one.at, now) for one in chosen]
    columns = Columns(
        [
            Column("Time", max(8, *map(len, times)) if times else 8),
            Column("About", name_width([one.about for one in chosen], width)),
            Column("What", 10),
        ],
        width,
    )
    return columns.heading, [
        (one, columns.line([(when, ""), (one.about, ""), (one.text, _style(one))]))
        for one, when in zip(chosen, times, strict=True)
    ]


def of_state(span: StateSpan) -> LogEntry:
    """Return a state as an entry of the log."""
    bad = span.state in IN_TROUBLE or span.state == "failed"
    return LogEntry(span.since, "state", span.camera, span.state + (f": {span.reason}" if span.reason else ""), bad=bad)


def _style(entry: LogEntry) -> str:
    if entry.kind in ("paused", "muted"):
        return PAUSED_STYLE
    return "red" if entry.bad else ""
