"""`rxvlm ...`: cameras watched from a terminal, or by a script."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from io import TextIOWrapper
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.report import describe, listed
from rxvlm.cli.runner import FAILED, NEVER_OPENED, Run, complain
from rxvlm.cli.versions import bug_in, bug_report, versions
from rxvlm.errors import ModelUnauthorizedError
from rxvlm.uri import by_name

if TYPE_CHECKING:
    from rxvlm.watching.watch import Watching

DEMO_SECONDS: Final = 55.0
DEMO_EVERY: Final = 5.0


class Effort(StrEnum):
    """How much is decoded for a clip."""

    exact = "exact"
    keyframes = "keyframes"
    copy = "copy"


app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # joins the lines of a docstring's paragraph
    help="Watch video with a vision-language model: files and cameras in, answers out.",
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="With --version: also those of Python, PyAV, FFmpeg, OpenCV, numpy.")
    ] = False,
) -> None:
    if verbose and not version:
        raise typer.BadParameter("it goes with --version", param_hint="--verbose")
    if version:
        typer.echo(versions() if verbose else f"rxvlm {rxvlm.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def watch(
    uris: Annotated[
        list[str],
        typer.Argument(
            metavar="URI...", help="Files, folders of pictures, rtsp://..., http://..., device numbers, demo:yard."
        ),
    ],
    *,
    model: Annotated[str, typer.Option(help="Who answers; `rxvlm models` lists what there is.")] = "opencv",
    fallback: Annotated[
        list[str] | None, typer.Option(metavar="MODEL", help="Who answers where that fails; may be given again.")
    ] = None,
    rpm: Annotated[
        float | None, typer.Option(min=0.001, help="Requests a minute at most to each model, of all cameras.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.001, max=86_400, help="Seconds for an answer.")] = 60.0,
    prompt: Annotated[
        str | None,
        typer.Option(
            help="What to ask about each clip; to describe what happens, if not given. opencv does not read it.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        float, typer.Option(min=0.001, max=86_400, help="Seconds of video in a window, one answer for each.")
    ] = 10.0,
    frames: Annotated[int, typer.Option(min=1, max=1000, help="Frames of each window that the model is shown.")] = 8,
    effort: Annotated[
        Effort,
        typer.Option(help="exact moments; keyframes only, far cheaper; copy: all the camera sent, nothing decoded."),
    ] = Effort.exact,
    pace: Annotated[
        float | None, typer.Option(min=0.001, help="Speed of files: 1 is real time. As fast as it goes, if not given.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON.")] = False,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Save the clip of each answer here.")] = None,
) -> None:
    """Ask a model about each window of some videos, and show the answers.

    On a terminal a live table, the answers of files above it; else one line an answer, or
    JSON with --json. Changes of a camera's state are lines on stderr where there is no table.
    Ends when all files have ended, or with Ctrl-C. Exit codes: 0 all is well, 1 something broke
    off or no question was answered, 2 something can never be opened, 130 Ctrl-C, 141 nobody reads any more.

    Columns of the table: **fps** frames a second that come; **Window** how full the newest one is; **Wait**
    seconds of video that wait for the model; **Ask** seconds that it is asked about; **Age** of what
    the newest answer tells of; **Err** calls that failed. Below, what became of all frames:
    those that wait are **gathered**.
    """
    how: Watching = {
        "every": every,
        "frames": frames,
        "effort": effort.value,
        "pace": pace,
        "timeout": timeout,
    }
    asked = [model, *(fallback or [])]
    if prompt is not None:
        how["prompt"] = prompt
    with _told_clearly():
        run = Run(by_name(uris), _vlm(asked, rpm, timeout), how, json=json, save=save, signed=len(asked) > 1)
        if prompt is not None and "opencv" in asked:
            complain("opencv does not read the prompt; `rxvlm models` lists who does")
    raise typer.Exit(run.until_end())


@app.command()
def demo(
    *,
    forever: Annotated[bool, typer.Option("--forever", help="Go on until Ctrl-C.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON.")] = False,
) -> None:
    """Watch three drawn cameras for a minute: no key, no camera, no network."""
    cameras = {name: f"demo:{name}" for name in ("yard", "gate", "street")}
    with _told_clearly():
        run = Run(cameras, rxvlm.models.opencv(), {"every": DEMO_EVERY}, json=json, summed_up=True)
    raise typer.Exit(run.until_end(None if forever else DEMO_SECONDS))


@app.command()
def probe(
    uri: Annotated[str, typer.Argument(metavar="URI", help="A file, rtsp://... or http://...")],
    *,
    seconds: Annotated[float, typer.Option(min=0.1, help="How much of it to look at.")] = 10.0,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Say what a source sends, what watching it costs, and what to change on the camera."""
    with _told_clearly():
        found = rxvlm.sources.probe(uri, seconds=seconds)
    typer.echo(dumps(asdict(found), indent=2) if json else describe(found))


@app.command()
def models(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the models that can be asked, and what each needs."""
    kinds = rxvlm.models.KINDS
    typer.echo(dumps([{**asdict(kind), "ready": kind.ready} for kind in kinds], indent=2) if json else listed(kinds))


def main() -> None:
    """Run the command line."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever called
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names and answers may hold any letter
    try:
        app()
    except Exception as error:  # noqa: BLE001 - what the user could act on was said; this is a bug
        typer.echo(bug_report(error), err=True)
        sys.exit(FAILED)


@contextmanager
def _told_clearly() -> Generator[None]:
    """Turn what can never work into one line on stderr and exit code 2."""
    try:
        yield
    except (rxvlm.RxvlmError, ValueError, OSError) as error:
        if bug_in(error):
            raise
        complain(str(error))
        raise typer.Exit(NEVER_OPENED) from None


def _vlm(names: list[str], requests_per_minute: float | None, timeout: float) -> rxvlm.Vlm:
    """Make the model that is asked: each tried again and within its limit, the next where one fails."""
    models = rxvlm.models
    asked = _with_keys(names, timeout)
    if requests_per_minute is not None:
        asked = [models.limit(model, requests_per_minute=requests_per_minute) for model in asked]
    tried = [models.retry(model) for model in asked]
    return tried[0] if len(tried) == 1 else models.fallback(*tried)


def _with_keys(names: list[str], timeout: float) -> list[rxvlm.Vlm]:
    """Make models of their names; one whose key is missing is left out, and said to be, while there are others."""
    made: list[rxvlm.Vlm] = []
    for number, name in enumerate(names, 1):
        try:
            made.append(rxvlm.models.named(name, timeout=timeout))
        except ModelUnauthorizedError as error:
            if number == len(names) and not made:
                raise
            complain(f"{name} is left out: {error}")
    return made
