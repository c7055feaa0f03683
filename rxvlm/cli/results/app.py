"""`rxvlm results`: searching a store; its commands are added here."""

from __future__ import annotations

from typing import Annotated

import typer

from rxvlm.cli.failures import one_line_errors
from rxvlm.cli.results.ask import ask
from rxvlm.cli.results.delete import delete
from rxvlm.cli.results.group import ResultsGroup
from rxvlm.cli.results.options import TIME, TIME_FORMS, Camera, Json, StoreFile, opened
from rxvlm.cli.results.show import show
from rxvlm.cli.results.why import why

results = typer.Typer(add_completion=False, cls=ResultsGroup, rich_markup_mode="markdown")
for command in (show, ask, delete):
    results.command()(command)
results.command(context_settings={"ignore_unknown_options": True})(why)  # a time may begin with a minus


@results.callback(invoke_without_command=True)
def search(
    context: typer.Context,
    text: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help='Words that the result must contain, in any order; "..." is a phrase.'),
    ] = None,
    *,
    camera: Camera = None,
    since: Annotated[
        str | None, typer.Option(metavar=TIME, help=f"Nothing older: {TIME_FORMS}.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar=TIME, help="Nothing newer; written the same way.", show_default=False)
    ] = None,
    events: Annotated[bool, typer.Option("--events", help="Events, not answers.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The largest number of results, the newest.")] = 50,
    json: Json = False,
    store: StoreFile = None,
) -> None:
    """Find answers and events in a store, the newest first; without TEXT, all of them.

    The first word is a command if it is `show`, `ask`, `why` or `delete`; write `--` before it to search for it.
    Options may be before or after the words.

    Exit codes: 0 success, also if nothing was found; 2 there is no store, or it cannot be read.
    """
    if context.invoked_subcommand is not None:
        return
    from rxvlm.cli.results.table import print_table
    from rxvlm.sinks.jsonl import json_line

    with one_line_errors(), opened(store) as kept:
        found = kept.search(" ".join(text or ()), camera=camera, since=since, until=until, events=events, limit=limit)
        if json:
            for one in found:
                typer.echo(json_line(one.to_dict()), nl=False)
        else:
            print_table(found, events=events)
