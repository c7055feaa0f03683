"""A terminal that does not show typed keys: a ``^C`` in the middle of a table would break its lines."""

from __future__ import annotations

import os
import termios
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, Final

_MODES: Final = 3  # index of the local modes in what tcgetattr returns


@contextmanager
def no_echo(file: IO[str]) -> Generator[None]:
    """Turn off the echo of a terminal inside a ``with`` block; it is on again afterwards, also after an error.

    Typed keys are kept, and the next program that reads the terminal gets them. Nothing is done if
    the file is not a terminal, or if this process runs in the background.

    Args:
        file: The stream of the terminal.
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
    except (OSError, ValueError):  # the stream has no file descriptor, as in tests
        return None
    return number if os.isatty(number) else None


def _set_echo(terminal: int, echo: int) -> int:
    """Set the echo and return what it was; all other modes stay."""
    if _in_background(terminal):  # the system would stop a background process here
        return 0
    try:
        modes = termios.tcgetattr(terminal)
        before = modes[_MODES] & termios.ECHO
        modes[_MODES] = modes[_MODES] & ~termios.ECHO | echo
        termios.tcsetattr(terminal, termios.TCSANOW, modes)
    except termios.error:  # the terminal has been closed
        return 0
    return before


def _in_background(terminal: int) -> bool:
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:  # a terminal without job control
        return False
