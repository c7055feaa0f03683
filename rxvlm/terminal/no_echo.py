"""A terminal that does not show what is typed: a ``^C`` in the midst of a table would tear it."""

from __future__ import annotations

import os
import termios
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, Final

_MODES: Final = 3  # where termios keeps them


@contextmanager
def no_echo(file: IO[str]) -> Generator[None]:
    """Turn off the echo of a terminal, and give it back in the end, whatever happens.

    What is typed waits for whoever reads next. Nothing is done where the file is no terminal, or is that
    of others: of this process in the background.

    Args:
        file: What is written to.
    """
    terminal = _terminal(file)
    echo = 0 if terminal is None else _set_echo(terminal, 0)
    try:
        yield
    finally:
        if terminal is not None and echo:
            _set_echo(terminal, echo)


def _terminal(file: IO[str]) -> int | None:
    try:
        number = file.fileno()
    except (OSError, ValueError):  # it is none of the system's
        return None
    return number if os.isatty(number) else None


def _set_echo(terminal: int, echo: int) -> int:
    """Set the echo, all else staying as it is, and give what it was."""
    if _in_background(terminal):  # where this would stop the process
        return 0
    try:
        modes = termios.tcgetattr(terminal)
        before = modes[_MODES] & termios.ECHO
        modes[_MODES] = modes[_MODES] & ~termios.ECHO | echo
        termios.tcsetattr(terminal, termios.TCSANOW, modes)
    except termios.error:  # it has been closed
        return 0
    return before


def _in_background(terminal: int) -> bool:
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:  # nobody controls jobs from it
        return False
