"""AsyncVideoProcessor: a soak test on simulated time, and a comparison with the earlier design.

``python -m benchmarks.processor [soak|side]``. The soak test pushes ten times what the model can
answer, for simulated hours. The comparison measures memory in separate processes, the time from a
window's last frame to its request, and results per minute with a model that takes 2 s.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
import reactivex
from reactivex import Observable, abc, typing
from reactivex import operators as ops

from benchmarks.earlier import Earlier
from rxvlm import Clip, Piece, vlm_from
from rxvlm.concurrency.timers import Timers
from rxvlm.media.picture import Image
from rxvlm.processor import AsyncVideoProcessor

HOURS, FASTER, WINDOW, FPS = 12, 400, 10.0, 10
FULL_HD, FULL_HD_FPS, FULL_HD_SECONDS = (1080, 1920, 3), 30, 25.0
LATENCY_WINDOWS = 8
MODEL_SECONDS, RATE_SECONDS = 2.0, 40.0
_State = TypeVar("_State")


class Hurried(Timers):
    """A clock that runs faster than real time, and runs actions on threads."""

    def __init__(self, faster: float) -> None:
        super().__init__("rxvlm-hurried")
        self._faster, self._began = faster, time.monotonic()

    @property
    def now(self) -> datetime:
        """The simulated time."""
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=(time.monotonic() - self._began) * self._faster)

    def schedule_relative(
        self, duetime: typing.RelativeTime, action: typing.ScheduledAction[_State], state: _State | None = None
    ) -> abc.DisposableBase:
        """Run an action after some simulated time."""
        return super().schedule_relative(self.to_seconds(duetime) / self._faster, action, state)


class Slow:
    """A model that takes a number of simulated seconds."""

    name = "slow"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Answer after this time."""
        _ = clip, prompt
        return reactivex.timer(self._seconds).pipe(ops.map(lambda _: Piece("yes")))


def soak() -> None:
    """Push ten times what the model can answer, for simulated hours."""
    clock = Hurried(FASTER)
    picture = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    frames, per_look = HOURS * 3600 * FPS, 3600 * FPS
    with tempfile.TemporaryDirectory() as folder:
        processor = AsyncVideoProcessor(
            Slow(10 * WINDOW), prompt="?", window_seconds=WINDOW, timeout=300.0, temp_dir=folder, scheduler=clock
        )
        processor.start()
        print(
            f"{HOURS} simulated hours at {FPS} frames a second, a window of {WINDOW:g} s, a call of {10 * WINDOW:g} s"
        )
        print("hours   MB  threads  frames given   refused  answered")
        began = time.monotonic()
        for number in range(frames):
            time.sleep(max(0.0, began + number / FPS / FASTER - time.monotonic()))
            processor.add_frame(picture, number / FPS)
            processor.get_result(0)
            if (number + 1) % per_look == 0:
                seen, hours = processor.get_statistics(), (number + 1) / FPS / 3600
                held = f"{hours:5.2f} {seen.memory_usage / 1e6:5.0f} {threading.active_count():7}"
                print(
                    f"{held} {seen.frames_received:13} {seen.frames_dropped:9} {seen.inferences_completed:9}",
                    flush=True,
                )
        processor.stop(5.0)
        clock.close()
        tally = processor.get_statistics().ledger
    lost = sum(tally.dropped.values())
    print(
        f"{tally.captured} captured = {tally.analysed} analysed + {tally.failed} failed + {lost} lost {tally.dropped}"
    )
    assert tally.captured == frames == tally.analysed + tally.failed + lost  # noqa: S101 - this is what the benchmark shows


def fresh(number: int, shape: tuple[int, ...]) -> Image:
    """Make a new array, as the driver of a camera does."""
    return np.full(shape, number % 256, np.uint8)


@contextmanager
def ours(infer: Callable[[Clip], str], **how: Any) -> Generator[AsyncVideoProcessor]:  # noqa: ANN401 - the options of the processor
    with tempfile.TemporaryDirectory() as folder:
        model = vlm_from(lambda clip, _: infer(clip), name="slow")
        processor = AsyncVideoProcessor(model, prompt="?", temp_dir=folder, **how)
        processor.start()
        yield processor
        processor.stop(1.0)


@contextmanager
def earlier(infer: Callable[[str], str], **how: Any) -> Generator[Earlier]:  # noqa: ANN401 - the options of the earlier design
    with tempfile.TemporaryDirectory() as folder:
        processor = Earlier(infer, folder=folder, **how)
        processor.start()
        yield processor
        processor.stop()


def memory(which: str) -> None:
    """Push two and a half windows of full HD, and print by how many MB the process grew at its peak."""
    count = round(FULL_HD_SECONDS * FULL_HD_FPS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if which == "earlier":
        with earlier(lambda _: "yes", window_seconds=WINDOW) as old:
            for number in range(count):
                old.add_frame(fresh(number, FULL_HD), number / FULL_HD_FPS)
    else:
        with ours(lambda _: "yes", window_seconds=WINDOW, width=None if which == "full" else 640) as new:
            for number in range(count):
                while not new.add_frame(fresh(number, FULL_HD), number / FULL_HD_FPS):
                    time.sleep(0.001)
    print(f"{(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024:.0f}")


def measured(which: str) -> str:
    """Run `memory` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.processor", "memory", which]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - itself


def latency_of_earlier(fps: float, shape: tuple[int, ...]) -> list[float]:
    """Push in real time, and return for each window the milliseconds from its last frame to the call."""
    with earlier(lambda _: "yes", window_seconds=1.0) as processor:
        for number in paced(fps, LATENCY_WINDOWS):
            processor.add_frame(fresh(number, shape), number / fps)
        said = list(iter(lambda: processor.get_result(0.5), None))
    return [(one["inference_start_time"] - one["video_info"]["last_frame_at"]) * 1e3 for one in said]


def latency(fps: float, shape: tuple[int, ...], width: int | None) -> list[float]:
    """Do the same with rxvlm, where the first frame after its end closes a window."""
    came: dict[int, float] = {}
    with ours(lambda _: "yes", window_seconds=1.0, width=width) as processor:
        for number in paced(fps, LATENCY_WINDOWS):
            picture, came[number] = fresh(number, shape), time.time()
            processor.add_frame(picture, number / fps)
        processor.stop(5.0)
        said = list(processor)
    closed = [(one, one["video_info"]["original_frame_range"][1] + 1) for one in said]
    return [(one["inference_start_time"] - came[number]) * 1e3 for one, number in closed if number in came]


def paced(fps: float, seconds: float) -> Iterator[int]:
    began = time.monotonic()
    for number in range(round(fps * seconds)):
        time.sleep(max(0.0, began + number / fps - time.monotonic()))
        yield number


def slowly(_what: object) -> str:
    time.sleep(MODEL_SECONDS)
    return "yes"


def rate(processor: Any, push: Callable[[int], object]) -> float:  # noqa: ANN401 - either of the two processors
    """Push more than the model can answer, and return the results per minute."""
    began, results, number = time.monotonic(), 0, 0
    while time.monotonic() < began + RATE_SECONDS:
        push(number)
        number += 1
        results += processor.get_result(0.001) is not None
    return results / RATE_SECONDS * 60


def side_by_side() -> None:
    print("memory that 25 s of 1080p30 take beyond the start, windows of 10 s")
    for which, name in [("earlier", "earlier"), ("full", "rxvlm, width=None"), ("small", "rxvlm, width=640")]:
        print(f"  {name:20} {measured(which):>5} MB", flush=True)
    print("ms from a window's last frame to the request, median (most); 1080p at 15 frames a second")
    for name, took in [
        ("earlier", latency_of_earlier(15, FULL_HD)),
        ("rxvlm, width=None", latency(15, FULL_HD, None)),
        ("rxvlm, width=640", latency(15, FULL_HD, 640)),
    ]:
        print(f"  {name:20} {statistics.median(took):5.0f} ({max(took):.0f})", flush=True)
    print(f"results a minute, a model that takes {MODEL_SECONDS:g} s, more frames than anybody takes")
    picture = fresh(7, (360, 640, 3))
    with earlier(slowly, frames_per_video=10) as old:
        print(f"  {'earlier':20} {rate(old, lambda number: old.add_frame(picture, number / 10)):5.0f}", flush=True)
    for concurrent in (1, 8):
        with ours(slowly, frames_per_video=10, max_concurrent=concurrent) as new:
            found = rate(new, lambda number, new=new: new.add_frame(picture, number / 10))
            print(f"  rxvlm, {concurrent} at once     {found:5.0f}", flush=True)


def main() -> None:
    what = sys.argv[1:] or ["soak", "side"]
    if what[0] == "memory":
        memory(what[1])
        return
    if "soak" in what:
        soak()
    if "side" in what:
        side_by_side()


if __name__ == "__main__":
    main()
