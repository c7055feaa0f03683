"""`rxvlm demo`: drawn cameras, to see the library at work without a key or a camera."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.failures import one_line_errors
from rxvlm.cli.report import Outputs, Pictures
from rxvlm.cli.run import Run

_SECONDS: Final = 55.0  # and a moment for the last answers: a minute in all
_EVERY: Final = 5.0
_NEXT: Final = """
What you saw: three drawn cameras. Every five seconds of each became one
question to a model; here that was opencv, which measures what moves, on this
machine. The table says what became of each frame.

What to type next:
  rxvlm watch film.mp4           the same about a film of yours
  rxvlm watch gate=rtsp://...    or about a camera, until Ctrl-C
  rxvlm models                   models that read a prompt, and what they need
"""


def demo(
    *,
    forever: Annotated[bool, typer.Option("--forever", help="Go on until you press Ctrl-C.")] = False,
    pictures: Pictures = False,
    json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON.")] = False,
) -> None:
    """Watch three drawn cameras for a minute. Needs no key, no camera and no network.

    At the end it says what became of every frame, what that means, and what to type next.
    """
    cameras = {name: f"demo:{name}" for name in ("yard", "gate", "street")}
    with one_line_errors():
        outputs = Outputs(json=json, pictures=pictures, with_summary=True)
        run = Run(cameras, rxvlm.models.opencv(), {"every": _EVERY}, outputs)
    code = run.until_end(None if forever else _SECONDS)
    if not json and sys.stdout.isatty():
        typer.echo(_NEXT)
    raise typer.Exit(code)
