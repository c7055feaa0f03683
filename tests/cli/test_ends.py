"""Ctrl-C, SIGTERM and SIGHUP: the exit code, no traceback, and a terminal as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_terminal import Terminal
from conftest import WATCHDOG

RXVLM = [sys.executable, "-m", "rxvlm"]
WATCH = [*RXVLM, "watch", "demo:yard", "demo:gate", "--every", "0.5", "--json"]
DEMO = [
    *(sys.executable, "-c"),  # with shorter windows: the first answer need not be waited for
    "from rxvlm.cli import app, demo; demo._EVERY = 0.5; app.app(['demo', '--json'])",
]
CODES = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
WHEN_LOADED = """
import os, signal, sys
class Ends:  # found before all other finders: it sends the signal when a module is looked for
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), {sign})
sys.meta_path.insert(0, Ends())
sys.argv = ["rxvlm", "watch", "demo:yard"]
from rxvlm.cli import main
main()
"""


@pytest.mark.parametrize(
    ("module", "sign", "code"),
    [
        *((module, *CODES[0]) for module in ("rxvlm.cli.app", "typer", "reactivex", "av", "rxvlm.watching")),
        *(("typer", *code) for code in CODES[1:]),
    ],
)
def test_it_ends_wherever_it_is_in_its_start(module: str, sign: signal.Signals, code: int) -> None:
    """Whatever is just being imported: no traceback, and nothing swallows it."""
    program = WHEN_LOADED.format(module=module, sign=int(sign))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=WATCHDOG, check=False
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("sign", "code"), CODES)
@pytest.mark.parametrize(("command", "cameras"), [(WATCH, 2), (DEMO, 3)], ids=["watch", "demo"])
def test_a_signal_drains_and_ends_all(command: list[str], cameras: int, sign: signal.Signals, code: int) -> None:
    """Live cameras are ended with what is in flight; all that was printed is whole."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(sign)
    rest, errors = process.communicate(timeout=WATCHDOG)
    assert process.returncode == code
    assert all(json.loads(line)["text"] for line in [first, *rest.splitlines()])
    assert "Traceback" not in errors
    assert errors.count(": ended\n") == cameras


@pytest.mark.parametrize(("sign", "code"), CODES)
def test_a_terminal_is_left_as_it_was(sign: signal.Signals, code: int) -> None:
    """The cursor is visible, typed keys are shown, and the summary stands."""
    terminal = Terminal("watch", "demo:yard")
    terminal.read_until("yard.*live")
    terminal.process.send_signal(sign)
    assert terminal.end() == code
    assert terminal.seen.rfind("\x1b[?25h") > terminal.seen.rfind("\x1b[?25l")
    assert "accounted for" in terminal.seen[terminal.seen.rfind("1 camera") :]
    assert "Traceback" not in terminal.seen


def test_a_terminal_that_is_closed_ends_it() -> None:
    """The kernel sends SIGHUP then, and output has nowhere to go."""
    terminal = Terminal("watch", "demo:yard", "--every", "0.5")
    terminal.read_until("yard.*live")
    os.close(terminal.main)
    assert terminal.process.wait(WATCHDOG) == 129


def test_nohup_is_obeyed() -> None:
    """Where a hang-up is ignored, it stays so."""
    with subprocess.Popen(
        ["nohup", *RXVLM, "watch", "demo:yard", "--every", "0.5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=WATCHDOG)
    assert process.returncode == 143


def test_probe_shows_that_it_looks_and_ends_at_once() -> None:
    """On a terminal it says what it looks at; Ctrl-C gives back the cursor."""
    clip = Path(__file__).parent.parent.parent / "notebooks" / "clips" / "cars.mp4"
    terminal = Terminal("probe", str(clip))
    terminal.read_until(r"looking at 10 s of \S+cars.mp4")
    terminal.process.send_signal(signal.SIGINT)
    code = terminal.end()
    assert code in (130, 0)  # it may have been ready
    assert terminal.seen.rfind("\x1b[?25h") > terminal.seen.rfind("\x1b[?25l")
    assert "Traceback" not in terminal.seen
