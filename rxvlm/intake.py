"""Intake: arrays that any thread pushes become frames, in order, and never hold anybody up."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypedDict, cast

import numpy as np
from av import VideoFrame
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.subject import Subject

from rxvlm import mp4
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.operators.on_backpressure_buffer import on_backpressure_buffer
from rxvlm.operators.sample_evenly import nearest
from rxvlm.operators.sample_with import Strategy
from rxvlm.picture import Image, Pixels, Still, fitted, height_at
from rxvlm.timers import seconds_of
from rxvlm.undated import Decoded
from rxvlm.window import Window

LATE_SECONDS = 1.0
_EXPECTED = "a frame is a BGR uint8 array of shape (height, width, 3)"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PushedFrame(Frame):
    """A frame that was pushed, and the timestamp that it was pushed with, in whatever seconds those are."""

    timestamp: float = 0.0


class Timeline:
    """Turns timestamps into seconds since the first one, that never go back.

    One that goes back by no more than `LATE_SECONDS` is late: threads that push come in
    any order. One that goes back further is a new beginning (a film played again, a
    clock set back): time goes on from where it was, in a new ``epoch``.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self._zero: float | None = None  # the timestamp that is `_began`
        self._began = self._time = self._gap = 0.0

    def place(self, stamp: float) -> float | None:
        """Give the seconds of a timestamp, or None if it is late."""
        if self._zero is None:
            self._zero = stamp
        time = self._began + (stamp - self._zero)
        if time < self._time - LATE_SECONDS:
            self.epoch += 1
            self._zero, self._began = stamp, self._time + self._gap
            time = self._began
        if time < self._time:
            return None
        self._gap = min(time - self._time, 1.0) or self._gap
        self._time = time
        return time


class Intake:
    """Takes arrays from any thread, and gives them as frames on another; the newest is lost where too many wait.

    Args:
        ledger: Counts every frame, and names their source.
        bound: How many frames may wait, at the moment.
        width: Pixels across at most of a frame; wider ones are scaled. None: as they are.
        clock: Tells the time.
        scheduler: Where frames are given.
    """

    def __init__(
        self,
        ledger: Ledger,
        bound: Callable[[], int],
        width: int | None,
        clock: SchedulerBase,
        scheduler: SchedulerBase,
    ) -> None:
        self._ledger, self._bound, self._width, self._clock = ledger, bound, width, clock
        self._lock = threading.Lock()
        self._timeline = Timeline()
        self._index = 0
        self._ended = False
        self._waiting: set[Frame] = set()
        self._pushed: Subject[Frame] = Subject()
        buffer = on_backpressure_buffer(bound, "drop_newest", scheduler=scheduler, on_drop=self._lose)
        self.frames: Observable[Frame] = self._pushed.pipe(buffer, ops.do_action(self._waiting.discard))

    def __len__(self) -> int:
        """How many frames wait."""
        return len(self._waiting)

    def push(self, image: Image, timestamp: float | None) -> bool:
        """Take a copy of an array, scaled at need; give whether it was taken.

        Args:
            image: BGR ``uint8`` (height, width, 3).
            timestamp: Seconds of any clock, rising; None: by this one's.
        """
        # Whoever is too many is not scaled first: that is what costs.
        pixels = Still(image) if len(self._waiting) >= self._bound() else _held(image, self._width)
        with self._lock:
            if self._ended:
                return False
            now = seconds_of(self._clock)
            stamp = now if timestamp is None else timestamp
            time = self._timeline.place(stamp)
            height, width = pixels.image().shape[:2] if isinstance(pixels, Still) else (0, 0)
            frame = PushedFrame(
                pixels,
                0.0 if time is None else time,
                (height, width, 3),
                self._ledger.name,
                self._index,
                now,
                self._timeline.epoch,
                keyframe=True,
                timestamp=stamp,
            )
            self._index += 1
            return True
