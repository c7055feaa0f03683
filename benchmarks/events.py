"""Measure what events cost: ``python -m benchmarks.events``.

The cost of an answer in `events_when`, with a function and with a text as its condition, against that of RxPY's own
``filter``; and the slowest conditions that may be written, over the most data that they look at. CPU time.
"""

from __future__ import annotations

import time
from typing import Any

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import ImmediateScheduler, VirtualTimeScheduler

from benchmarks.table import Spread, markdown
from rxvlm import Analysis, Clip, condition
from rxvlm.operators import Operator, events_when

ANSWERS, CAMERAS = 5000, 8
TEXT = "people > 0 && colour.contains('red')"
WORST = {
    "boxes.exists(b, b.score > 2.0 && b.label == 'x')": {"boxes": [{"label": "a", "score": 0.1}] * 1000},
    "labels.exists(b, " + " || ".join(["b == 'x'"] * 8) + ")": {"labels": ["a" * 10] * 1000},
    "labels.exists(b, " + " || ".join(["b == 'x'"] * 34) + ")": {"labels": ["a" * 10] * 350},
    "labels.filter(b, b != 'x').size() == 0": {"labels": ["a"] * 200},
    "labels.filter(b, b != 'x').filter(b, b != 'y').map(b, b + 'z').size() == 0": {"labels": ["a"] * 115},
    "labels.exists(a, labels.exists(b, a != a))": {"labels": ["a"] * 31},
    "labels.exists(a, a.matches('(a+)+b'))": {"labels": ["a" * 100] * 195},
    "text.matches('(a|aa)+b')": {},
}


def answers() -> list[Analysis]:
    """Return answers about some cameras, which hold and do not hold in turns of a few."""
    clips = [
        Clip((b"x",), "image/jpeg", (0.0,), 8, 8, at * 10.0, at * 10.0 + 10.0, source=f"camera-{at % CAMERAS}")
        for at in range(ANSWERS)
    ]
    values = [{"people": at // 50 % 2, "colour": "dark red"} for at in range(ANSWERS)]
    return [Analysis(clip, "?", "m", 0.0, 1.0, value=value) for clip, value in zip(clips, values, strict=True)]


def microseconds(stream: Observable[Any]) -> float:
    """Run a stream, and return the microseconds for each answer."""
    began = time.process_time()
    stream.subscribe(scheduler=VirtualTimeScheduler(0.0))
    return (time.process_time() - began) / ANSWERS * 1e6


def holds(analysis: Analysis) -> bool:
    """Return whether an answer holds, without any package."""
    return analysis.value["people"] > 0


def costs(rounds: int) -> list[tuple[str, Spread]]:
    """Return what an answer costs, in rounds in which the steps take turns; the source is in the cost of all."""
    source = reactivex.from_iterable(answers(), scheduler=ImmediateScheduler())
    steps: list[Operator[Analysis, Any]] = [ops.filter(holds), events_when(holds), events_when(TEXT)]
    took = [[microseconds(source.pipe(step)) for step in steps] for _ in range(rounds)]
    return [
        ("microseconds for an answer in `events_when`, with a function", Spread.of([one[1] for one in took])),
        (f"the same, with the text `{TEXT}`".replace("|", "\\|"), Spread.of([one[2] for one in took])),
        ("RxPY's `filter` with the same function, against `events_when`", Spread.of([one[0] / one[1] for one in took])),
    ]


def slowest(rounds: int) -> list[tuple[str, Spread]]:
    """Return the milliseconds of the worst conditions."""
    rows: list[tuple[str, Spread]] = []
    for text, value in WORST.items():
        compiled = condition(text)
        analysis = Analysis(answers()[0].clip, "?", "m", 0.0, 1.0, "a" * 15_000, value)
        took: list[float] = []
        for _ in range(rounds):
            began = time.process_time()
            if compiled(analysis) is None:
                raise AssertionError(f"{text} did not look at its data")
            took.append((time.process_time() - began) * 1000)
        name = text if len(text) < 80 else f"{text[:80]}..."  # noqa: PLR2004 - what fits a cell
        rows.append((f"milliseconds of `{name}`".replace("|", "\\|"), Spread.of(took)))
    return rows


def table(rounds: int) -> str:
    """Return the table of docs/reference/benchmarks.md."""
    return markdown(["", ""], [*costs(rounds), *slowest(rounds)])


if __name__ == "__main__":
    print(table(9))
