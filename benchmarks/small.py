"""Benchmarks of what needs no decoding: steps per second, JPEGs passed on, a dead model, and starting the program."""

from __future__ import annotations

import subprocess
import sys
import time

import reactivex
from reactivex import operators as ops

from benchmarks import untouched
from benchmarks.table import Spread, markdown
from rxvlm import Clip, Vlm
from rxvlm.models import breaker, fallback, openai_compatible, retry
from rxvlm.operators import buffer_by_time, sample_evenly
from rxvlm.testing import Say, frames_at, scripted

FRAMES, FPS = 60_000, 30
NO_SERVER = "http://127.0.0.1:9/v1"
FAILURES = 2
ASKS = 100
STARTS = {
    "python, nothing imported": ["-c", "pass"],
    "import rxvlm": ["-c", "import rxvlm"],
    "rxvlm --help": ["-m", "rxvlm", "--help"],
}


def table(rounds: int) -> str:
    rows: list[list[object]] = [
        ["frames per CPU second through `buffer_by_time` and `sample_evenly`", frames_per_second(rounds)]
    ]
    rows.append(
        ["CPU of `encode_jpegs` on 720p motion JPEG, against decoding and encoding again", untouched.share(rounds)]
    )
    rows.append(
        ["milliseconds that a dead server adds to a fallback's answer, once its breaker is open", detour(rounds)]
    )
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


def detour(rounds: int) -> Spread:
    """Measure how much later a fallback answers behind an open breaker than by itself, in milliseconds."""
    other = scripted(Say("a cat", seconds=0.0))
    down = breaker(retry(openai_compatible(NO_SERVER, "m"), attempts=1), failures=FAILURES, open_for=3600.0)
    behind = fallback(down, other)
    for _ in range(FAILURES):
        _milliseconds(behind)
    return Spread.of(
        [sum(_milliseconds(behind) - _milliseconds(other) for _ in range(ASKS)) / ASKS for _ in range(rounds)]
    )


def _milliseconds(model: Vlm) -> float:
    clip = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 1.0)
    began = time.perf_counter()
    model.ask(clip, "?").run()
    return (time.perf_counter() - began) * 1e3


def starting(command: list[str], rounds: int) -> Spread:
    took: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        took.append((time.perf_counter() - began) * 1e3)
    return Spread.of(took)
