"""Asking a terminal how it can show pictures."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import termios
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from rich.console import Console

from rxvlm.display.pictures.screen import Screen, Way

# Are kitty's pictures known, as letters, too (U=1)? How large is a cell? What can you do? Nearly every terminal
# answers the last question, and after the others.
_QUESTIONS: Final = b"\x1b_Gi=31,s=1,v=1,a=q,U=1,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"
_KITTY: Final = re.compile(rb"\x1b_Gi=31;OK\x1b\\")
_CELL: Final = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_ABILITIES: Final = re.compile(rb"\x1b\[\?([\d;]*)c")
_SIXELS: Final = b"4"
_PATIENCE: Final = 1.0  # seconds; one that is far away needs some, and nearly all answer
_UNKNOWN: Final = b"", (0, 0)
_LOCAL: Final = 3  # index of the local modes in what tcgetattr returns


def screen_of(console: Console) -> Screen:
    """Return how the terminal of a console can show pictures, by asking it; this takes up to a second.

    Sixels are preferred: terminals that have both know kitty's pictures, but not as letters of the text. Keys that are
    pressed meanwhile are lost. Where the terminal cannot be asked, the way is half blocks, and without colours
    (``NO_COLOR``) letters.
    """
    if console.no_color or console.color_system is None:
        return Screen("letters")
    answer, known = _answer(console)
    abilities = _ABILITIES.search(answer)
    sixels = abilities is not None and _SIXELS in abilities[1].split(b";")[1:]
    way: Way = "sixel" if sixels else "kitty" if _KITTY.search(answer) else "blocks"
    found = _CELL.search(answer)
    said = (int(found[2]), int(found[1])) if found else (0, 0)
    return Screen(way, next((cell for cell in (known, said) if all(cell)), Screen.cell))


def _answer(console: Console) -> tuple[bytes, tuple[int, int]]:
    """Return what the terminal answers, and the size of a cell; nothing if it cannot be asked."""
    try:
        terminal = console.file.fileno()
        if not os.isatty(terminal) or os.tcgetpgrp(terminal) != os.getpgrp():
            return _UNKNOWN
        with _unbuffered(terminal):
            os.write(terminal, _QUESTIONS)
            return _read(terminal), _cell(terminal)
    except (OSError, ValueError, termios.error):  # no file, or a terminal that cannot be read, or was closed
        return _UNKNOWN


def _cell(terminal: int) -> tuple[int, int]:
    """Return (width, height) of a cell in pixels as the system knows it; 0 where it does not."""
    rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))
    return width // max(1, columns), height // max(1, rows)


def _read(terminal: int) -> bytes:
    answer, until = b"", time.monotonic() + _PATIENCE
    while not _ABILITIES.search(answer):
        left = until - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            break
        more = os.read(terminal, 4096)
        if not more:
            break
        answer += more
    return answer


@contextmanager
def _unbuffered(terminal: int) -> Generator[None]:
    """Let a terminal give what it answers at once, unseen, inside a ``with`` block."""
    before = termios.tcgetattr(terminal)
    modes = termios.tcgetattr(terminal)
    modes[_LOCAL] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(terminal, termios.TCSANOW, modes)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)
