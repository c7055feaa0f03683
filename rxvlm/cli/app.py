"""The command line: `rxvlm` and its commands."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

import rxvlm
from rxvlm.cli.config import config
from rxvlm.cli.demo import demo
from rxvlm.cli.doctor import doctor
from rxvlm.cli.failures import FAILED, OUTPUT_CLOSED, show_warnings
from rxvlm.cli.models import models
from rxvlm.cli.monitor import monitor
from rxvlm.cli.optional_values import with_optional_values
from rxvlm.cli.probe import probe
from rxvlm.cli.results.app import results
from rxvlm.cli.run_file import run
from rxvlm.cli.sinks import sinks
from rxvlm.cli.versions import bug_report, versions
from rxvlm.cli.watch import watch

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # joins the lines of a docstring's paragraph
    help="Watch video with a vision-language model: files and cameras in, answers out.",
)
_CLASSES: dict[object, type[TyperCommand]] = {run: with_optional_values(ray="local")}
for command in (watch, run, monitor, demo, probe, models, doctor):
    app.command(cls=_CLASSES.get(command))(command)
app.add_typer(sinks, name="sinks")
app.add_typer(results, name="results")
app.add_typer(config, name="config")


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", help="With --version: also print the versions of Python, PyAV, FFmpeg, OpenCV and numpy."
        ),
    ] = False,
) -> None:
    if verbose and not version:
        raise typer.BadParameter("use it together with --version", param_hint="--verbose")
    if version:
        typer.echo(versions() if verbose else f"rxvlm {rxvlm.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the caller closed it, as a shell does with >&-
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names and answers may hold any letter
    show_warnings()
    try:
        app()
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # the reader of stdout has ended; click made it a 1
            sys.exit(OUTPUT_CLOSED)
        raise
    except Exception as error:  # noqa: BLE001 - what the user can act on was printed; this is a bug
        typer.echo(bug_report(error), err=True)
        sys.exit(FAILED)
