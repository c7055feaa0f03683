"""How a monitor ends on a real pseudo-terminal: the terminal is as it was, and the exit code is that of `watch`."""

from __future__ import annotations

import os
import select
import signal
import termios
import time

import pytest
from cli_terminal import Terminal
from conftest import WATCHDOG

ALTERNATE, BACK = "\x1b[?1049h", "\x1b[?1049l"
CRASHES = """
import rxvlm.monitor.screens.cameras as cameras
def look(self):
    if self.board.version:
        raise ZeroDivisionError("a bug that was put in")
cameras.CamerasView.look = look
import sys
sys.argv = ["rxvlm", "monitor", "demo:yard", "--every", "1"]
from rxvlm.cli import main
main()
"""


def ended(terminal: Terminal) -> int:
    """Read until the process has ended; return its exit code."""
    until = time.monotonic() + WATCHDOG
    while terminal.process.poll() is None:
        assert time.monotonic() < until, terminal.seen[-2000:]
        if select.select([terminal.main], [], [], 0.1)[0]:
            terminal._read()
    while select.select([terminal.main], [], [], 0.1)[0] and terminal._read():
        pass
    return terminal.process.returncode


def is_as_before(terminal: Terminal) -> bool:
    """Whether the alternate screen was left, the cursor is shown, the mouse is off, and keys are echoed."""
    seen = terminal.seen
    return (
        seen.rfind(BACK) > seen.rfind(ALTERNATE)
        and seen.rfind("\x1b[?25h") > seen.rfind("\x1b[?25l")
        and all(seen.rfind(f"\x1b[?{mode}l") > seen.rfind(f"\x1b[?{mode}h") for mode in (1000, 1003, 2004))
        and bool(termios.tcgetattr(terminal.main)[3] & termios.ECHO)
    )


@pytest.mark.parametrize(
    ("how", "code"), [("q", 0), ("\x03", 130), (signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_the_terminal_is_as_it_was(how: str | signal.Signals, code: int) -> None:
    """After q, Ctrl-C and signals the terminal is as before, all frames are told, and the code is as of watch."""
    terminal = Terminal("monitor", "yard=demo:yard", "--every", "1")
    terminal.read_until("1/1 live")
    if isinstance(how, str):
        os.write(terminal.main, how.encode())
    else:
        terminal.process.send_signal(how)
    assert ended(terminal) == code
    assert is_as_before(terminal)
    assert "all accounted for" in terminal.seen[terminal.seen.rfind(BACK) :]


def test_an_exception_is_shown_after_the_screen() -> None:
    """A bug leaves the terminal as it was, and is then shown whole, without local variables."""
    terminal = Terminal(program=CRASHES)
    assert ended(terminal) == 1
    assert is_as_before(terminal)
    after = terminal.seen[terminal.seen.rfind(BACK) :]
    assert "ZeroDivisionError: a bug that was put in" in after
    assert "this is a bug of rxvlm" in after
    assert "locals" not in terminal.seen


def test_a_terminal_that_is_closed_ends_it() -> None:
    """If the terminal is closed, the run is drained, and the process ends."""
    terminal = Terminal("monitor", "yard=demo:yard", "--every", "1")
    terminal.read_until("1/1 live")
    os.close(terminal.main)
    assert terminal.process.wait(WATCHDOG) in (129, 141)


def test_a_terminal_that_takes_nothing_does_not_hold_it_up() -> None:
    """If nothing reads what is written, SIGTERM still ends it."""
    terminal = Terminal("monitor", "yard=demo:yard", "--every", "1")
    terminal.read_until("1/1 live")
    terminal.press(b"\t" * 300)  # more screens than a pseudo-terminal holds
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.process.wait(WATCHDOG) == 143


def test_without_a_terminal_it_says_what_to_do() -> None:
    """In a pipe there is one line on stderr, and the exit code of a mistake."""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "rxvlm", "monitor", "demo:yard"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=WATCHDOG,
        check=False,
    )
    assert done.returncode == 2
    assert "a monitor needs a terminal" in done.stderr
