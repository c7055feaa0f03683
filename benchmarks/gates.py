"""Measure what motion gates save, and what they miss.

``python -m benchmarks.gates CLIP...`` with files, or drawn films such as
``demo:yard?seconds=600&fps=5``. A window has motion if at least half a
percent of a small grey picture changes by more than 20 of 255 levels between two neighbouring
frames. All frames are decoded for that, which no gate does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from reactivex import from_iterable
from reactivex import operators as ops

import rxvlm
from rxvlm import Window
from rxvlm.operators import Operator, buffer_by_time, gate_by_motion
from rxvlm.operators.sampling.small import changed, grays

SPANS = 2.0, 10.0
LEVELS, SHARE = 20, 0.005
GATES: dict[str, Callable[[], Operator[Window, Window]]] = {
    "pixels": lambda: gate_by_motion("pixels"),
    "packets": lambda: gate_by_motion("packets"),
}


@dataclass(frozen=True)
class Row:
    """What one gate did with one clip.

    Attributes:
        closed: Share of the windows that it did not let through.
        missed: Windows with motion among those.
        seconds: Seconds that it took for all windows.
    """

    closed: float
    missed: list[Window]
    seconds: float


def moves(window: Window) -> bool:
    pictures = [picture for _, picture in grays(window.frames)]
    return any((changed(*pair) > LEVELS).mean() >= SHARE for pair in pairwise(pictures))


def measure(windows: list[Window], gate: Operator[Window, Window], moving: set[Window]) -> Row:
    passed: set[Window] = set()
    began = time.perf_counter()
    from_iterable(windows).pipe(gate).subscribe(passed.add)
    seconds = time.perf_counter() - began
    missed = [window for window in windows if window in moving and window not in passed]
    return Row(1 - len(passed) / len(windows), missed, seconds)


def main(clips: list[str]) -> None:
    print("clip, span, gate, windows, with motion, missed, closed, seconds; where motion was missed")
    for clip in clips:
        for span in SPANS:
            windows = rxvlm.video(clip).pipe(buffer_by_time(span), ops.to_list()).run()
            moving = {window for window in windows if moves(window)}
            for name, gate in GATES.items():
                row = measure(windows, gate(), moving)
                where = " ".join(f"{window.start:g}" for window in row.missed)
                counts = f"{len(windows):4} {len(moving):4} {len(row.missed):4}"
                print(f"{clip} {span:g} {name:8} {counts} {row.closed:5.0%} {row.seconds:6.2f}  {where}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
