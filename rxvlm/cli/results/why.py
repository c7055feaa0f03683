"""`rxvlm results why`: what became of a moment in front of a camera, and why there was no alert."""

from __future__ import annotations

import os
import shlex
from typing import Annotated

import typer

from rxvlm.cli.failures import one_line_errors
from rxvlm.cli.results.options import TIME, TIME_FORMS, Json, StoreFile, opened


def why(
    camera: Annotated[str, typer.Argument(metavar="CAMERA", help="The name of the camera or film.")],
    time: Annotated[str, typer.Argument(metavar=TIME, help=f"The moment: {TIME_FORMS}.")],
    *,
    json: Json = False,
    store: StoreFile = None,
) -> None:
    """Say what became of a moment: not filmed, left out, lost, asked about, answered; and what each alert decided.

    The store has this for the last 7 days.

    Exit codes: 0 success; 2 there is no such camera, the time cannot be read, or there is no store.
    """
    from rxvlm.sinks.jsonl import json_line

    with one_line_errors(), opened(store) as kept:
        found = kept.why(camera, time)
    if json:
        typer.echo(json_line(found.to_dict()), nl=False)
        return
    typer.echo(found.sentence)
    if found.answer is not None:
        where = "" if os.environ.get("RXVLM_STORE") == str(kept.path) else f" --store {shlex.quote(str(kept.path))}"
        typer.echo(f"What the model saw: rxvlm results show {found.answer}{where}", err=True)
