"""`rxvlm results ask`: another question about the same clip of an answer or an event."""

from __future__ import annotations

from typing import Annotated

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.failures import FAILED, complain, one_line_errors
from rxvlm.cli.results.options import Json, Name, StoreFile, opened


def ask(
    id: Name,  # noqa: A002 - what it is called everywhere else
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What to ask about the clip.")],
    *,
    model: Annotated[str, typer.Option(help="The model to ask; `rxvlm models` lists them.")] = "opencv",
    json: Json = False,
    store: StoreFile = None,
) -> None:
    """Ask a model again about the clip of an answer or event. The answer is printed, and not stored.

    Exit codes: 0 success; 1 the model did not answer; 2 there is no such answer or event, its clip is not kept, or
    there is no store.
    """
    from rxvlm.sinks.jsonl import json_line

    with one_line_errors(), opened(store) as kept:
        asked = rxvlm.models.retry(rxvlm.models.named(model))
        (answer,) = rxvlm.collect(kept.ask(id, asked, question))
    if json:
        typer.echo(json_line(answer.to_dict()), nl=False)
    elif answer.error is None:
        typer.echo(answer.text)
    if answer.error is not None:
        complain(str(answer.error))
        raise typer.Exit(FAILED)
