"""One 1080p30 camera, watched in every way, in turn, round after round; each time in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from benchmarks import data
from benchmarks.table import Spread, markdown

ROOT: Final = Path(__file__).parent.parent
CHEAP: Final = 5
RXVLM: Final = {
    "rxvlm, copy": ("copy", CHEAP),
    "rxvlm, key frames": ("keyframes", CHEAP),
    "rxvlm, exact": ("exact", 1),
    "rxvlm, exact=False": ("rough", 1),
    "rxvlm, exact, clip_evenly": ("clips_evenly", 1),
    "key frames, a plain script": ("plain", CHEAP),
    "the earlier design": ("earlier", 1),
    "floor: read, decode nothing": ("packets", CHEAP),
    "floor: decode all, keep nothing": ("floor", 1),
}
OTHERS: Final = {"vidgear": ["vidgear", "opencv-python-headless"], "inference": ["inference"]}
INSTALL_SECONDS: Final = 300
EARLIER, PLAIN = "the earlier design", "key frames, a plain script"


class Run(TypedDict):
    """One run of one variant: CPU seconds, bytes, and seconds from each window's end to its clip."""

    cpu: float
    memory: int
    lags: list[float]


@dataclass
class Measured:
    """All rounds of all variants, and why some are missing."""

    runs: dict[str, list[Run]]
    missing: dict[str, str]


def measure(folder: Path, rounds: int, *, install: bool) -> Measured:
    """Run every variant once a round.

    Args:
        folder: Where clips and environments are kept.
        rounds: How often.
        install: Whether environments that are not there are made.
    """
    clip = str(data.camera(folder))
    commands = {
        name: [sys.executable, "-m", "benchmarks.variants", variant, clip, str(times)]
        for name, (variant, times) in RXVLM.items()
    }
    missing: dict[str, str] = {}
    for other, packages in OTHERS.items():
        python = folder / other / "bin" / "python"
        missing[other] = _install(python, packages, install=install)
        commands[other] = [str(python), "-m", "benchmarks.others", other, clip]
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
    """Make an environment, unless it is there; give why not, or ""."""
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


def core(run: Run) -> float:
    """Give the share of a core that a camera takes."""
    return run["cpu"] / data.SECONDS


def table(measured: Measured) -> str:
    earlier, plain = measured.runs[EARLIER], measured.runs[PLAIN]
    rows: list[list[object]] = []
    for name, runs in measured.runs.items():
        pairs = list(zip(runs, earlier, strict=True))
        lags = [lag * 1e3 for run in runs for lag in run["lags"]]
        rows.append(
            [
                name,
                Spread.of([core(run) for run in runs]),
                Spread.of([before["cpu"] / run["cpu"] for run, before in pairs]),
                Spread.of([run["cpu"] / one["cpu"] for run, one in zip(runs, plain, strict=True)]),
                Spread.of([run["memory"] / 1e6 for run in runs]),
                Spread.of([before["memory"] / run["memory"] for run, before in pairs]),
                Spread.of(lags) if lags else "",
            ]
        )
    for name, why in measured.missing.items():
        rows.append([name, f"not measured: {why}", *[""] * 5])
    head = ("", "cores", "earlier / this", "this / plain", "MB more", "earlier / this", "window closed to clip, ms")
    return markdown(head, rows)
