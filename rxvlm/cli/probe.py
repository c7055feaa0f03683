"""`rxvlm probe`: what a source sends, and what it costs to watch it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import zip_longest
from json import dumps
from typing import TYPE_CHECKING, Annotated, Final

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.beside import beside
from rxvlm.cli.ends import end_at_once
from rxvlm.cli.failures import one_line_errors
from rxvlm.text import one_line
from rxvlm.uri import without_secrets

if TYPE_CHECKING:
    from rxvlm.sources import Probe

_CLOCK: Final = {
    "camera": "the camera's own",
    "arrival": "none: frames are dated by their arrival",
    "none": "none, it is a file",
}


def probe(
    uri: Annotated[str, typer.Argument(metavar="URI", help="A file, rtsp://... or http://...")],
    *,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of video to read.")] = 10.0,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show what a source sends, what it costs to watch it, and which settings of the camera would reduce this cost."""
    with one_line_errors(), _progress(uri, seconds):
        found = rxvlm.sources.probe(uri, seconds=seconds)
    typer.echo(dumps(asdict(found), indent=2) if json else _lines(found))


@contextmanager
def _progress(uri: str, seconds: float) -> Generator[None]:
    """Show on stderr, if that is a terminal, that it looks and for how long already; nothing of it stays."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    looking = TextColumn(f"looking at {seconds:g} s of {escape(one_line(without_secrets(uri)))}")
    end_at_once(b"\r\x1b[2K\x1b[?25h")
    with Progress(SpinnerColumn(), looking, TimeElapsedColumn(), console=console, transient=True) as progress:
        progress.add_task("")
        yield


def _lines(found: Probe) -> str:
    """Return what was found as lines: first the facts, then what to change on the camera."""
    mbit = found.bit_rate / 1e6
    key = (
        "none that decoding can start at" if found.keyframe_seconds is None else f"every {found.keyframe_seconds:.1f} s"
    )
    cheap = "" if found.keyframe_cpu is None else f", {found.keyframe_cpu:.1%} for key frames only"
    rows = [
        ("source", found.uri),
        ("video", f"{found.codec}, {found.width}x{found.height}, {found.fps:.1f} frames/s, {mbit:.2f} Mbit/s"),
        ("key frames", key),
        ("clock", _CLOCK[found.clock]),
        ("a 10 s window", f"{found.window_bytes / 1e6:.1f} MB of packets, about {found.tokens} tokens for 8 frames"),
        ("use of one core", f"{found.exact_cpu:.1%} for exact moments{cheap}"),
        ("watch it with", f"--effort {found.effort}"),
        *zip_longest(["what to change"][: len(found.advice)], found.advice, fillvalue=""),
    ]
    return "\n".join(beside(f"{heading:>16}", said) for heading, said in rows)
