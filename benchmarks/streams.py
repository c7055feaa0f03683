"""Measure what the steps cost, as ratios within one run.

``python -m benchmarks.streams``. Absolute times depend on the machine; the ratios to RxPY's own
steps, the throughput relative to what the model allows, and the memory under overload do not.
"""

from __future__ import annotations

import statistics
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import ThreadPoolScheduler
from reactivex.subject import Subject

from rxvlm import Ledger, Store, vlm_from
from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.operators import Operator, analyze, buffer_by_time, close_ledger, flat_map_bounded, sample_evenly
from rxvlm.sources.running.delivery import counted
from rxvlm.testing import frames_at

FRAMES, ITEMS, ROUNDS = 30_000, 10_000, 5
LATENCY, SECONDS = 1.0, 10.0
CAMERAS, CAMERA_SECONDS = 100, 10.0
OVERLOAD, FPS, PARALLEL, CLIP_BYTES = 10, 30, 4, 500_000


def microseconds(stream: Observable[Any], items: int) -> float:
    """Run a stream a few times, and return the median microseconds for each item."""
    took: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        stream.subscribe()
        took.append((time.perf_counter() - began) / items * 1e6)
    return statistics.median(took)


def costs() -> None:
    frames = frames_at([at / FPS for at in range(FRAMES)], size=(16, 16))
    source = reactivex.from_iterable(frames)
    numbers = reactivex.from_iterable(range(ITEMS))
    plain = microseconds(source, FRAMES)
    stock = microseconds(source.pipe(ops.buffer_with_count(10 * FPS)), FRAMES) - plain
    buffered = microseconds(source.pipe(buffer_by_time(10.0)), FRAMES) - plain
    sampled = microseconds(source.pipe(buffer_by_time(10.0), sample_evenly(8)), FRAMES) - plain
    print("step                             us an item   against")
    print(f"source alone                     {plain:10.2f}")
    print(f"buffer_with_count (RxPY)         {stock:10.2f}       1.0")
    print(f"buffer_by_time                   {buffered:10.2f}   {buffered / stock:7.1f}")
    print(f"buffer_by_time, sample_evenly    {sampled:10.2f}   {sampled / stock:7.1f}")
    flat = microseconds(numbers.pipe(ops.flat_map(reactivex.just)), ITEMS)
    bounded = flat_map_bounded(reactivex.just, max_concurrent=1, capacity=ITEMS, overflow="error")
    ours = microseconds(numbers.pipe(bounded), ITEMS)
    print(f"flat_map (RxPY)                  {flat:10.2f}       1.0")
    print(f"flat_map_bounded                 {ours:10.2f}   {ours / flat:7.1f}")


def listeners() -> None:
    """Print what a frame costs through a counted camera in windows of 1 s, and what a listener and a store add."""
    frames = frames_at([at / FPS for at in range(FRAMES)], size=(16, 16))
    took: dict[str, list[float]] = {"no listener": [], "a listener": [], "a store": []}
    with TemporaryDirectory() as folder, Store(Path(folder, "watch.db")) as store:
        for _ in range(ROUNDS):
            for name, costs in took.items():
                ledger = Ledger(name)
                if name != "no listener":
                    ledger.listen(list[Any]().append) if name == "a listener" else store.write.follow(ledger)
                windows = counted(reactivex.from_iterable(frames), ledger, live=False).pipe(
                    buffer_by_time(1.0), close_ledger(ledger)
                )
                began = time.process_time()
                windows.subscribe()
                costs.append((time.process_time() - began) / FRAMES * 1e6)
    plain = min(took["no listener"])
    print("\nledger of 1 s windows             us a frame   against")
    for name, costs in took.items():
        print(f"{name:32} {min(costs):10.2f}   {min(costs) / plain:7.2f}")


def slow(_clip: Clip, _prompt: str) -> str:
    time.sleep(LATENCY)
    return "yes"


def clip(number: int, data: bytes = b"clip") -> Clip:
    return Clip(data, "video/mp4", (float(number),), 16, 16, number, number + 1.0, seen=1, fresh=1)


def throughput(concurrent: int) -> float:
    """Return the answers per second, in arrival order, as a share of what this number of concurrent calls allows."""
    count = round(concurrent * SECONDS / LATENCY)
    asked = analyze(
        vlm_from(slow), "What?", max_concurrent=concurrent, capacity=concurrent, overflow="block", order="arrival"
    )
    began = time.perf_counter()
    answers = reactivex.from_iterable(map(clip, range(count))).pipe(asked, ops.count()).run()
    return answers / (time.perf_counter() - began) / (concurrent / LATENCY)


def overload(asked: Operator[Clip, Any]) -> str:
    """Feed ten times what a model can answer; return what is answered, what is held, and what it costs the producer."""
    clips: Subject[Clip] = Subject()
    answers: list[object] = []
    subscription = clips.pipe(asked).subscribe(lambda _: answers.append(None))
    every = LATENCY / PARALLEL / OVERLOAD
    held: list[float] = []
    took: list[float] = []
    began, at_first = time.monotonic(), psutil.Process().memory_info().rss
    for number in range(round(2 * SECONDS / every)):
        given, before = clip(number, bytes([number % 256]) * CLIP_BYTES), time.perf_counter()
        clips.on_next(given)
        took.append((time.perf_counter() - before) * 1e3)
        held.append((psutil.Process().memory_info().rss - at_first) / 1e6)
        time.sleep(max(0.0, began + number * every - time.monotonic()))
    subscription.dispose()
    third = len(held) // 3
    peaks = ", ".join(f"{max(held[at : at + third]):.0f}" for at in (0, third, 2 * third))
    p99 = statistics.quantiles(took, n=100)[98]
    return f"{len(answers):4} of {len(held)} answered, MB more by thirds {peaks:15}, p99 in on_next {p99:.2f} ms"


def stock(pool: ThreadPoolScheduler) -> Operator[Clip, str]:
    """Ask with RxPY's own operators: a stream for each clip, on a thread pool."""
    return ops.flat_map(lambda given: reactivex.from_callable(lambda: slow(given, ""), pool))


def share_of_a_core(*steps: Operator[Any, Any]) -> float:
    """Push the frames of a hundred cameras in real time, each from its own thread; return the CPU share."""
    frames = frames_at([at / FPS for at in range(round(CAMERA_SECONDS * FPS))], size=(16, 16))
    began = time.monotonic() + 0.5

    def push(number: int) -> None:
        camera: Subject[Frame] = Subject()
        camera.pipe(*steps).subscribe()
        for frame in frames:
            time.sleep(max(0.0, began + number / CAMERAS / FPS + frame.time - time.monotonic()))
            if steps:
                camera.on_next(frame)

    threads = [threading.Thread(target=push, args=(number,)) for number in range(CAMERAS)]
    spent = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.process_time() - spent) / CAMERA_SECONDS


def main() -> None:
    costs()
    listeners()
    print("\nthroughput of analyze, as a share of max_concurrent / latency")
    for concurrent in (1, 4, 16, 64):
        print(f"{concurrent:4} at a time {throughput(concurrent):10.0%}", flush=True)
    print(f"\n{CAMERAS} cameras at {FPS} frames a second, pixels untouched: share of one core")
    print(f"sleeping threads alone           {share_of_a_core():10.1%}")
    print(f"buffer_with_count (RxPY)         {share_of_a_core(ops.buffer_with_count(10 * FPS)):10.1%}")
    print(
        f"buffer_by_time, sample_evenly    {share_of_a_core(buffer_by_time(10.0), sample_evenly(8)):10.1%}", flush=True
    )
    print(f"\nten times what a model takes, clips of {CLIP_BYTES / 1e6:g} MB")
    print("analyze         ", overload(analyze(vlm_from(slow), "What?", max_concurrent=PARALLEL)), flush=True)
    pool = ThreadPoolScheduler(PARALLEL)
    print("flat_map (RxPY) ", overload(stock(pool)))
    pool.executor.shutdown(cancel_futures=True)  # otherwise it would go on asking about all queued clips


if __name__ == "__main__":
    main()
