"""What tests with a real Ray share: what a subscriber saw, which processes are shards, and machines on this machine."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import psutil
from conftest import wait_until

from rxvlm import Analysis, Ledger
from rxvlm.cluster import watch_all

HEAD = {"num_cpus": 0, "object_store_memory": 100 * 2**20, "include_dashboard": False}
NODE = {"num_cpus": 2, "object_store_memory": 100 * 2**20}


class Seen:
    """What a subscriber to cameras on Ray has seen so far."""

    def __init__(self, cameras: Mapping[str, Any], model: Any = None, **how: Any) -> None:
        self.analyses: list[Analysis] = []
        self.reasons: list[str] = []
        self.over = threading.Event()
        self.error: Exception | None = None
        self.ledgers = {name: Ledger(name, self._on_state) for name in cameras}
        stream = watch_all(cameras, model, ledgers=self.ledgers, **how)
        self.subscription = stream.subscribe(self.analyses.append, self._on_error, self.over.set)

    def of(self, camera: str) -> list[Analysis]:
        return [one for one in self.analyses if one.clip.source == camera]

    def until(self, camera: str, more: int) -> None:
        """Wait until a camera has given so many more answers."""
        count = len(self.of(camera)) + more
        long_until(lambda: len(self.of(camera)) >= count or self.over.is_set())

    def check(self, camera: str, windows: int | None = None) -> None:
        """Check that no window of a camera came twice; of a film, that none is missing; and that its sum holds."""
        starts = [one.clip.start for one in self.of(camera)]
        assert starts == sorted(set(starts)), starts
        assert windows is None or starts == [float(second) for second in range(windows)], starts
        slots = [one.clip.span.slot or 0 for one in self.of(camera)]
        assert windows is not None or slots == sorted(set(slots)), slots
        tally = self.ledgers[camera].snapshot()
        settled = tally.analysed + tally.failed + sum(tally.dropped.values()) + tally.skipped + tally.thinned
        assert tally.captured == settled + tally.waiting + tally.in_flight + tally.unaccounted, tally

    def _on_state(self, _name: str, _state: str, reason: str) -> None:
        self.reasons += [reason] if reason.endswith("; moved") else []

    def _on_error(self, error: Exception) -> None:
        self.error = error
        self.over.set()


def long_until(holds: Callable[[], bool]) -> None:
    """Wait for what takes long on a busy machine: Ray has to start, or to notice something."""
    for _ in range(4):
        try:
            return wait_until(holds)
        except AssertionError:
            continue
    return wait_until(holds)


def actors_of(pid: int, kind: str = "Shard") -> list[int]:
    """Return the processes of Ray below a process that hold an object of a class."""
    children = psutil.Process(pid).children(recursive=True)
    return sorted(child.pid for child in children if _title(child).startswith(f"ray::{kind}"))


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@contextmanager
def machines(count: int) -> Generator[tuple[str, list[int]]]:
    """Run a head without shards and some machines; yield its address, and the process of each machine."""
    ray: Any = import_module(
        "ray.cluster_utils"
    )  # not an import: the types are checked where Ray is not installed, too
    cluster: Any = ray.Cluster(initialize_head=True, head_node_args=HEAD)
    try:
        nodes = [cluster.add_node(**NODE) for _ in range(count)]
        yield cluster.address, [raylet_of(node) for node in nodes]
    finally:
        cluster.shutdown()


def raylet_of(node: Any) -> int:
    return int(node.all_processes["raylet"][0].process.pid)


def send_to_machine(raylet: int, number: signal.Signals) -> None:
    """Send a signal to a machine: to its raylet, and all processes below it."""
    for process in [psutil.Process(raylet), *psutil.Process(raylet).children(recursive=True)]:
        os.kill(process.pid, number)
