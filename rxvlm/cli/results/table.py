"""The results of a search as a table."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rxvlm.display.wall_time import local_time, moment
from rxvlm.text import one_line

if TYPE_CHECKING:
    from rxvlm.store.stored import Stored

_ENDLESS: Final = 100_000  # columns, where the reader is a program: no line is folded
_SHOWN: Final = 8  # letters of an event's id that are shown if they are unique


def print_table(found: Sequence[Stored], *, events: bool) -> None:
    """Print a table of answers or events on stdout; if there are none, say so on stderr."""
    if not found:
        typer.echo(f"no {'events' if events else 'answers'} found", err=True)
        return
    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading in ("id", "time", "camera"):
        table.add_column(heading, no_wrap=True)
    table.add_column("event" if events else "answer", overflow="fold")
    names = _short_names([one.id for one in found])
    for one in found:
        said = event_said(one.record) if events else answer_said(one.record)
        style = "red" if not events and one.record["error"] else ""
        cells = names[one.id], when(one.record), one_line(one.camera), said
        table.add_row(*(Text(cell, style) for cell in cells))
    if sys.stdout.isatty():
        Console(highlight=False).print(table)
        return
    lines = Console(width=_ENDLESS, file=StringIO(), highlight=False)
    with lines.capture() as drawn:
        lines.print(table)
    for line in drawn.get().splitlines():
        typer.echo(line.rstrip())


def when(record: Mapping[str, Any]) -> str:
    """Return the time of an answer or event: the wall time for a camera, the time in the film for a film."""
    if record["captured"] is None:
        return f"{moment(record['start'])}-{moment(record['end'])}"
    return local_time(record["captured"])


def answer_said(record: Mapping[str, Any]) -> str:
    """Return the answer of a model, or its error, in one line."""
    error = record["error"]
    if error is not None:
        return one_line(f"error: {error['message']}")
    return one_line(record["text"]) or "(an empty answer)"


def event_said(record: Mapping[str, Any]) -> str:
    """Return a summary of an event in one line."""
    clips = f"{record['count']} clip{'' if record['count'] == 1 else 's'}"
    state = f"ended: {record['reason']}" if record["phase"] == "end" else "running"
    lasted = f"{record['end'] - record['start']:.4g} s, {clips}, {state}"
    said = f": {answer_said(record['analysis'])}" if record["analysis"] else ""
    return one_line(f"{record['name']} ({lasted}){said}")


def _short_names(names: Sequence[str]) -> dict[str, str]:
    """Return the beginning of each id, if the beginnings are unique."""
    short = {name: name[:_SHOWN] for name in names}
    return short if len(set(short.values())) == len(names) else {name: name for name in names}
