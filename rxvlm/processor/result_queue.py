"""ResultQueue: answers become results, which wait to be taken."""

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
    """Changes results, or drops them."""

    def process_result(self, result: ResultData) -> ResultData | None:
        """Give the result, changed or not, or another; None drops it."""
        ...


ResultFunction: TypeAlias = Callable[[ResultData], ResultData | None]
"""The same as a function."""


def result_of(analysis: Analysis, info: VideoInfo) -> ResultData:
    """Give what came of a call as a dict."""
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
    """Make a function of a result processor.

    Raises:
        TypeError: If it has no ``process_result`` and cannot be called.
    """
    return callback_of(processor, "process_result", "result processor")


class ResultQueue:
    """Results until they are taken; beyond the capacity the oldest is lost. For any thread.

    Args:
        capacity: Results that wait, at least 1.
        remove: Removes a video's file, by its path, when its result has been taken or lost.
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
        """How many results wait."""
        return len(self._waiting)

    def open(self) -> None:
        """Begin: from now on it is worth waiting for a result."""
        with self._changed:
            self._open = True

    def answer(self, analysis: Analysis, info: VideoInfo) -> None:
        """Take in what came of a call; one at a time."""
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
        result = self._processed(given)
        if result is None:
            self._drop(info["video_path"])
            return
        self._show(result)
        with self._changed:
            self._waiting.append((result, info["video_path"]))
            lost = self._waiting.popleft() if len(self._waiting) > self.capacity else None
            self._changed.notify()
        if lost is not None:
            self._drop(lost[1])

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
            if not self._waiting:
                return None
            result, path = self._waiting.popleft()
        self._remove(path)
        return result

    def close(self) -> None:
        """End: what waits can still be taken, and the streams complete."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
            observers, self._observers = self._observers, []
        for observer in observers:
            try:
                observer.on_completed()
            except Exception:  # noqa: BLE001 - as in _show
                _log.exception("a subscriber to results raised at its end")

    def _processed(self, result: ResultData) -> ResultData | None:
        if self.process is None:
            return result
        try:
            changed = cast("object", self.process(result.copy()))
        except Exception as error:  # noqa: BLE001 - it marks the result, and no more
            _log.exception("a result processor raised")
            return _marked(result, f"the result processor raised {error!r}")
        if changed is not None and not isinstance(changed, dict):
            return _marked(result, f"the result processor gave no result, but {changed!r}")
        return cast("ResultData | None", changed)

    def _show(self, result: ResultData) -> None:
        for observer in tuple(self._observers):
            try:
                observer.on_next(result)
            except Exception:  # noqa: BLE001 - it harms nobody but itself
                _log.exception("a subscriber to results raised; it is given no more")
                self._leave(observer)

    def _drop(self, path: str) -> None:
        self.dropped += 1
        self._remove(path)

    def _subscribe(self, observer: ObserverBase[ResultData], scheduler: SchedulerBase | None = None) -> DisposableBase:
        _ = scheduler  # results come when they come
        with self._changed:
            self._observers.append(observer)
        return Disposable(lambda: self._leave(observer))

    def _leave(self, observer: ObserverBase[ResultData]) -> None:
        with self._changed:
            if observer in self._observers:
                self._observers.remove(observer)


def _marked(result: ResultData, fault: str) -> ResultData:
    result["error"] = without_secrets(fault if result["error"] is None else f"{result['error']}; {fault}")
    return result
