"""Benchmarks without video: frames per second through the steps, and the time to start the program."""

from __future__ import annotations

import subprocess
import sys
import time

import reactivex
from reactivex import operators as ops

from benchmarks.table import Spread, markdown
from rxvlm.operators import buffer_by_time, sample_evenly
from rxvlm.testing import frames_at

FRAMES, FPS = 60_000, 30
STARTS = {
    "python, nothing imported": ["-c", "pass"],
    "import rxvlm": ["-c", "import rxvlm"],
    "rxvlm --help": ["-m", "rxvlm", "--help"],
}


def table(rounds: int) -> str:
    rows: list[list[object]] = [
        ["frames per CPU second through `buffer_by_time` and `sample_evenly`", frames_per_second(rounds)]
    ]
    for name, command in STARTS.items():
        rows.append([f"milliseconds until `{name}` is done", starting(command, rounds)])
    return markdown(("", ""), rows)


def frames_per_second(rounds: int) -> Spread:
    frames = frames_at([at / FPS for at in range(FRAMES)], size=(16, 16))
    rates: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        reactivex.from_iterable(frames).pipe(buffer_by_time(10.0), sample_evenly(8), ops.count()).run()
        rates.append(FRAMES / (time.process_time() - began))
    return Spread.of(rates)


def starting(command: list[str], rounds: int) -> Spread:
    took: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        took.append((time.perf_counter() - began) * 1e3)
    return Spread.of(took)
