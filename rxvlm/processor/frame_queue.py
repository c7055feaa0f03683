"""FrameQueue: turn arrays that any thread pushes into frames, in order, without ever blocking the caller."""

from __future__ import annotations

import logging
import math
import threading
from dataclasses import dataclass
from typing import cast

import numpy as np
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.subject import Subject

from rxvlm.concurrency.timers import now_in_seconds
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.media.picture import Image, Pixels, Still
from rxvlm.operators.on_backpressure_buffer import on_backpressure_buffer
from rxvlm.processor.frame_copies import FrameCopies
from rxvlm.processor.queue_bounds import AdaptiveBounds
from rxvlm.sources.running.monotonic import MonotonicTime
from rxvlm.stream import LossReason

LATE_SECONDS = 1.0
_log = logging.getLogger("rxvlm")
_EXPECTED = "a frame is a BGR uint8 array of shape (height, width, 3)"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PushedFrame(Frame):
    """A pushed frame, and the timestamp that it was pushed with, in seconds of any clock."""

    timestamp: float = 0.0


class Timeline:
    """Turn timestamps into seconds since the first one, which never go back.

    A timestamp that goes back by at most `LATE_SECONDS` is late, because several threads may push in
    any order. One that goes back further is a restart (a film played again, a
    clock set back): time continues from where it was, in a new ``epoch``.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self._monotonic = MonotonicTime()

    @property
    def time(self) -> float:
        """Seconds of the newest timestamp that was not late."""
        return self._monotonic.time

    def place(self, stamp: float) -> float | None:
        """Return the seconds of a timestamp, or None if it is late."""
        time = self._monotonic.place(stamp)
        if time < self.time - LATE_SECONDS:
            self.epoch += 1
            self._monotonic.restart(stamp)
        elif time < self.time:
            return None
        return self._monotonic.advance(stamp)


class FrameQueue:
    """Take arrays on any thread and deliver them as frames on another; when too many wait, the newest is lost.

    Args:
        ledger: Counts every frame; its name is the frames' source.
        bounds: How many frames may wait.
        copies: Makes the copies of the arrays.
        clock: The clock.
        scheduler: Where frames are delivered.

    Attributes:
        frames: The stream of frames.
    """

    def __init__(
        self,
        ledger: Ledger,
        bounds: AdaptiveBounds,
        copies: FrameCopies,
        clock: SchedulerBase,
        scheduler: SchedulerBase,
    ) -> None:
        self._ledger, self._bounds, self._copies, self._clock = ledger, bounds, copies, clock
        self._lock = threading.Lock()
        self._timeline = Timeline()
        self._index = 0
        self._ended = False
        self._pushing: Frame | None = None
        self._waiting: set[Frame] = set()
        self._pushed: Subject[Frame] = Subject()
        buffer = on_backpressure_buffer(self._bound, "drop_newest", scheduler=scheduler, on_drop=self._lose)
        self.frames: Observable[Frame] = self._pushed.pipe(buffer, ops.do_action(self._waiting.discard))

    def __len__(self) -> int:
        """Return how many frames wait."""
        return len(self._waiting)

    @property
    def ended(self) -> bool:
        """Whether the queue takes no more frames."""
        return self._ended

    def push(self, image: Image, timestamp: float | None) -> bool:
        """Take a copy of an array; return whether it was taken.

        Args:
            image: BGR ``uint8`` (height, width, 3).
            timestamp: Seconds of any clock, rising; None: the queue's own clock.
        """
        # Scaling is the expensive part, so a frame that has no room is not scaled.
        full = len(self._waiting) == self._bound()
        copy = None if full else self._copies.copy(image)
        pixels, shape = copy or (Still(image), image.shape)
        with self._lock:
            if self._ended:
                return False
            now = now_in_seconds(self._clock)
            epoch, time = self._timeline.epoch, self._timeline.place(now if timestamp is None else timestamp)
            frame = self._frame(pixels, shape, now, timestamp)
            if copy is None or time is None:
                self._ledger.refuse(frame, "late" if time is None else "overflow")
                return False
            self._ledger.capture(frame)
            self._pushing = frame
            self._waiting.add(frame)
            self._pushed.on_next(frame)
            taken = self._pushing is frame
        if frame.epoch != epoch:
            _log.warning("timestamps of %s go back to %s: time starts again, in a new epoch", frame.source, timestamp)
        return taken

    def end(self) -> None:
        """Take no more frames; `frames` completes when those that wait have been delivered."""
        with self._lock:
            if not self._ended:
                self._ended = True
                self._pushed.on_completed()

    def _bound(self) -> int:
        return self._bounds.now.frames

    def _frame(self, pixels: Pixels, shape: tuple[int, ...], now: float, timestamp: float | None) -> PushedFrame:
        self._index += 1
        return PushedFrame(
            pixels,
            self._timeline.time,
            (shape[0], shape[1], 3),
            self._ledger.name,
            self._index - 1,
            now,
            self._timeline.epoch,
            keyframe=True,
            timestamp=now if timestamp is None else timestamp,
        )

    def _lose(self, frame: Frame, reason: LossReason) -> None:
        self._waiting.discard(frame)
        self._ledger.drop(frame, reason)
        if frame is self._pushing:
            self._pushing = None


def check_image(image: object, timestamp: float | None) -> Image:
    """Check that a value is a picture, and its timestamp a number; return the picture.

    Raises:
        ValueError: If it is not a BGR ``uint8`` array of shape (height, width, 3), or the timestamp is not finite.
    """
    if not isinstance(image, np.ndarray):
        raise ValueError(f"{_EXPECTED}, not {type(image).__name__}: did the read fail?")  # noqa: TRY004 - `add_frame` documents a ValueError
    array = cast("Image", image)
    if array.dtype != np.uint8:
        raise ValueError(f"{_EXPECTED}, not {array.dtype} of shape {array.shape}")
    if array.shape[2:] != (3,):  # rows, columns, BGR
        raise ValueError(f"{_EXPECTED}, not {array.shape}")
    if not array.size:
        raise ValueError(f"{_EXPECTED}, not empty as {array.shape} is")
    if timestamp is not None and not math.isfinite(timestamp):
        raise ValueError(f"a timestamp is a number of seconds, not {timestamp}")
    return array
