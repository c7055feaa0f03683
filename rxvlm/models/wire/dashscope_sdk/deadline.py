"""A call that blocks a thread, as a stream: with a deadline, and a line that anybody may hang up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import TypeAlias

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable

from rxvlm.concurrency.timers import clock_of
from rxvlm.errors import ModelError, ModelTimeoutError
from rxvlm.models.wire.dashscope_sdk.call_socket import CallSocket
from rxvlm.models.wire.threads import WORKERS
from rxvlm.vlm import Piece

Work: TypeAlias = Callable[[CallSocket], Generator[Piece, None, None]]
"""Fetches the pieces of an answer over a line, blocking."""


def call_with_deadline(work: Work, seconds: float, name: str) -> Observable[Piece]:
    """Give the pieces of an answer that are fetched on a worker thread.

    Disposing, and the deadline, shut the line at once; the deadline's error does not wait for
    the thread, wherever that is: resolving a name, connecting, sending, reading.

    Args:
        work: Fetches them; called anew for each subscription.
        seconds: For all of it, on the clock of the subscription.
        name: Of the model, for the error.
    """

    def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
        answer = _Answer(observer)

        def fail() -> None:
            words = "gave no answer" if answer.line.ready else "could not be reached"
            error = ModelTimeoutError(f"{name} {words} within {seconds:g} s", retryable=not answer.line.ready)
            observer.on_error(error)

        def too_long(*_: object) -> None:
            answer.end(fail)

        def fetch(*_: object) -> None:
            answer.fetch(work)

        answer.deadline.disposable = clock_of(scheduler, WORKERS).schedule_relative(seconds, too_long)
        return CompositeDisposable(WORKERS.schedule(fetch), Disposable(answer.leave))

    return Observable(subscribe)


class _Answer:
    """The answer to one subscription: given by one thread, ended perhaps by another, one thing at a time."""

    def __init__(self, observer: ObserverBase[Piece]) -> None:
        self.deadline = SingleAssignmentDisposable()
        self._observer = observer
        self.line = CallSocket()
        self._lock = threading.Lock()
        self._giving = False
        self._end: Callable[[], None] | None = None

    def fetch(self, work: Work) -> None:
        """Give the pieces as they come, and the end; what a subscriber raises is left to its thread."""
        with closing(self.line), closing(work(self.line)) as pieces:
            while True:
                try:
                    piece = next(pieces, None)
                except Exception as error:  # noqa: BLE001 - all errors travel in the stream
                    if isinstance(error, ModelError):
                        error = error.with_traceback(None)  # which holds the request, with the clip and the key
                    end = partial(self._observer.on_error, error)
                    break
                if piece is None:
                    end = self._observer.on_completed
                    break
                if not self._give(piece):
                    return
        self.end(end)

    def end(self, how: Callable[[], None]) -> None:
        """End it, unless it has ended; while a piece is being given, right after that."""
        with self._lock:
            if self._end is not None:
                return
            self._end = how
            giving = self._giving
        self.deadline.dispose()
        self.line.hang_up()
        if not giving:
            how()

    def leave(self) -> None:
        """Hear that nobody listens any more."""
        self.end(lambda: None)

    def _give(self, piece: Piece) -> bool:
        with self._lock:
            if self._end is not None:
                return False
            self._giving = True
        try:
            self._observer.on_next(piece)
        except BaseException:
            self.leave()
            raise
        with self._lock:
            self._giving = False
            end = self._end
        if end is not None:
            end()
        return end is None
