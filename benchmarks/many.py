"""Many cameras in one process: ``python -m benchmarks.many KIND COUNT SECONDS ADDRESS`` prints their cost."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil

import rxvlm
from benchmarks import data
from benchmarks.cost import Cost
from benchmarks.table import brief, markdown

ROOT: Final = Path(__file__).parent.parent
COUNTS: Final = (10, 25, 50, 75, 100, 150, 200)
STEP: Final = "keyframes"
BEGIN_SECONDS: Final = 60.0
ENOUGH: Final = 0.98
"""Share of the camera's frames that must arrive; the first and the last frame may fall outside of the measured time."""


def _seen(_clip: rxvlm.Clip, _prompt: str) -> str:
    return "seen"


def files(count: int, path: str) -> dict[str, Any]:
    """Watch a file as ``count`` cameras at full speed; record the memory at every answer."""
    held: list[float] = []
    cost, began, me = Cost(), time.perf_counter(), psutil.Process()
    watching = rxvlm.watch_all({f"cam{at}": path for at in range(count)}, rxvlm.vlm_from(_seen), effort=STEP)
    over = threading.Event()
    watching.subscribe(lambda _: held.append(me.memory_info().rss / 1e6), on_completed=over.set)
    over.wait()
    third = len(held) // 3
    peaks = [max(held[at : at + third]) for at in (0, third, 2 * third)]
    return {"cpu": cost.cpu(), "wall": time.perf_counter() - began, "held": peaks, "windows": len(held)}


def cameras(count: int, seconds: float, uri: str) -> dict[str, Any]:
    """Watch ``count`` live cameras; when all of them are live, measure for ``seconds``."""
    ledgers = {f"cam{at}": rxvlm.Ledger(f"cam{at}") for at in range(count)}
    memory = Cost()
    watching = rxvlm.watch_all(dict.fromkeys(ledgers, uri), rxvlm.vlm_from(_seen), ledgers=ledgers, effort=STEP)
    subscription = watching.subscribe()
    until = time.monotonic() + BEGIN_SECONDS
    while any(one.snapshot().captured == 0 for one in ledgers.values()) and time.monotonic() < until:
        time.sleep(0.1)
    before, cost = [one.snapshot() for one in ledgers.values()], Cost()
    time.sleep(seconds)
    after, cpu = [one.snapshot() for one in ledgers.values()], cost.cpu()
    subscription.dispose()
    return {
        "cpu": cpu / seconds,
        "least": min(late.captured - early.captured for early, late in zip(before, after, strict=True)) / seconds,
        "windows": sum(late.windows - early.windows for early, late in zip(before, after, strict=True)),
        "lost": sum(sum(late.dropped.values()) for late in after),
        "away": sum(late.state != "live" for late in after),
        "memory": memory.memory() / 1e6 / count,
    }


@contextmanager
def served(film: Path, port: int) -> Generator[str]:
    """Serve a film repeatedly with GStreamer's RTSP server, in a process of its own."""
    command = ["/usr/bin/python3", str(ROOT / "tests" / "gst_server.py"), str(port), str(film)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own command
        try:
            if server.stdout is None or server.stdout.readline() != "ready\n":
                raise OSError("GStreamer's RTSP server does not start")
            yield f"rtsp://127.0.0.1:{port}/cam"
        finally:
            server.kill()


def _apart(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.many", *map(str, arguments)]
    print(" ", *arguments, file=sys.stderr, flush=True)
    done = subprocess.run(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
    )
    return json.loads(done.stdout.splitlines()[-1])


def rtsp_table(film: Path, fps: int, counts: tuple[int, ...], seconds: float, port: int) -> str:
    """Watch increasing numbers of cameras until a window is lost."""
    rows: list[list[object]] = []
    for count in counts:
        with served(film, port) as uri:
            got = _apart("cameras", count, seconds, uri)
        good = not got["lost"] and not got["away"] and got["least"] >= ENOUGH * fps
        fate = "none" if good else f"{got['lost']} frames, {got['away']} cameras away"
        numbers = [brief(got[name]) for name in ("least", "windows", "cpu", "memory")]
        rows.append([count, "yes" if good else "no", fate, *numbers])
        if not good:
            break
    head = ("cameras", "no loss", "lost", "least frames per second", "windows", "cores", "MB for each")
    return markdown(head, rows)


def files_table(folder: Path, seconds: float, count: int = 8) -> str:
    got = _apart("files", count, 0, data.camera(folder, seconds))
    shown = count * seconds
    cells = [count, f"{seconds / 60:g} min", brief(shown / got["cpu"]), brief(shown / got["wall"])]
    head = ("cameras", "each", "cameras per core", "cameras in total", "peak MB, by thirds", "windows")
    return markdown(head, [[*cells, ", ".join(brief(peak) for peak in got["held"]), got["windows"]]])


def main(kind: str, count: str, seconds: str, address: str) -> None:
    got = files(int(count), address) if kind == "files" else cameras(int(count), float(seconds), address)
    print(json.dumps(got))


if __name__ == "__main__":
    main(*sys.argv[1:])
