"""`rxvlm demo`: drawn cameras, to see the library at work without a key or a camera."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.failures import one_line_errors
from rxvlm.cli.pictures import Pictures
from rxvlm.cli.report import Outputs
from rxvlm.cli.run import Run

_SECONDS: Final = 55.0  # and a moment for the last answers: a minute in all
_EVERY: Final = 5.0
_STORY: Final = """
What you saw: three drawn cameras sent {captured:,} frames: they were captured.
For every {every:g} seconds of each camera, a model was asked one question.
Asked: {asked:,}, answered: {answered:,}, about {analysed:,} frames: they are analysed.
{lost}

The model was opencv, which measures what moves, on this machine. A vision-
language model can say who comes and goes; you ask it in the same way.

What to type next:
  {rxvlm} watch film.mp4           the same with your own film
  {rxvlm} watch gate=rtsp://...    or with a camera, until Ctrl-C
  {rxvlm} demo --pictures          also shows what the model sees
  {rxvlm} models                   lists models that read a prompt
"""
_NONE_LOST: Final = """No frame was lost. A camera does not wait: if a model is too slow, the
oldest frames are dropped, and the table says how many, and why."""
_SOME_LOST: Final = """{lost:,} were lost, for the reasons below the live table: a camera does not
wait for a slow model, so the oldest frames are dropped."""


def demo(
    *,
    forever: Annotated[bool, typer.Option("--forever", help="Go on until you press Ctrl-C.")] = False,
    pictures: Pictures = False,
    json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON.")] = False,
) -> None:
    """Watch three drawn cameras for a minute. Needs no key, no camera and no network.

    At the end it says what became of every frame, explains the numbers, and suggests what to type next.
    """
    cameras = {name: f"demo:{name}" for name in ("yard", "gate", "street")}
    with one_line_errors():
        outputs = Outputs(json=json, pictures=pictures, with_summary=True)
        run = Run(cameras, rxvlm.models.opencv(), {"every": _EVERY}, outputs)
    code = run.until_end(None if forever else _SECONDS)
    if not json and sys.stdout.isatty() and any(tally.captured for tally in run.tallies):
        typer.echo(_story(run.tallies, run.answered))
    raise typer.Exit(code)


def _story(tallies: Sequence[rxvlm.Tally], answered: int) -> str:
    """Return what the numbers of the table mean, and what to type next."""
    lost = sum(sum(tally.dropped.values()) for tally in tallies)
    return _STORY.format(
        rxvlm=_called(),
        every=_EVERY,
        captured=sum(tally.captured for tally in tallies),
        asked=sum(tally.windows for tally in tallies),
        answered=answered,
        analysed=sum(tally.analysed for tally in tallies),
        lost=_SOME_LOST.format(lost=lost) if lost else _NONE_LOST,
    )


def _called() -> str:
    """Return what to type for this program: what the user typed, where its folder is not on the path."""
    typed = sys.argv[0]
    found = shutil.which("rxvlm")
    is_found = found is not None and Path(typed).exists() and Path(found).samefile(typed)
    return "rxvlm" if is_found or Path(typed).name != "rxvlm" else typed
