"""`rxvlm doctor`: check this machine, the cameras and the models."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rxvlm.cli.config import mistakes_on_stderr
from rxvlm.cli.failures import FAILED
from rxvlm.text import one_line

if TYPE_CHECKING:
    from rxvlm.service.doctor.finding import Finding


def doctor(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A file for `rxvlm run`.")] = None,
    *,
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask each model of the file one small question, which may cost money.")
    ] = False,
) -> None:
    """Check installed packages, memory, disk and limits, each camera and, with --ask, each model.

    Exit codes: 0 nothing to do; 1 something to do; 2 the file has mistakes, or cannot be read.
    """
    from rxvlm.service.doctor.machine import look_at_machine

    if file is None:
        worst = _print(look_at_machine(None, Path()))
    else:
        with mistakes_on_stderr():
            from rxvlm.service.loading import load

            loaded = load(file)
        worst = _print(look_at_machine(loaded.words, file.parent))
        from rxvlm.service.doctor.cameras import look_at_cameras

        worst |= _print(look_at_cameras(loaded.cameras))
        if ask:
            from rxvlm.service.doctor.models import look_at_models

            worst |= _print(look_at_models(loaded.models))
    raise typer.Exit(FAILED if worst else 0)


def _print(findings: Iterable[Finding]) -> bool:
    """Print findings as they come; return whether there is something to do."""
    to_do = False
    for finding in findings:
        typer.echo(f"{'!' if finding.advice else ' '} {one_line(f'{finding.what}: {finding.found}')}")
        if finding.advice:
            to_do = True
            typer.echo(f"    {one_line(finding.advice)}")
    return to_do
