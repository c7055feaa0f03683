"""`rxvlm run`: watch the cameras of a file, as a service."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.config import mistakes_on_stderr
from rxvlm.cli.failures import FAILED, NEVER_OPENED, one_line_errors
from rxvlm.cli.versions import bug_in, bug_report

if TYPE_CHECKING:
    from rxvlm.service.journal import Journal
    from rxvlm.service.loading import Configuration


def run(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Cameras, models and rules in TOML; see `rxvlm config new`.")
    ],
    *,
    reload: Annotated[
        bool, typer.Option("--reload", help="Read the file again when it changes, as SIGHUP does at any time.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Leave answers out of the log; failed ones are logged.")
    ] = False,
    no_door: Annotated[
        bool,
        typer.Option(
            "--no-door",
            help="Do not open the socket through which other processes of yours read the run, pause, mute and ask.",
        ),
    ] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log as lines of JSON.")] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="[ADDRESS|local]",
            help="Watch the cameras in processes of Ray: those of this machine, or of the cluster at an address.",
        ),
    ] = None,
    monitor: Annotated[
        bool, typer.Option("--monitor", help="Show it on the whole screen, as `rxvlm monitor` does, until you press q.")
    ] = False,
) -> None:
    """Watch the cameras and films of a file, until a signal comes or all films have ended.

    The log is on stderr. At SIGTERM and Ctrl-C, it asks about captured frames and delivers the answers, for 10 seconds
    at most. At SIGHUP, it reads the file again: cameras that did not change go on without a gap. It tells systemd when
    it is ready.

    Exit codes: 0 SIGTERM, or all films have ended; 1 a camera failed; 2 the file has mistakes; 130 Ctrl-C.
    """
    from rxvlm.service.journal import Journal, JournalHandler
    from rxvlm.service.loading import load
    from rxvlm.service.running import run as run_service

    if monitor:
        raise typer.Exit(_show(file, ray, reload=reload, door=not no_door))
    journal = Journal(json=log_json, quiet=quiet)
    logging.getLogger("rxvlm").handlers.clear()  # lines for people
    logging.getLogger().addHandler(JournalHandler(journal))  # also of what other packages log
    logging.captureWarnings(capture=True)
    with _errors_in(journal) if log_json else _errors_on_stderr():
        raise typer.Exit(run_service(_placed(load(file), ray), journal, reload=reload, door=not no_door))


def _placed(configuration: Configuration, ray: str | None) -> Configuration:
    """Return what the file says, to be watched in this process, or in processes of Ray."""
    if ray is None:
        return configuration
    from rxvlm.cluster.on_ray import on_ray

    return on_ray(configuration, ray)


def _show(file: Path, ray: str | None, *, reload: bool, door: bool) -> int:
    """Run it with the full-screen monitor; return the exit code."""
    from rxvlm.cli.face import MonitorFace
    from rxvlm.cli.service_face import ScreenJournal, ServiceFace
    from rxvlm.monitor.show import check_terminal
    from rxvlm.service.loading import load
    from rxvlm.service.running import run as run_service

    face = MonitorFace()
    screen = ServiceFace(face)
    with _errors_on_stderr():
        check_terminal()
        code = run_service(_placed(load(file), ray), ScreenJournal(face), reload=reload, screen=screen, door=door)
    if screen.crash is None:
        return code
    typer.echo(bug_report(screen.crash), err=True)
    return max(code, FAILED)


@contextmanager
def _errors_on_stderr() -> Generator[None]:
    with one_line_errors(), mistakes_on_stderr():  # such as a port that is taken
        yield


@contextmanager
def _errors_in(journal: Journal) -> Generator[None]:
    """Write the error that ends a run as a record of its journal, since stderr may have nothing else."""
    threading.excepthook = lambda bug: journal.say(_traceback(bug.exc_value), "error")
    try:
        yield
    except typer.Exit:
        raise
    except rxvlm.errors.ConfigurationError as error:
        for mistake in error.mistakes:
            journal.say(mistake, "error")
        raise typer.Exit(NEVER_OPENED) from None
    except Exception as error:  # noqa: BLE001 - a bug is a record, too
        expected = isinstance(error, rxvlm.RxvlmError | ValueError | OSError) and not bug_in(error)
        journal.say(str(error) if expected else _traceback(error), "error")
        raise typer.Exit(NEVER_OPENED if expected else FAILED) from None


def _traceback(error: BaseException | None) -> str:
    return "" if error is None else "".join(traceback.format_exception(error))
