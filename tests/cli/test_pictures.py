"""`--pictures`: what the model saw, in the table on a terminal, and what is said where there is none."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from cli_terminal import Terminal
from conftest import WATCHDOG

FILM = "demo:yard?seconds=4&fps=5&width=160&height=90"


def test_a_film_leaves_its_pictures_with_its_answers() -> None:
    """On a terminal that does not say that it can do better: as half blocks, which stay when the table has gone."""
    terminal = Terminal("watch", FILM, "--every", "2", "--pictures")
    assert terminal.end() == 0
    assert terminal.seen.count("▀") >= 2 * 8 * 28
    assert terminal.seen.startswith("\x1b_Gi=31,")  # it was asked


def test_without_colours_they_are_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR is obeyed, and the terminal is not asked what it can do."""
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal("watch", FILM, "--every", "2", "--pictures")
    assert terminal.end() == 0
    assert "▀" not in terminal.seen
    assert "\x1b_G" not in terminal.seen
    assert "++++" in terminal.seen


@pytest.mark.parametrize("option", [["--json"], []])
def test_without_a_table_a_line_says_that_there_are_none(option: list[str]) -> None:
    """Lines and JSON are as without it, and so is the exit code."""
    command = [sys.executable, "-m", "rxvlm", "watch", FILM, "--every", "2", "--pictures", *option]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG, check=False)
    assert done.returncode == 0
    assert "--pictures shows nothing here" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert not option or [json.loads(line)["type"] for line in done.stdout.splitlines()] == ["analysis"] * 2
