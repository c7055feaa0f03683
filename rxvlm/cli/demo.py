"""`rxvlm demo`: drawn cameras, to see the library at work without a key or a camera."""

from __future__ import annotations

from typing import Annotated, Final

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.failures import one_line_errors
from rxvlm.cli.report import Outputs
from rxvlm.cli.run import Run

_SECONDS: Final = 55.0  # and a moment for the last answers: a minute in all
_EVERY: Final = 5.0


def demo(
    *,
    forever: Annotated[bool, typer.Option("--forever", help="Go on until you press Ctrl-C.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON.")] = False,
) -> None:
    """Watch three drawn cameras for a minute. Needs no key, no camera and no network."""
    cameras = {name: f"demo:{name}" for name in ("yard", "gate", "street")}
    with one_line_errors():
        run = Run(cameras, rxvlm.models.opencv(), {"every": _EVERY}, Outputs(json=json, with_summary=True))
    raise typer.Exit(run.until_end(None if forever else _SECONDS))
