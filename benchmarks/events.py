"""Measure what events cost: ``python -m benchmarks.events``.

The cost of an answer in `events_when`, with a function and with a text as its condition, against that of RxPY's own
``filter``; and the slowest conditions that may be written, over the most data that they look at.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import ImmediateScheduler, VirtualTimeScheduler

from rxvlm import Analysis, Clip, condition
from rxvlm.operators import Operator, events_when

ANSWERS, ROUNDS, CAMERAS = 5000, 7, 8
MOST_MICROSECONDS, MOST_MILLISECONDS = 20.0, 5.0


def answers() -> list[Analysis]:
    """Return answers about some cameras, which hold and do not hold in turns of a few."""
    clips = [
        Clip((b"x",), "image/jpeg", (0.0,), 8, 8, at * 10.0, at * 10.0 + 10.0, source=f"camera-{at % CAMERAS}")
        for at in range(ANSWERS)
    ]
    values = [{"people": at // 50 % 2, "colour": "dark red"} for at in range(ANSWERS)]
    return [Analysis(clip, "?", "m", 0.0, 1.0, value=value) for clip, value in zip(clips, values, strict=True)]


def microseconds(stream: Observable[Any]) -> float:
    """Run a stream a few times, and return the median microseconds of CPU for each answer."""
    took: list[float] = []
    for _ in range(ROUNDS):
        began = time.process_time()
        stream.subscribe(scheduler=VirtualTimeScheduler(0.0))
        took.append((time.process_time() - began) / ANSWERS * 1e6)
    return statistics.median(took)


def holds(analysis: Analysis) -> bool:
    """Return whether an answer holds, without any package."""
    return analysis.value["people"] > 0


def costs() -> None:
    source = reactivex.from_iterable(answers(), scheduler=ImmediateScheduler())
    plain = microseconds(source)
    steps: dict[str, Operator[Analysis, Any]] = {
        "filter (RxPY)": ops.filter(holds),
        "events_when, a function": events_when(holds),
        "events_when, with lost_after": events_when(holds, lost_after=600.0),
        "events_when, a text": events_when("people > 0 && colour.contains('red')"),
    }
    took = {name: microseconds(source.pipe(step)) for name, step in steps.items()}
    stock = took["filter (RxPY)"]
    print("step                             us an answer   source and step, against filter")
    for name, cost in took.items():
        print(f"{name:32} {cost - plain:12.2f} {cost / stock:9.1f}")
    print(f"the bound, for a function: {MOST_MICROSECONDS:g} us")


def slowest() -> None:
    """Print the milliseconds of the worst conditions."""
    worst = {
        "boxes.exists(b, b.score > 2.0 && b.label == 'x')": {"boxes": [{"label": "a", "score": 0.1}] * 300},
        "labels.exists(b, " + " || ".join(["b == 'x'"] * 20) + ")": {"labels": ["a" * 10] * 1000},
        "labels.filter(b, b == 'x').size() > 0": {"labels": ["a"] * 100},
        "labels.exists(a, labels.exists(b, a != a))": {"labels": ["a"] * 31},
        "labels.exists(a, a.matches('(a+)+b'))": {"labels": ["a" * 100] * 100},
        "text.matches('(a|aa)+b')": {},
    }
    print("milliseconds   condition")
    for text, value in worst.items():
        compiled = condition(text)
        analysis = Analysis(answers()[0].clip, "?", "m", 0.0, 1.0, "a" * 15_000, value)
        took: list[float] = []
        for _ in range(20):
            began = time.process_time()
            compiled(analysis)
            took.append((time.process_time() - began) * 1000)
        print(f"{statistics.median(took):12.2f}   {text[:90]}")
    print(f"the bound: {MOST_MILLISECONDS:g} ms")


if __name__ == "__main__":
    costs()
    slowest()
