"""Measure cameras on Ray: ``python -m benchmarks.cluster``.

Cameras are a film of 30 s (768x432, 12.5 frames per second) that is played in real time. CPU and memory are those of
the shards' own processes; the times are of this machine, with whatever else runs on it.
"""

from __future__ import annotations

import os
import signal
import statistics
import threading
import time
from pathlib import Path

import psutil

from benchmarks.table import brief, markdown
from rxvlm import Analysis, Ledger
from rxvlm.cluster import watch_all
from rxvlm.cluster.connection import connect, leave
from rxvlm.cluster.engine import Engine
from rxvlm.cluster.limits.keeper import Keeper
from rxvlm.cluster.limits.wish import Wish
from rxvlm.models.limiting.rate import AdaptiveRate

FILM = Path(__file__).parents[1] / "notebooks" / "clips" / "cars.mp4"
EVERY = 5.0
EACH = 8  # cameras of a shard
CALLS = 300
WATCHDOG = 120.0
MEASURED = 8.0  # seconds, within the film's 30


def children(title: str = "") -> list[psutil.Process]:
    """Return the processes below this one, with a beginning of their title."""
    found: list[psutil.Process] = []
    for child in psutil.Process().children(recursive=True):
        try:
            found += [child] if " ".join(child.cmdline()).startswith(title) else []
        except psutil.Error:  # it has ended meanwhile
            continue
    return found


def megabytes(processes: list[psutil.Process]) -> float:
    """Return the memory of some processes."""
    return sum(process.memory_info().rss for process in processes) / 1e6


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """Return the CPU seconds that some processes have used."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


class Watching:
    """Cameras that are watched until the context ends: what was given, and when."""

    def __init__(self, cameras: int, each: int) -> None:
        self.given: list[tuple[float, Analysis]] = []
        self.ended = threading.Event()
        names = [f"camera {number}" for number in range(cameras)]
        self.ledgers = {name: Ledger(name) for name in names}
        stream = watch_all(
            dict.fromkeys(names, FILM),
            "opencv",
            ledgers=self.ledgers,
            cameras_per_shard=each,
            every=EVERY,
            pace=1.0,
        )
        self.subscription = stream.subscribe(self.on_next, on_completed=self.ended.set)

    def on_next(self, analysis: Analysis) -> None:
        """Note an answer, and when it came."""
        self.given.append((time.time(), analysis))

    def wait_until_all_play(self) -> None:
        """Wait until frames of every camera were counted here."""
        until = time.monotonic() + WATCHDOG
        while not all(ledger.snapshot().captured for ledger in self.ledgers.values()):
            if time.monotonic() > until:
                raise TimeoutError("not all cameras play")
            time.sleep(0.05)


def shard_row(shards: int) -> list[str]:
    """Measure some shards with `EACH` cameras each, for some seconds while all of them play."""
    while children("ray::Shard"):  # those of the measurement before
        time.sleep(0.1)
    watching = Watching(shards * EACH, EACH)
    watching.wait_until_all_play()
    processes, began = children("ray::Shard"), time.monotonic()
    cpu = cpu_seconds(processes)
    time.sleep(MEASURED)
    cpu, took, memory = cpu_seconds(processes) - cpu, time.monotonic() - began, megabytes(processes)
    watching.ended.wait(WATCHDOG)
    frames = sum(ledger.snapshot().analysed for ledger in watching.ledgers.values())
    late = sorted(1e3 * (arrived - analysis.answered) for arrived, analysis in watching.given)
    watching.subscription.dispose()
    return [
        str(shards),
        str(shards * EACH),
        brief(cpu / took),
        brief(cpu / took / (shards * EACH)),
        brief(memory / shards),
        f"{brief(statistics.median(late))}, {brief(late[int(0.99 * len(late))])}",
        f"{len(watching.given)}, {frames} frames",
    ]


def recovery_row() -> list[str]:
    """Kill a shard, and measure until the first answer of another one comes."""
    watching = Watching(1, 1)
    watching.wait_until_all_play()
    time.sleep(2.0)
    killed, before = time.time(), len(watching.given)
    os.kill(children("ray::Shard")[0].pid, signal.SIGKILL)
    states: list[float] = []
    while len(watching.given) == before and not watching.ended.is_set():
        tally = next(iter(watching.ledgers.values())).snapshot()
        states += [time.time()] if not states and tally.reason.endswith("moved") else []
        states += [time.time()] if len(states) == 1 and tally.state == "playing" else []
        time.sleep(0.01)
    watching.ended.wait(WATCHDOG)
    watching.subscription.dispose()
    return [brief(states[0] - killed), brief(states[1] - killed), str(len(watching.given))]


def grant_row(engine: Engine) -> list[str]:
    """Measure a call for requests of a limit that all shards share."""
    keeper = engine.start(Keeper, node=None, name="rxvlm-benchmark")
    call, rate = engine.caller(keeper), AdaptiveRate(1e9, None, None, 0.1)
    taken: list[float] = []
    call("grant", [Wish("m", rate, 0)])
    for _ in range(CALLS):
        began = time.perf_counter()
        call("grant", [Wish("m", rate, 0, want=1)])
        taken.append(1e3 * (time.perf_counter() - began))
    engine.kill(keeper)
    return [brief(statistics.median(taken)), brief(sorted(taken)[int(0.99 * CALLS)])]


def main() -> None:
    began = time.monotonic()
    engine = connect("local")
    started, idle = time.monotonic() - began, megabytes(children())
    head = ["shards", "cameras", "cores", "cores for each", "MB for each shard"]
    head += ["ms from the answer to the subscriber, median and 99 %", "windows"]
    print(markdown(["s until Ray has started", "MB of its processes"], [[brief(started), brief(idle)]]))
    print(markdown(["ms for a call for requests of a shared limit", "99 %"], [grant_row(engine)]))
    print(markdown(["s until a killed shard was found", "until its film played again", "windows"], [recovery_row()]))
    print(markdown(head, [shard_row(shards) for shards in (1, 2, 4)]), flush=True)
    leave()


if __name__ == "__main__":
    main()
