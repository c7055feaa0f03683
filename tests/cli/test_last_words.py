"""That a camera has ended is said after its last answer."""

from __future__ import annotations

import subprocess
import sys

from conftest import WATCHDOG

import rxvlm
from rxvlm import Ledger
from rxvlm.cli.last_words import LastWords
from rxvlm.testing import scripted

FILM = "demo:yard?seconds=1&fps=5&width=160&height=120"


def test_a_film_ends_after_its_last_answer() -> None:
    """In the order in which the lines are written."""
    films = ["demo:yard?seconds=3&fps=5&width=160&height=120", "demo:gate?seconds=2&fps=5&width=160&height=120"]
    command = [sys.executable, "-m", "rxvlm", "watch", *films, "--every", "1"]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=WATCHDOG, check=True
    )
    lines = done.stdout.splitlines()
    for camera, answers in {"yard": 3, "gate": 2}.items():
        of_it = [line for line in lines if line.startswith(camera)]
        assert of_it[-1] == f"{camera}: ended"
        assert sum(line.startswith(f"{camera} 0:0") for line in of_it) == answers


def test_an_end_without_its_last_answer_is_said_at_last() -> None:
    """Once: where the run was left before the answer came."""
    said: list[tuple[str, str]] = []
    ledger = Ledger("yard")
    rxvlm.collect(rxvlm.watch(FILM, scripted("yes"), every=1.0, ledger=ledger))
    words = LastWords({"yard": ledger}, lambda name, reason: said.append((name, reason)))
    words.on_end("yard", "")
    assert said == []
    for _ in range(2):
        words.conclude()
    assert said == [("yard", "")]
