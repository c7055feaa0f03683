"""ResultQueue: turn answers into results and keep them until they are taken."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, TypeAlias, cast

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxvlm.analysis import Analysis
from rxvlm.processor.callback import callback_of
from rxvlm.processor.results import ResultData, VideoInfo, log_step
from rxvlm.uri import without_secrets

_log = logging.getLogger("rxvlm")


class ResultProcessor(Protocol):
    """An object that changes or drops results."""

    def process_result(self, result: ResultData) -> ResultData | None:
        """Return the result, changed or not, or another one; None drops it."""
        ...


ResultFunction: TypeAlias = Callable[[ResultData], ResultData | None]
"""A function that does the same."""


def result_of(analysis: Analysis, info: VideoInfo) -> ResultData:
    """Return the outcome of a call as a dict."""
    error = analysis.error
    return {
        "result": analysis.text if error is None else None,
        "video_path": info["video_path"],
        "video_info": info,
        "inference_start_time": analysis.asked,
        "inference_end_time": analysis.answered,
        "inference_duration": analysis.duration,
        "inference_start_timestamp": datetime.fromtimestamp(analysis.asked, UTC).isoformat(),
        "inference_end_timestamp": datetime.fromtimestamp(analysis.answered, UTC).isoformat(),
        "error": None if error is None else str(error) or type(error).__name__,
    }


def result_function(processor: ResultProcessor | ResultFunction) -> ResultFunction:
    """Return a result processor as a function.

    Raises:
        TypeError: If it has no ``process_result`` and is not callable.
    """
    return callback_of(processor, "process_result", "result processor")


class ResultQueue:
    """A queue of results; beyond its capacity the oldest is lost. Any thread may use it.

    Args:
        capacity: The most results that may wait, at least 1.
        remove: Called with the path of a video's file when its result has been taken or lost.
    """

    def __init__(self, capacity: int, remove: Callable[[str], None]) -> None:
        self.capacity = capacity
        self._remove = remove
        self._changed = threading.Condition()
        self._waiting: deque[tuple[ResultData, str]] = deque()
        self._open = False
        self._observers: list[ObserverBase[ResultData]] = []
        self.process: ResultFunction | None = None
        self.stream: Observable[ResultData] = Observable(self._subscribe)
        self.completed = self.dropped = 0
        self.seconds = 0.0

    def __len__(self) -> int:
        """Return how many results wait."""
        return len(self._waiting)

    def open(self) -> None:
        """Open the queue: from now on `take` waits for results."""
        with self._changed:
            self._open = True

    def answer(self, analysis: Analysis, info: VideoInfo) -> None:
        """Add the result of a call. Calls must not overlap."""
        self.completed += 1
        self.seconds += analysis.duration
        given = result_of(analysis, info)
        log_step(
            "answer",
            analysis.clip.source,
            model=analysis.model,
            seconds=analysis.duration,
            letters=len(analysis.text),
            error=given["error"],
        )
        result = self._process(given)
        if result is None:
            self._drop(info["video_path"])
            return
        self._publish(result)
        with self._changed:
            self._waiting.append((result, info["video_path"]))
            lost = self._waiting.popleft() if len(self._waiting) > self.capacity else None
            self._changed.notify()
        if lost is not None:
            self._drop(lost[1])

    def take(self, timeout: float | None) -> ResultData | None:
        """Take the oldest result; return None if none came in time, or no more will come.

        Args:
            timeout: Seconds to wait; None: until there is a result or the queue is closed.
        """
        until = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not self._waiting and self._open:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._changed.wait(left)
            if not self._waiting:
                return None
            result, path = self._waiting.popleft()
        self._remove(path)
        return result

    def close(self) -> None:
        """Close the queue: what waits can still be taken, and subscribers to `stream` get their completion."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
            observers, self._observers = self._observers, []
        for observer in observers:
            try:
                observer.on_completed()
            except Exception:  # noqa: BLE001 - as in _publish
                _log.exception("a subscriber to results raised at its end")

    def _process(self, result: ResultData) -> ResultData | None:
        if self.process is None:
            return result
        try:
            changed = cast("object", self.process(result.copy()))
        except Exception as error:  # noqa: BLE001 - a user's function may raise anything; the result keeps the fault
            _log.exception("a result processor raised")
            return _with_fault(result, f"the result processor raised {error!r}")
        if changed is not None and not isinstance(changed, dict):
            return _with_fault(result, f"the result processor returned {changed!r}, not a result")
        return cast("ResultData | None", changed)

    def _publish(self, result: ResultData) -> None:
        for observer in tuple(self._observers):
            try:
                observer.on_next(result)
            except Exception:  # noqa: BLE001 - a subscriber that raises must not stop the others
                _log.exception("a subscriber to results raised; it gets no more of them")
                self._unsubscribe(observer)

    def _drop(self, path: str) -> None:
        self.dropped += 1
        self._remove(path)

    def _subscribe(self, observer: ObserverBase[ResultData], scheduler: SchedulerBase | None = None) -> DisposableBase:
        _ = scheduler  # no timers here: results come when the model has answered
        with self._changed:
            self._observers.append(observer)
        return Disposable(lambda: self._unsubscribe(observer))

    def _unsubscribe(self, observer: ObserverBase[ResultData]) -> None:
        with self._changed:
            if observer in self._observers:
                self._observers.remove(observer)


def _with_fault(result: ResultData, fault: str) -> ResultData:
    result["error"] = without_secrets(fault if result["error"] is None else f"{result['error']}; {fault}")
    return result
