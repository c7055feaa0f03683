"""`rxvlm ...`: cameras watched from a terminal, or by a script."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn, cast

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.report import describe
from rxvlm.text import one_line
from rxvlm.uri import address

if TYPE_CHECKING:
    from rxvlm.pipeline import Watching

FAILED: Final = 1
NEVER_OPENED: Final = 2
INTERRUPTED: Final = 130
DEMO_SECONDS: Final = 55.0
DEMO_EVERY: Final = 5.0
_GENTLE_SECONDS: Final = 1.0

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Watch video with a vision-language model: files and cameras in, answers out.",
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"rxvlm {rxvlm.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def watch(
    uris: Annotated[
        list[str], typer.Argument(metavar="URI...", help="Files, or drawn cameras: demo:yard, demo:gate, demo:street.")
    ],
    *,
    model: Annotated[str, typer.Option(help="Who answers: opencv (classical vision; no key, no network).")] = "opencv",
    prompt: Annotated[str, typer.Option(help="What to ask about each clip.")] = "Describe what happens.",
    every: Annotated[float, typer.Option(min=0.001, help="Seconds of video in a window, one answer for each.")] = 10.0,
    frames: Annotated[int, typer.Option(min=1, help="Frames of each window that the model is shown.")] = 8,
    pace: Annotated[
        float | None, typer.Option(min=0.001, help="Speed of files: 1 is real time. As fast as it goes, if not given.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON.")] = False,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Save the clip of each answer here.")] = None,
) -> None:
    """Ask a model about each window of some videos, and show the answers.

    On a terminal a live table; else one line an answer, or JSON with --json. Changes of
    a camera's state are lines on stderr where there is no table. Ends when all files
    have ended, or with Ctrl-C. Exit codes: 0 all is well, 1 something broke off, 2
    something can never be opened, 130 Ctrl-C.
    """
    how: Watching = {"prompt": prompt, "every": every, "frames": frames, "pace": pace}
    with _told_clearly():
        run = _Run(_named(uris), _model(model), how, json=json, save=save)
    raise typer.Exit(run.until_end(None))


@app.command()
def demo(
    *,
    forever: Annotated[bool, typer.Option("--forever", help="Go on until Ctrl-C.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON.")] = False,
) -> None:
    """Watch three drawn cameras for a minute: no key, no camera, no network."""
    cameras = {name: f"demo:{name}" for name in ("yard", "gate", "street")}
    with _told_clearly():
        run = _Run(cameras, _model("opencv"), {"every": DEMO_EVERY}, json=json, save=None)
    code = run.until_end(None if forever else DEMO_SECONDS)
    from rxvlm.monitor import print_summary  # noqa: PLC0415 - --help must not wait for it

    print_summary([ledger.snapshot() for ledger in run.ledgers.values()], run.answers, stderr=json)
    raise typer.Exit(code)


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


def main() -> None:
    """Run the command line."""
    app()


class _Run:
    """Some cameras, watched until they end, time is up, or somebody presses Ctrl-C."""

    def __init__(
        self, cameras: Mapping[str, str], vlm: rxvlm.Vlm, how: Watching, *, json: bool, save: Path | None
    ) -> None:
        self._every = how.get("every", 10.0)
        self._table = not json and sys.stdout.isatty()
        self.ledgers = {name: rxvlm.Ledger(name, self._on_state) for name in cameras}
        self._stop = rxvlm.Stop()
        self._over = threading.Event()
        self._error: Exception | None = None
        self.answers = dict.fromkeys(cameras, 0)
        self._sinks: list[Callable[[rxvlm.Analysis], None]] = []
        if json:
            self._sinks.append(rxvlm.sinks.write_jsonl(sys.stdout))
        elif not self._table:
            self._sinks.append(_say_answer)
        if save is not None:
            self._sinks.append(rxvlm.sinks.save_clips(save))
        self._stream = rxvlm.watch_all(cameras, vlm, ledgers=self.ledgers, stop=self._stop, **how)

    def until_end(self, seconds: float | None) -> int:
        """Watch, at most so many seconds, and give the exit code."""
        with self._shown():
            watching = self._stream.subscribe(self._on_answer, self._on_error, self._over.set)
            try:
                if not self._over.wait(seconds):
                    self._stop.set()
                    self._over.wait()
            except KeyboardInterrupt:
                self._stop.set()
                self._over.wait(_GENTLE_SECONDS)
                return INTERRUPTED
            finally:
                watching.dispose()
        return 0 if self._error is None else _explain(self._error)

    @contextmanager
    def _shown(self) -> Generator[None]:
        if not self._table:
            yield
            return
        with rxvlm.LiveTable(self.ledgers, every=self._every) as table:
            self._sinks.append(table.on_next)
            yield

    def _on_answer(self, analysis: rxvlm.Analysis) -> None:
        self.answers[analysis.clip.source] += 1
        try:
            for sink in self._sinks:
                sink(analysis)
        except OSError as error:  # a full disk, a reader that has gone: answers reach nobody any more
            self._on_error(error)

    def _on_error(self, error: Exception) -> None:
        self._error = error
        self._over.set()

    def _on_state(self, name: str, state: str, reason: str) -> None:
        if state == "failed":
            _complain(reason)
        elif not self._table:
            typer.echo(f"{name}: {state}{f': {reason}' if reason else ''}", err=True)


@contextmanager
def _told_clearly() -> Generator[None]:
    """Turn what can never work into one line on stderr and exit code 2; SIGTERM into Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except (rxvlm.RxvlmError, ValueError, OSError) as error:
        _complain(str(error))
        raise typer.Exit(NEVER_OPENED) from None


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _explain(error: Exception) -> int:
    """Say what ended the run, where it has not been said yet, and give the exit code."""
    if isinstance(error, ExceptionGroup):
        return max(_explain(one) for one in cast("ExceptionGroup[Exception]", error).exceptions)
    if isinstance(error, rxvlm.SourceError):
        return FAILED if isinstance(error, rxvlm.SourceBrokenError) else NEVER_OPENED
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush into
    else:
        _complain(str(error) or type(error).__name__)
    return FAILED


def _complain(text: str) -> None:
    typer.echo(f"rxvlm: {one_line(text)}", err=True)


def _say_answer(analysis: rxvlm.Analysis) -> None:
    clip = analysis.clip
    said = analysis.text if analysis.error is None else f"error: {analysis.error}"
    typer.echo(f"{clip.source} {_moment(clip.start)}-{_moment(clip.end)}  {one_line(said)}")


def _moment(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{int(minutes)}:{rest:06.3f}".removesuffix(".000")


def _named(uris: list[str]) -> dict[str, str]:
    """Give every address a name of its own."""
    cameras: dict[str, str] = {}
    for uri in uris:
        name = first = address(uri).name
        again = 1
        while name in cameras:
            again += 1
            name = f"{first}-{again}"
        cameras[name] = uri
    return cameras


def _model(name: str) -> rxvlm.Vlm:
    if name != "opencv":
        raise ValueError(f"there is no model {name!r}; there is opencv")
    return rxvlm.models.opencv()
