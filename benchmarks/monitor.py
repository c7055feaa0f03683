"""Benchmark of the monitor: what it costs beside the same run that prints lines of JSON.

``python -m benchmarks.monitor [SECONDS] [ROUNDS]`` runs it alone.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from pathlib import Path

from benchmarks.table import Spread, markdown

CAMERAS, COLUMNS, LINES = 16, 160, 48
CHILD = f"""
import sys, time
import psutil, threading
from rxvlm import vlm_from
from rxvlm.cli.face import MonitorFace
from rxvlm.cli.report import Outputs
from rxvlm.cli.run import Run

count = 0
def says(clip, prompt):
    global count
    count += 1
    return f"answer {{count}}: a car stands at the gate, and a person walks from the left to the right"

def measured(seconds, path):
    time.sleep(8.0)
    before = time.process_time()
    time.sleep(seconds)
    cores = (time.process_time() - before) / seconds
    with open(path, "w") as file:
        file.write(str(cores))
    psutil.Process().terminate()

kind, seconds, path = sys.argv[1], float(sys.argv[2]), sys.argv[3]
cameras = {{f"camera-{{at}}": "demo:yard?fps=2" for at in range({CAMERAS})}}
options = {{"every": 1.0, "frames": 1, "width": 64, "timeout": 60.0}}
shown = kind != "json"
run = Run(cameras, vlm_from(says), options, Outputs(json=not shown), face=MonitorFace() if shown else None)
threading.Thread(target=measured, args=(seconds, path), daemon=True).start()
sys.exit(run.until_end())
"""


def table(seconds: float, rounds: int, folder: Path) -> str:
    """Return what each costs, in percent of a core, over some rounds in turn."""
    found: dict[str, list[float]] = {"json": [], "monitor": []}
    for _ in range(rounds):
        for kind, values in found.items():
            values.append(100 * cores(kind, seconds, folder / "cores"))
    more = [shown - lines for shown, lines in zip(found["monitor"], found["json"], strict=True)]
    rows: list[list[object]] = [
        ["lines of JSON", Spread.of(found["json"])],
        [f"the monitor, {COLUMNS}x{LINES}", Spread.of(found["monitor"])],
        ["the monitor's own share: at most 3 is the goal", Spread.of(more)],
    ]
    return markdown((f"{CAMERAS} cameras, an answer a second each", "percent of a core"), rows)


def cores(kind: str, seconds: float, path: Path) -> float:
    """Return how many cores one run takes."""
    command = [sys.executable, "-c", CHILD, kind, str(seconds), str(path)]
    path.unlink(missing_ok=True)
    if kind == "json":
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603 - our own
    else:
        _on_a_terminal(command)
    return float(path.read_text())


def _on_a_terminal(command: list[str]) -> None:
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=environment)  # noqa: S603 - our own
    os.close(other)
    threading.Thread(target=_read, args=(main,), daemon=True).start()
    process.wait()
    os.close(main)


def _read(main: int) -> None:
    try:
        while os.read(main, 65536):
            pass
    except OSError:  # the other end is closed
        return


if __name__ == "__main__":
    given = [float(one) for one in sys.argv[1:]]
    print(table(given[0] if given else 30.0, int(given[1]) if len(given) > 1 else 3, Path(tempfile.gettempdir())))
