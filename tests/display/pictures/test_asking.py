"""How a terminal can show pictures, asked on a pseudo-terminal whose other end answers."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from conftest import WATCHDOG
from rich.console import Console

from rxvlm.display.pictures.asking import screen_of
from rxvlm.display.pictures.screen import Screen

KITTY, CELL, SIXEL, PLAIN = b"\x1b_Gi=31;OK\x1b\\", b"\x1b[6;18;9t", b"\x1b[?62;4;22c", b"\x1b[?64;1;2c"


@contextmanager
def terminal(answer: bytes, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int] = (0, 0)) -> Generator[Console]:
    """A console on a terminal that gives an answer once it has been asked everything."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, *size))
    monkeypatch.setattr(os, "tcgetpgrp", lambda _terminal: os.getpgrp())  # as in the foreground

    def answering() -> None:
        asked = b""
        while not asked.endswith(b"\x1b[c"):
            asked += os.read(main, 1000)
        os.write(main, answer)

    thread = threading.Thread(target=answering, daemon=True)
    thread.start()
    before = termios.tcgetattr(other)
    try:
        with os.fdopen(other, "w") as file:
            yield Console(file=file, force_terminal=True, color_system="truecolor", no_color=False)
            thread.join(WATCHDOG)
            assert termios.tcgetattr(other) == before
    finally:
        os.close(main)


@pytest.mark.parametrize(
    ("answer", "screen"),
    [
        (KITTY + CELL + PLAIN, Screen("kitty", (9, 18))),
        (CELL + SIXEL, Screen("sixel", (9, 18))),
        (KITTY + CELL + SIXEL, Screen("sixel", (9, 18))),
        (PLAIN, Screen("blocks")),
        (b"\x1b[?4c", Screen("blocks")),
        (b"\x1b_Gi=31;EINVAL:bad\x1b\\" + PLAIN, Screen("blocks")),
        (b"typed" + CELL + b"\x1b[6;0;0t" + PLAIN, Screen("blocks", (9, 18))),
    ],
)
def test_it_is_what_the_terminal_says(answer: bytes, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixels before kitty's graphics; the first number of the abilities is a model's number and no ability."""
    with terminal(answer, monkeypatch) as console:
        assert screen_of(console) == screen


def test_the_system_knows_the_size_of_a_cell_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every terminal answers that question."""
    with terminal(SIXEL, monkeypatch, size=(640, 384)) as console:
        assert screen_of(console) == Screen("sixel", (8, 16))


def test_a_silent_terminal_gets_half_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for, but not for ever."""
    with terminal(b"", monkeypatch) as console:
        assert screen_of(console) == Screen("blocks")


@pytest.mark.parametrize("no_color", [True, False])
def test_without_a_terminal_nothing_is_asked(*, no_color: bool) -> None:
    """No escape sequence is written, and what has no colours gets letters."""
    paper = io.StringIO()
    console = Console(file=paper, force_terminal=True, color_system="truecolor", no_color=no_color)
    assert screen_of(console) == Screen("letters" if no_color else "blocks")
    assert paper.getvalue() == ""
