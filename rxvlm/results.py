"""What a processor gives: results as dicts, and its statistics; and the queue in which results wait."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxvlm.ledger import Tally

_log = logging.getLogger("rxvlm")


class SamplingInfo(TypedDict):
    """How the frames of a video were chosen.

    Keys:
        strategy: By whom: ``"nearest_in_time"``, or the name of a strategy.
        target_count: Frames asked for.
        original_count: Frames there were to choose from.
        frame_numbers: Those chosen.
        relative_timestamps: Their seconds since the first frame.
    """

    strategy: str
    target_count: int
    original_count: int
    frame_numbers: list[int]
    relative_timestamps: list[float]


class VideoInfo(TypedDict):
    """A video that a model is asked about.

    Keys:
        video_path: Its file; "" if it has none.
        frame_count: Frames in it, after sampling.
        created_at: Seconds since the epoch.
        start_relative_timestamp: Seconds from the first frame of all to the first of its buffer.
        end_relative_timestamp: The same of its buffer's last frame.
        original_frame_range: Numbers of the first and last frame of its buffer.
        sampling_info: How its frames were chosen.
    """

    video_path: str
    frame_count: int
    created_at: float
    start_relative_timestamp: float
    end_relative_timestamp: float
    original_frame_range: tuple[int, int]
    sampling_info: SamplingInfo


class ResultData(TypedDict):
    """What came of one call.

    Keys:
        result: The answer; None if the call failed.
        video_path: The video's file; "" if it has none. It is there until the result has been taken.
        video_info: The video.
        inference_start_time: Seconds since the epoch at which the call began.
        inference_end_time: Seconds since the epoch at which it ended.
        inference_duration: Seconds in between.
        inference_start_timestamp: The same as ISO 8601, in UTC.
        inference_end_timestamp: The same as ISO 8601, in UTC.
        error: Why the call failed, or what a result processor raised; else None.
    """

    result: str | None
    video_path: str
    video_info: VideoInfo
    inference_start_time: float
    inference_end_time: float
    inference_duration: float
    inference_start_timestamp: str
    inference_end_timestamp: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """A processor at one moment, counted since it was made.

    Attributes:
        frames_received: Frames given to it while it ran.
        frames_dropped: Those lost, for any reason; `Tally.dropped` has the reasons.
        frames_processed: Those in windows about which a model was asked, whatever came of it.
        videos_created: Videos encoded.
        videos_unwritten: Those that could not be written to a file, and were asked about without.
        inferences_completed: Calls that ended, failed ones among them.
        average_inference_time: Seconds of a call, over those.
        results_dropped: Results that were pushed out of their queue, or dropped by the result processor.
        queue_sizes: What waits now: ``frames``, ``videos``, ``results``.
        memory_usage: Bytes of memory that the process has (its resident set).
        cpu_usage: Percent of one core that it used since the statistics before these.
        ledger: Where its frames are, as counts that add up.
    """

    frames_received: int
    frames_dropped: int
    frames_processed: int
    videos_created: int
    videos_unwritten: int
    inferences_completed: int
    average_inference_time: float
    results_dropped: int
    queue_sizes: Mapping[str, int]
    memory_usage: int
    cpu_usage: float
    ledger: Tally


class Outbox:
    """Results until they are taken; beyond its capacity the oldest is lost. For any thread.

    Args:
        capacity: Results that wait, at least 1.
        on_drop: Told of each that is lost.
    """

    def __init__(self, capacity: int, on_drop: Callable[[ResultData], None]) -> None:
        self._capacity = capacity
        self._on_drop = on_drop
        self._changed = threading.Condition()
        self._waiting: deque[ResultData] = deque()
        self._open = False
        self._observers: list[ObserverBase[ResultData]] = []
        self.stream: Observable[ResultData] = Observable(self._subscribe)

    def __len__(self) -> int:
        return len(self._waiting)

    def open(self) -> None:
        """Begin: from now on it is worth waiting for a result."""
        with self._changed:
            self._open = True

    def put(self, result: ResultData) -> None:
        """Show a result to all who are subscribed, one at a time, then let it wait."""
        for observer in tuple(self._observers):
            try:
                observer.on_next(result)
            except Exception:  # noqa: BLE001 - it harms nobody but itself
                _log.exception("a subscriber to results raised; it is given no more")
                self._leave(observer)
        with self._changed:
            self._waiting.append(result)
            lost = self._waiting.popleft() if len(self._waiting) > self._capacity else None
            self._changed.notify()
        if lost is not None:
            self._on_drop(lost)

    def take(self, timeout: float | None) -> ResultData | None:
        """Give the oldest result, or None where none has come in time, or none will come.

        Args:
            timeout: Seconds to wait; None: until there is one, or the box is closed.
        """
        until = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not self._waiting and self._open:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._changed.wait(left)
            return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """End: what waits can still be taken, and the streams complete."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
            observers, self._observers = self._observers, []
        for observer in observers:
            try:
                observer.on_completed()
            except Exception:  # noqa: BLE001 - as in put
                _log.exception("a subscriber to results raised at its end")

    def _subscribe(self, observer: ObserverBase[ResultData], scheduler: SchedulerBase | None = None) -> DisposableBase:
        _ = scheduler  # results come when they come
        with self._changed:
            self._observers.append(observer)
        return Disposable(lambda: self._leave(observer))

    def _leave(self, observer: ObserverBase[ResultData]) -> None:
        with self._changed:
            if observer in self._observers:
                self._observers.remove(observer)
