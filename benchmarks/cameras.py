"""One 1080p30 camera, watched in every way; the ways take turns, and each run has a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, TypedDict

from benchmarks import data
from benchmarks.table import Spread, markdown

Filmed: TypeAlias = Callable[[Path, float], Path]

ROOT: Final = Path(__file__).parent.parent
LONG: Final = 300.0  # seconds of film for the cheap variants, so that opening it is a small part of the cost
EARLIER, PLAIN = "the earlier design", "key frames, a plain script"
RXVLM: Final = {
    "rxvlm, copy": ("copy", LONG),
    "rxvlm, key frames": ("keyframes", LONG),
    "rxvlm, key frames, clip_evenly": ("keyframes_ahead", LONG),
    "rxvlm, exact": ("exact", data.SECONDS),
    "rxvlm, exact=False": ("rough", data.SECONDS),
    "rxvlm, exact, clip_evenly": ("exact_ahead", data.SECONDS),
    PLAIN: ("plain", LONG),
    EARLIER: ("earlier", data.SECONDS),
    "floor: read, decode nothing": ("packets", LONG),
    "floor: decode key frames": ("keys", LONG),
    "floor: decode all frames": ("floor", data.SECONDS),
}
OTHERS: Final = {"vidgear": ["vidgear", "opencv-python-headless"], "inference": ["inference"]}
INSTALL_SECONDS: Final = 600


class Run(TypedDict):
    """One run of one variant: cores, bytes, and seconds from each window's end to its clip."""

    cores: float
    memory: int
    lags: list[float]


@dataclass
class Measured:
    """The runs of each variant, and the reasons why variants are missing."""

    runs: dict[str, list[Run]]
    missing: dict[str, str]


def measure(folder: Path, film: Filmed, rounds: int, *, others: bool, install: bool) -> Measured:
    """Run every variant once in each round.

    Args:
        folder: Where clips and environments are kept.
        film: Returns the path of a clip of a number of seconds.
        rounds: Number of rounds.
        others: Whether to run other systems, too.
        install: Whether to make the environments of other systems if they are missing.
    """
    commands = {
        name: [sys.executable, "-m", "benchmarks.variants", variant, str(film(folder, seconds)), str(seconds)]
        for name, (variant, seconds) in RXVLM.items()
    }
    missing: dict[str, str] = {}
    for other, packages in OTHERS.items() if others else ():
        python = folder / other / "bin" / "python"
        missing[other] = _install(python, packages, install=install)
        clip = str(film(folder, data.SECONDS))
        commands[other] = [str(python), "-m", "benchmarks.others", other, clip, str(data.SECONDS)]
    present = {name: command for name, command in commands.items() if not missing.get(name)}
    runs: dict[str, list[Run]] = {name: [] for name in present}
    for _ in range(rounds):
        for name, command in present.items():
            print(f"  {name}", file=sys.stderr, flush=True)
            done = subprocess.run(  # noqa: S603 - our own command
                command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
            )
            runs[name].append(json.loads(done.stdout.splitlines()[-1]))
    return Measured(runs, {name: why for name, why in missing.items() if why})


def _install(python: Path, packages: list[str], *, install: bool) -> str:
    """Make an environment if it is missing; return the reason if that failed, or ""."""
    marker = python.parent.parent / "why-not"
    if not marker.exists():
        if not install:
            return "its environment has not been made"
        venv.create(python.parent.parent, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *packages]
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                command, check=False, capture_output=True, timeout=INSTALL_SECONDS
            )
            why = "" if done.returncode == 0 else "pip finds no set of packages that fit together"
        except subprocess.TimeoutExpired:
            why = f"pip had not installed it after {INSTALL_SECONDS // 60} minutes"
        marker.write_text(why, encoding="utf-8")
    return marker.read_text(encoding="utf-8")


def table(measured: Measured) -> str:
    earlier, plain = measured.runs[EARLIER], measured.runs[PLAIN]
    rows: list[list[object]] = []
    for name, runs in measured.runs.items():
        pairs = list(zip(runs, earlier, strict=True))
        lags = [lag * 1e3 for run in runs for lag in run["lags"]]
        rows.append(
            [
                name,
                Spread.of([run["cores"] for run in runs]),
                Spread.of([before["cores"] / run["cores"] for run, before in pairs]),
                Spread.of([run["cores"] / one["cores"] for run, one in zip(runs, plain, strict=True)]),
                Spread.of([run["memory"] / 1e6 for run in runs]),
                Spread.of([before["memory"] / run["memory"] for run, before in pairs]),
                Spread.of(lags) if lags else "",
            ]
        )
    for name, why in measured.missing.items():
        rows.append([name, f"not measured: {why}", *[""] * 5])
    head = ("", "cores", "earlier / this", "this / plain", "MB more", "earlier / this", "window closed to clip, ms")
    return markdown(head, rows)
