"""The command line on a real pseudo-terminal, for tests."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from typing import Final

from conftest import WATCHDOG

from rxvlm.text import one_line

_TAKES_OVER: Final = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


class Terminal:
    """A command on a pseudo-terminal of 30 lines, whose keys reach it.

    Args:
        args: The arguments of `rxvlm`.
        program: A program in Python to run in its place.
        columns: Cells across.
    """

    def __init__(self, *args: str, program: str = "", columns: int = 100) -> None:
        main, other = pty.openpty()
        environment = {**os.environ, "COLUMNS": str(columns), "LINES": "30", "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKES_OVER, *(["-c", program] if program else ["-m", "rxvlm", *args])],
            stdin=other,
            stdout=other,
            stderr=other,
            env=environment,
            start_new_session=True,
        )
        os.close(other)
        self.main = main
        self.seen = ""

    def read_until(self, pattern: str) -> None:
        """Read what it prints until it matches, under a watchdog."""
        until = time.monotonic() + WATCHDOG
        while not re.search(pattern, one_line(self.seen)):
            assert time.monotonic() < until, one_line(self.seen)
            assert self._read(), f"it ended: {one_line(self.seen)}"

    @property
    def echoes(self) -> bool:
        """Whether what is typed is shown."""
        return bool(termios.tcgetattr(self.main)[3] & termios.ECHO)

    def press(self, keys: bytes) -> None:
        """Press some keys."""
        os.write(self.main, keys)

    def end(self) -> int:
        """Read to the end, see that it shows what is typed, and give the exit code."""
        while self._read():
            pass
        assert self.echoes
        os.close(self.main)
        return self.process.wait(WATCHDOG)

    def _read(self) -> bool:
        if not select.select([self.main], [], [], WATCHDOG)[0]:
            self.process.kill()
            raise AssertionError(f"it hangs: {one_line(self.seen)}")
        try:
            data = os.read(self.main, 65536)
        except OSError:  # the other end is closed
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)


def left(terminal: Terminal) -> str:
    """Return the lines that are left on the screen; what a terminal draws over is gone."""
    screen: list[str] = [""]
    row = 0
    for part in re.split(r"(\x1b\[\d*[A-Za-z]|\n)", terminal.seen.replace("\r", "")):
        if part == "\n":
            row += 1
            screen += [""] * (row + 1 - len(screen))
        elif part == "\x1b[2K":
            screen[row] = ""
        elif part.startswith("\x1b[") and part.endswith("A"):
            row = max(0, row - int(part[2:-1]))
        elif not part.startswith("\x1b"):
            screen[row] += part
    return "\n".join(map(one_line, screen)).rstrip()
