"""`rxvlm config`: write, check, show and import the files of `rxvlm run`."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.failures import NEVER_OPENED, complain, one_line_errors

config = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Write, check and show the files that `rxvlm run` reads.",
)


@contextmanager
def mistakes_on_stderr() -> Generator[None]:
    """Turn the mistakes of a file into lines on stderr and exit code 2."""
    try:
        yield
    except rxvlm.errors.ConfigurationError as error:
        for mistake in error.mistakes:
            typer.echo(mistake, err=True)
        raise typer.Exit(NEVER_OPENED) from None


File = Annotated[Path, typer.Argument(metavar="FILE", help="A file for `rxvlm run`, in TOML.")]


@config.command()
def new() -> None:
    """Print an example with comments, which runs as it is: `rxvlm config new > watch.toml`."""
    from importlib.resources import files

    typer.echo(files("rxvlm.service.configuration").joinpath("example.toml").read_text(encoding="utf-8"), nl=False)


@config.command()
def check(file: File) -> None:
    """Check a file, and print all its mistakes at once.

    Exit codes: 0 the file is correct; 2 there are mistakes, or it cannot be read.
    """
    from rxvlm.service.loading import load

    with mistakes_on_stderr():
        checked = load(file)
    cameras, rules = len(checked.cameras), len(checked.rules)
    typer.echo(f"{file} is right: {cameras} camera{'s' * (cameras != 1)}, {rules} rule{'s' * (rules != 1)}")


@config.command()
def schema() -> None:
    """Print the JSON Schema of the files, with which editors complete and check them."""
    from rxvlm.service.configuration.words import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


@config.command()
def show(file: File) -> None:
    """Print the resulting values of a file: with its defaults and included files, without its secrets."""
    from rxvlm.service.loading import shown

    with mistakes_on_stderr():
        typer.echo(shown(file), nl=False)


@config.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="frigate.yml or go2rtc.yaml.")],
) -> None:
    """Print the cameras of a file of Frigate or go2rtc, as tables for `rxvlm run`.

    Names and addresses are copied, with the passwords in them.
    """
    from rxvlm.service.configuration.importing import as_toml, cameras_in

    with one_line_errors():
        cameras = cameras_in(file)
    typer.echo(as_toml(cameras), nl=False)
    left = [camera.name for camera in cameras if camera.note]
    if left:
        complain(f"{len(left)} of {len(cameras)} cameras are written as comments, with the reason: {', '.join(left)}")
