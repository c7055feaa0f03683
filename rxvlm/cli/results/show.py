"""`rxvlm results show`: everything that a store has about an answer or an event."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rxvlm.cli.failures import complain, one_line_errors
from rxvlm.cli.results.options import Json, Name, StoreFile, opened
from rxvlm.text import one_line

if TYPE_CHECKING:
    from rxvlm.store.stored import Stored


def show(
    id: Name,  # noqa: A002 - what it is called everywhere else
    *,
    save: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Save the clip and its frames in this folder.", show_default=False),
    ] = None,
    json: Json = False,
    store: StoreFile = None,
) -> None:
    """Show an answer or an event: question, model, answer, value, tokens, times, and the pictures.

    Exit codes: 0 success; 2 there is no such answer or event, or no store.
    """
    from rxvlm.cli.results.saving import save_frames
    from rxvlm.sinks.jsonl import json_line

    with one_line_errors(), opened(store) as kept:
        found = kept.get(id)
        if json:
            typer.echo(json_line(found.to_dict()), nl=False)
        else:
            _print(found)
        if save is not None:
            for path in save_frames(found, save):
                typer.echo(str(path), err=json)


def _print(found: Stored) -> None:
    from rxvlm.cli.results.table import answer_said, when

    for heading, said in _facts(found).items():
        if said:
            typer.echo(f"{heading:>12}  {said}")
    for one in found.answers() if found.is_event else ():
        typer.echo(f"{one.id:>12}  {when(one.record)}  {answer_said(one.record)}")
    if not found.kept:
        complain("the clip is not kept")
        return
    if sys.stdout.isatty():
        from rich.console import Console

        from rxvlm.display.pictures.asking import screen_of
        from rxvlm.terminal.seen import SeenAbove

        console = Console()
        console.print(SeenAbove(found.clip(), screen_of(console)))


def _facts(found: Stored) -> dict[str, str]:
    """Return what is known, by heading; "" where it is not."""
    from rxvlm.cli.results.table import event_said, when

    record = found.record
    if not found.is_event:
        return {"answer": found.id, "camera": one_line(found.camera), "time": when(record), **_answer(record)}
    about = {"event": found.id, "camera": one_line(found.camera), "time": when(record), "is": event_said(record)}
    return {**about, **(_answer(record["analysis"]) if record["analysis"] else {})}


def _answer(record: Mapping[str, Any]) -> dict[str, str]:
    from rxvlm.cli.results.table import answer_said
    from rxvlm.display.wall_time import local_time, moment

    usage, pictures = record["usage"], record["times"]
    frames = ", ".join(moment(time) for time in pictures)
    age = "" if record["age"] is None else f", {record['age']:.1f} s after it was filmed"
    return {
        "asked": one_line(record["prompt"]),
        "model": one_line(record["model"]),
        "said": answer_said(record),
        "thought": one_line(record["thought"] or ""),
        "value": "" if record["value"] is None else one_line(dumps(record["value"], ensure_ascii=False)),
        "tokens": "" if usage is None else f"{usage['input']:,} in, {usage['output']:,} out",
        "answered": local_time(record["answered"]),
        "took": f"{record['duration']:.2f} s{age}",
        "window": f"{moment(record['start'])}-{moment(record['end'])}, {record['seen']:,} frames captured",
        "frames": f"{len(pictures)} of {record['width']}x{record['height']}, at {frames}",
        "marks": ", ".join(record["marks"]),
    }
