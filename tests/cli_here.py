"""The command line in this process, for tests: it need not load everything again, which takes a second and more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from rxvlm.cli.app import app


class Done(NamedTuple):
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def rxvlm_here(*args: str | Path, home: Path | None = None, **keys: str) -> Done:
    """Run a command. It gets no signal, no terminal, and no line of the log on stderr; for these it needs a process.

    Args:
        args: Its arguments.
        home: A home folder, with which it gets none of the keys and proxies of this machine.
        keys: Variables that it gets.
    """
    bare = {} if home is None else {name: None for name in os.environ if name.upper().endswith(("_KEY", "_PROXY"))}
    given = {} if home is None else {"HOME": str(home), "NO_PROXY": "127.0.0.1"}
    done = CliRunner().invoke(app, list(map(str, args)), env={**bare, **given, **keys})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)
