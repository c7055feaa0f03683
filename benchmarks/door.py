"""Measure what the door of a run costs a camera: ``python -m benchmarks.door``.

Answers are told to a door without readers, with one that reads, and with ten that hang. What a camera's thread waits
for is the call; the CPU of the whole process has the door's thread in it, which writes the lines.
"""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.events import answers
from benchmarks.table import Spread, markdown
from rxvlm import Ledger
from rxvlm.door.door import Door
from rxvlm.door.places import take_place
from rxvlm.door.records import Counted
from rxvlm.rules import Mutes
from rxvlm.watching.controls import Controls

TIMES = 500
PAUSE = 0.002  # seconds between two answers, so that the door's thread has its turn: 500 a second


class Run:
    """A run of sixteen cameras."""

    def __init__(self) -> None:
        self.ledgers: Mapping[str, Ledger] = {f"camera {number}": Ledger() for number in range(16)}

    def cameras(self) -> Iterable[str]:
        """Return their names."""
        return list(self.ledgers)

    def rules(self) -> Iterable[str]:
        """Return none."""
        return []

    def muted(self) -> Mapping[str, float]:
        """Return none."""
        return {}

    def sinks(self) -> Iterable[tuple[str, Counted]]:
        """Return none."""
        return []

    def troubles(self) -> Iterable[str]:
        """Return none."""
        return []


@contextmanager
def opened() -> Generator[Door]:
    """Open a door."""
    run = Run()

    def never(_camera: str) -> None:
        raise ValueError

    controls = Controls(run.ledgers, asked=never, rules=run.rules, on_answer=print, mutes=Mutes())  # pyright: ignore[reportArgumentType] - it is not asked
    with tempfile.TemporaryDirectory() as folder:
        place = take_place(Path("watch.toml"), None, {"XDG_RUNTIME_DIR": folder})
        door = Door(place, file="", store=None, version="", run=run, controls=controls)
        door.open()
        yield door
        door.close("it is over")


def measured(hanging: int, reading: int) -> tuple[float, float]:
    """Return the microseconds of a call that tells an answer, and those of CPU of the process for it."""
    told = answers()
    with opened() as door, ExitStack() as ends:
        for number in range(hanging + reading):
            end = ends.enter_context(socket.socket(socket.AF_UNIX))
            end.connect(str(door.path))
            end.recv(100)
            if number < reading:
                threading.Thread(target=drained, args=(end,), daemon=True).start()
        time.sleep(0.2)
        taken, began = 0.0, time.process_time()
        for number in range(TIMES):
            at = time.perf_counter()
            door.tell(told[number % len(told)])
            taken += time.perf_counter() - at
            time.sleep(PAUSE)
        return taken / TIMES * 1e6, (time.process_time() - began) / TIMES * 1e6


def drained(end: socket.socket) -> None:
    """Read what comes."""
    while True:
        try:
            if not end.recv(1_000_000):
                return
        except OSError:
            return


def table(rounds: int) -> str:
    """Return a row for each number of readers: microseconds of a call, and of CPU."""
    kinds = {"no reader": (0, 0), "one that reads": (0, 1), "ten that hang": (10, 0), "fifty that hang": (50, 0)}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, kind in kinds.items():
            found[name].append(measured(*kind))
    rows = [(name, Spread.of([a for a, _ in all_]), Spread.of([b for _, b in all_])) for name, all_ in found.items()]
    return markdown(["readers", "µs of the camera's thread for an answer", "µs of CPU for an answer"], rows)


if __name__ == "__main__":
    print(table(5))
