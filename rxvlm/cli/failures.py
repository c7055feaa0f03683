"""Exit codes, and how the command line says what went wrong."""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import typer

import rxvlm  # its names load when they are used: --help stays quick
from rxvlm.cli.versions import bug_in
from rxvlm.text import one_line

FAILED: Final = 1
NEVER_OPENED: Final = 2
OUTPUT_CLOSED: Final = 141  # as of a program that SIGPIPE ended


def complain(text: str) -> None:
    """Print on stderr what went wrong, in one line."""
    typer.echo(f"rxvlm: {one_line(text)}", err=True)


class _OneLine(logging.Formatter):
    """Formats a message of the log as `complain` does."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's own name
        return f"rxvlm: {one_line(record.message)}"


def show_warnings() -> None:
    """Print the warnings of the log ``rxvlm`` on stderr, from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_OneLine())
    logging.getLogger("rxvlm").addHandler(handler)


@contextmanager
def one_line_errors() -> Generator[None]:
    """Turn an error that the user can act on into one line on stderr and exit code 2."""
    try:
        yield
    except BrokenPipeError:  # the reader of stdout has ended: `rxvlm.cli.app.main` gives the exit code
        raise
    except (rxvlm.RxvlmError, ValueError, OSError) as error:
        if bug_in(error):
            raise
        complain(str(error))
        raise typer.Exit(NEVER_OPENED) from None
