"""`rxvlm run`: watch as a file says, as a service does."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from rxvlm.cli.config import mistakes_on_stderr
from rxvlm.cli.failures import one_line_errors


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to watch, in TOML; see `rxvlm config new`.")],
    *,
    reload: Annotated[
        bool, typer.Option("--reload", help="Read the file again when it changes, as SIGHUP does at any time.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Leave answers out of the log; failed ones are logged.")
    ] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log as lines of JSON.")] = False,
) -> None:
    """Watch as a file says, until a signal comes or all its films have ended.

    What happens is logged on stderr. SIGTERM and Ctrl-C let what was filmed be answered and delivered, for 10 seconds
    at most. SIGHUP reads the file again: what did not change goes on without a gap. systemd is told when it is ready.

    Exit codes: 0 SIGTERM, or all films have ended; 1 a camera failed; 2 the file has mistakes; 130 Ctrl-C.
    """
    with mistakes_on_stderr():
        from rxvlm.service.loading import load

        configuration = load(file)
    from rxvlm.service.journal import Journal, JournalHandler
    from rxvlm.service.running import run as run_service

    journal = Journal(json=log_json, quiet=quiet)
    logging.getLogger("rxvlm").handlers = [JournalHandler(journal)]  # in place of lines for people
    with one_line_errors():  # such as a port that is taken
        code = run_service(configuration, journal, reload=reload)
    raise typer.Exit(code)
