"""Run `rxvlm run` for an hour with 16 cameras and faults from a seed, and say what became of everything.

``python -m benchmarks.soak [--minutes 60] [--cameras 16] [--seed 1]`` from the root of a checkout with the ``test``
extra installed. Cameras are those of the tests' own RTSP server, the model is `rxvlm.testing.FakeServer`; both are
killed, held up and started again, and so are the receiver of a webhook and the disk of the store, where this user may
mount one. The tables are those of docs/reference/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TextIO

import httpx
import numpy as np
import psutil
from prometheus_client.parser import text_string_to_metric_families

import rxvlm
from rxvlm.testing import FakeServer

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from film import FILMS, make_film
from rtsp_server import RtspServer

from benchmarks.table import markdown

EVERY = 5.0
SERVERS = 4
LOOK_SECONDS = 10.0
DISK_BYTES = 48_000_000


@dataclass
class Receiver:
    """A webhook's receiver, which may be told to fail."""

    failing: bool = False
    taken: int = 0
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                receiver.taken += not receiver.failing
                self.send_response(503 if receiver.failing else 204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - http.server's name

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server.server_port}/"


@dataclass(frozen=True)
class Fault:
    """Something that fails for a while."""

    name: str
    begin: Callable[[], object]
    end: Callable[[], object]


@dataclass
class Seen:
    """What was measured while it ran."""

    answers: int = 0
    failed: int = 0
    ages: list[float] = field(default_factory=list[float])
    states: Counter[str] = field(default_factory=Counter[str])
    events: Counter[str] = field(default_factory=Counter[str])
    memory: list[float] = field(default_factory=list[float])
    threads: list[int] = field(default_factory=list[int])
    files: list[int] = field(default_factory=list[int])
    faults: Counter[str] = field(default_factory=Counter[str])

    def read(self, log: TextIO) -> None:
        """Take the lines of the run's log until it ends."""
        for line in log:
            record: dict[str, Any] = json.loads(line)
            if record["type"] == "state":
                self.states[record["state"]] += 1
            elif record["type"] == "event":
                self.events[record["phase"]] += 1
            elif record["type"] == "analysis":
                self.answers += 1
                self.failed += record["error"] is not None
                if record["error"] is None and record["age"] is not None:
                    self.ages.append(record["age"])

    def look(self, process: psutil.Process) -> None:
        """Note what the process holds."""
        self.memory.append(process.memory_info().rss / 1e6)
        self.threads.append(process.num_threads())
        self.files.append(process.num_fds())


@contextmanager
def small_disk(folder: Path) -> Generator[Path]:
    """Mount a small disk that can be filled; a plain folder where this user may not."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0  # noqa: S603 - of ours
    try:
        yield disk
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(disk)], check=False)  # noqa: S603, S607 - of ours


def faults_of(servers: list[RtspServer], model: FakeServer, receiver: Receiver, disk: Path) -> list[Fault]:
    """Return the faults that are tried; the fifth only where the disk is a small one."""

    def fail_receiver(*, failing: bool) -> Callable[[], None]:
        return lambda: setattr(receiver, "failing", failing)

    def fill() -> None:
        free = os.statvfs(disk)
        with (disk / "filler").open("wb") as filler:
            filler.write(b"\0" * max(0, free.f_bavail * free.f_frsize - 65_536))

    faults = [
        Fault("camera killed", servers[0].stop, servers[0].start),
        Fault("connections dropped", servers[1].drop, lambda: None),
        Fault("model killed", model.close, model.start),
        Fault("webhook answers 503", fail_receiver(failing=True), fail_receiver(failing=False)),
    ]
    if os.path.ismount(disk):
        faults.append(Fault("disk full", fill, (disk / "filler").unlink))
    return faults


def configuration(servers: list[RtspServer], model: FakeServer, receiver: Receiver, disk: Path, cameras: int) -> str:
    text = f'[defaults]\nevery = {EVERY}\nframes = 4\nwidth = 320\neffort = "keyframes"\nfields = "people:int"\n'
    for number in range(cameras):
        text += f'[cameras.c{number:02}]\nuri = "{servers[number % len(servers)].uri}"\n'
    text += f'[models.fake]\nuse = "vllm:x@{model.openai_url}"\nmax_concurrent = 16\ntimeout = 20\n'
    text += '[rules.person]\nwhen = "people > 0"\nneed = "1/1"\nclear = 1\n'
    text += f'[sinks.hook]\nurl = "{receiver.url}"\n'
    text += f'[store]\npath = "{disk / "watch.db"}"\nclips = "events"\nkeep_bytes = {DISK_BYTES // 3}\n'
    return text


def soak(minutes: float, cameras: int, seed: int) -> str:
    """Run it, and return what was seen as Markdown."""
    chosen, seen = random.Random(seed), Seen()  # noqa: S311 - the same seed gives the same faults
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        film = make_film(folder / "film.mp4", FILMS["h264-camera"], [index / 25 for index in range(250)])
        servers = [stack.enter_context(RtspServer(film)) for _ in range(SERVERS)]
        model = stack.enter_context(FakeServer(lambda _: json.dumps({"people": chosen.choice([0, 1])})))
        receiver, disk = Receiver(), stack.enter_context(small_disk(folder))
        path, port = folder / "soak.toml", _free_port()
        path.write_text(configuration(servers, model, receiver, disk, cameras) + f'[metrics]\nlisten = "{port}"\n')
        command = [sys.executable, "-m", "rxvlm", "run", str(path), "--log-json"]
        run = stack.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))  # noqa: S603 - ours
        reader = threading.Thread(target=seen.read, args=[run.stderr])
        reader.start()
        _disturb(psutil.Process(run.pid), seen, faults_of(servers, model, receiver, disk), chosen, minutes * 60)
        outcomes = _outcomes(port)
        run.send_signal(signal.SIGTERM)
        code = run.wait(60)
        reader.join()
        with rxvlm.Store(disk / "watch.db") as store:
            kept = len(store.search(limit=1_000_000))
        head = f"{cameras} cameras, {minutes:g} minutes, seed {seed}, exit code {code}\n\n"
        return head + _report(seen, outcomes, {"the webhook took": receiver.taken, "the store keeps": kept})


def _disturb(process: psutil.Process, seen: Seen, faults: list[Fault], chosen: random.Random, seconds: float) -> None:
    """Begin and end faults, and look at the process, until the time is up. No fault is left at the end."""
    until = time.monotonic() + seconds
    fault, change = None, time.monotonic() + chosen.uniform(10, 30)
    while time.monotonic() < until:
        time.sleep(min(LOOK_SECONDS, max(0.0, until - time.monotonic())))
        seen.look(process)
        if time.monotonic() < change:
            continue
        if fault is not None:
            fault.end()
            fault, change = None, time.monotonic() + chosen.uniform(10, 40)
        elif until - time.monotonic() > 2 * LOOK_SECONDS:
            fault, change = chosen.choice(faults), time.monotonic() + chosen.uniform(5, 40)
            seen.faults[fault.name] += 1
            fault.begin()
    if fault is not None:
        fault.end()


def _outcomes(port: int) -> dict[str, int]:
    """Return what became of all frames, as the metrics say."""
    counted: Counter[str] = Counter()
    page = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name == "rxvlm_frames_total":
                counted[sample.labels["outcome"]] += int(sample.value)
            elif sample.name == "rxvlm_sink_items_total":
                counted[f"{sample.labels['sink']}: {sample.labels['outcome']}"] += int(sample.value)
    return dict(counted)


def _report(seen: Seen, outcomes: dict[str, int], more: dict[str, int]) -> str:
    ages = np.percentile(seen.ages, [50, 95, 99]) if seen.ages else [float("nan")] * 3
    rows: list[tuple[str, object]] = [
        ("answers; of these failed", f"{seen.answers:,}; {seen.failed:,}"),
        ("age of answers, p50, p95, p99", ", ".join(f"{age:.1f} s" for age in ages)),
        ("memory by thirds", _thirds(seen.memory, "MB")),
        ("threads by thirds", _thirds(seen.threads, "")),
        ("descriptors by thirds", _thirds(seen.files, "")),
        ("faults", _counts(seen.faults)),
        ("states", _counts(seen.states)),
        ("events", _counts(seen.events)),
        *((name, f"{count:,}") for name, count in (outcomes | more).items() if count),
    ]
    return markdown(["", ""], rows)


def _thirds(values: list[float] | list[int], unit: str) -> str:
    """Return the largest value of each third."""
    third = max(1, len(values) // 3)
    largest = [max(part) for part in (values[:third], values[third : 2 * third], values[2 * third :]) if part]
    return ", ".join(f"{value:.0f}" for value in largest) + f" {unit}".rstrip()


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Run the soak of the command line, and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--cameras", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(soak(options.minutes, options.cameras, options.seed))


if __name__ == "__main__":
    main()
