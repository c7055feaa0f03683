"""What the steps cost, as ratios within one run.

``python -m benchmarks.streams``. Absolute times depend on the machine; the ratios to RxPY's own
steps, the throughput against what the model allows, and the memory under overload do not.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import psutil
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject

from rxvlm import vlm_from
from rxvlm.clip import Clip
from rxvlm.operators import analyze, buffer_by_time, flat_map_bounded, sample_evenly
from rxvlm.testing import frames_at

FRAMES, ITEMS, ROUNDS = 30_000, 10_000, 5
LATENCY, SECONDS = 0.1, 3.0
OVERLOAD, FPS, PARALLEL = 10, 30, 4


def microseconds(stream: Observable[Any], items: int) -> float:
    """Run a stream a few times, and give the median microseconds for each item."""
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


def slow(_clip: Clip, _prompt: str) -> str:
    time.sleep(LATENCY)
    return "yes"


def clip(number: int, data: bytes = b"clip") -> Clip:
    return Clip(data, "video/mp4", (float(number),), 16, 16, number, number + 1.0, seen=1, fresh=1)


def throughput(concurrent: int) -> float:
    """Give the answers a second, as a share of what so many calls at a time allow."""
    count = round(concurrent * SECONDS / LATENCY)
    asked = analyze(vlm_from(slow), "What?", max_concurrent=concurrent, capacity=concurrent, overflow="block")
    began = time.perf_counter()
    answers = reactivex.from_iterable(map(clip, range(count))).pipe(asked, ops.count()).run()
    return answers / (time.perf_counter() - began) / (concurrent / LATENCY)


def overload() -> str:
    """Feed ten times what a model takes, a megabyte at a time; give what is held and lost."""
    lost: list[str] = []
    clips: Subject[Clip] = Subject()
    model = vlm_from(slow)
    asked = analyze(model, "What?", max_concurrent=PARALLEL, on_drop=lambda _, reason: lost.append(reason))
    answers: list[str] = []
    subscription = clips.pipe(asked).subscribe(lambda analysis: answers.append(analysis.text))
    every = LATENCY / PARALLEL / OVERLOAD
    held: list[float] = []
    began = time.monotonic()
    for number in range(round(3 * SECONDS / every)):
        clips.on_next(clip(number, bytes([number % 256]) * 1_000_000))
        held.append(psutil.Process().memory_info().rss / 1e6)
        time.sleep(max(0.0, began + number * every - time.monotonic()))
    subscription.dispose()
    third = len(held) // 3
    peaks = ", ".join(f"{max(held[at : at + third]):.0f}" for at in (0, third, 2 * third))
    return (
        f"{len(held)} clips of 1 MB: {len(answers)} answered, {len(lost)} lost; peak MB by thirds of the time: {peaks}"
    )


def main() -> None:
    costs()
    print("\nthroughput of analyze, as a share of max_concurrent / latency")
    for concurrent in (1, 4, 16, 64):
        print(f"{concurrent:4} at a time {throughput(concurrent):10.0%}", flush=True)
    print(f"\nten times what the model takes: {overload()}")


if __name__ == "__main__":
    main()
