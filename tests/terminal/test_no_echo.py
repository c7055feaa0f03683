"""A terminal is given back its echo, whatever happens."""

from __future__ import annotations

import io
import os
import pty
import termios
from collections.abc import Iterator
from typing import TextIO

import pytest

from rxvlm.terminal.no_echo import no_echo


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """Return a terminal that shows typed keys."""
    main, other = pty.openpty()
    with os.fdopen(other, "w") as file:
        yield file
    os.close(main)


def echoes(terminal: TextIO) -> bool:
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def test_there_is_no_echo_meanwhile(terminal: TextIO) -> None:
    """It is off within, and on after."""
    with no_echo(terminal):
        assert not echoes(terminal)
    assert echoes(terminal)


def test_an_error_gives_it_back(terminal: TextIO) -> None:
    """Whatever ends it."""
    with pytest.raises(KeyboardInterrupt), no_echo(terminal):
        raise KeyboardInterrupt
    assert echoes(terminal)


def test_what_was_off_stays_off(terminal: TextIO) -> None:
    """One within another does not turn it on too early."""
    with no_echo(terminal):
        with no_echo(terminal):
            assert not echoes(terminal)
        assert not echoes(terminal)
    assert echoes(terminal)


def test_other_modes_stay_as_somebody_set_them_meanwhile(terminal: TextIO) -> None:
    """Only the echo is given back."""
    with no_echo(terminal):
        modes = termios.tcgetattr(terminal)
        modes[3] &= ~termios.ICANON
        termios.tcsetattr(terminal, termios.TCSANOW, modes)
    assert echoes(terminal)
    assert not termios.tcgetattr(terminal)[3] & termios.ICANON


def test_what_is_no_terminal_is_left_alone() -> None:
    """Neither a pipe nor a text in memory is one."""
    read, write = os.pipe()
    with os.fdopen(read), os.fdopen(write, "w") as pipe, no_echo(pipe), no_echo(io.StringIO()):
        pass
