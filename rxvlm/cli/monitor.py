"""`rxvlm monitor`: the full-screen monitor of cameras, or of a store alone."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.attach import connect, print_lines
from rxvlm.cli.ends import Asked, end_at_once
from rxvlm.cli.failures import FAILED, one_line_errors
from rxvlm.cli.run_of import run_of
from rxvlm.cli.versions import bug_report
from rxvlm.cli.watch import watch

if TYPE_CHECKING:
    from rxvlm.monitor.site import Site

_ATTACH: Final = Annotated[
    bool,
    typer.Option("--attach", help="Show a running `rxvlm run`; of several, the one whose name you give as URI."),
]
_JSON: Final = Annotated[bool, typer.Option("--json", help="With --attach: print what the run tells as lines of JSON.")]
_NOT_HERE: Final = ("json", "pictures")  # options of `watch` that are about its own face


def monitor(**given: Any) -> None:  # noqa: ANN401 - the options of `watch`, whose types stand there
    """Show a run on the whole screen, with keys: cameras, answers with pictures, events, reasons, and durations.

    With addresses it watches them, with the options of `rxvlm watch`, until you press q. With --attach it shows a
    running `rxvlm run`, which goes on when you press q. With only --store it shows the contents of a store, even while
    another process writes to it. Press ? for the keys.

    Exit codes: as for `rxvlm watch`; 0 when you press q.
    """
    attach, as_lines = given.pop("attach"), given.pop("json")
    if as_lines:
        with one_line_errors():
            if not attach:
                raise ValueError("--json prints the lines of a run: rxvlm monitor --attach --json")
            raise typer.Exit(print_lines(connect(given["uris"] or [])))
    with one_line_errors():
        from rxvlm.monitor.show import check_terminal

        check_terminal()
    if attach:
        with one_line_errors():
            raise typer.Exit(_show_run(given["uris"] or []))
    if given["uris"]:
        from rxvlm.cli.face import MonitorFace

        raise typer.Exit(run_of({**given, **dict.fromkeys(_NOT_HERE, False)}, MonitorFace()))
    with one_line_errors():
        raise typer.Exit(_show_store(given["store"]))


def _show_store(file: Path | None) -> int:
    """Show a store alone; return the exit code.

    Raises:
        ValueError: If there is no store either.
    """
    if file is None:
        raise ValueError("there is nothing to show: give addresses of cameras, --store FILE, or --attach")
    from rxvlm.monitor.sites.stored import StoredSite

    return _show(StoredSite(rxvlm.Store(file)))


def _show_run(names: list[str]) -> int:
    """Show a run in another process; return the exit code.

    Raises:
        DoorError: If there is no such run, or several.
    """
    from rxvlm.monitor.sites.attached import AttachedSite

    return _show(AttachedSite(connect(names)))


def _show(site: Site) -> int:
    """Show a site until it is left; return the exit code."""
    from rxvlm.monitor.show import Monitor

    shown = Monitor(site)
    asked = Asked()
    asked.then(shown.leave)
    crash = shown.until_left()
    if shown.interrupted:
        asked.note_interrupt()
    end_at_once()
    if crash is not None:
        typer.echo(bug_report(crash), err=True)
    return FAILED if crash is not None else asked.code or 0


def _signature() -> inspect.Signature:
    """Return the parameters of `watch`, without those about its own face; addresses may be left out."""
    hints, parameters = get_type_hints(watch, include_extras=True), inspect.signature(watch).parameters
    kept = [one.replace(annotation=hints[name]) for name, one in parameters.items() if name not in _NOT_HERE]
    (argument,) = hints["uris"].__metadata__
    kept[0] = kept[0].replace(annotation=Annotated[list[str] | None, argument], default=None)
    own = (("attach", _ATTACH), ("json", _JSON))
    more = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=one) for name, one in own]
    return inspect.Signature([*kept, *more])


monitor.__signature__ = _signature()  # pyright: ignore[reportFunctionMemberAccess] - what typer reads
monitor.__annotations__ = {name: one.annotation for name, one in _signature().parameters.items()}
