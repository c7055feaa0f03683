"""Run a blocking call as a stream with a deadline: when it is late or disposed of, its socket is shut."""

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
"""Fetches the pieces of an answer, blocking; it keeps its socket in the `CallSocket`."""


def call_with_deadline(work: Work, seconds: float, name: str) -> Observable[Piece]:
    """Fetch the pieces of an answer on a worker thread, for at most some seconds.

    Disposing and the deadline shut the socket at once. The deadline's error does not wait for the worker thread,
    whatever that is doing: resolving a name, connecting, sending, reading.

    Args:
        work: Fetches the pieces; called for each subscription.
        seconds: The deadline, on the scheduler of the subscription.
        name: The model's name, for the error.
    """

    def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
        answer = _Answer(observer)

        def fail() -> None:
            words = "did not answer" if answer.socket.ready else "could not be reached"
            error = ModelTimeoutError(f"{name} {words} within {seconds:g} s", retryable=not answer.socket.ready)
            observer.on_error(error)

        def too_long(*_: object) -> None:
            answer.end(fail)

        def fetch(*_: object) -> None:
            answer.fetch(work)

        answer.deadline.disposable = clock_of(scheduler, WORKERS).schedule_relative(seconds, too_long)
        return CompositeDisposable(WORKERS.schedule(fetch), Disposable(answer.leave))

    return Observable(subscribe)


class _Answer:
    """The answer to one subscription: one thread emits its pieces, another may end it, never both at a time."""

    def __init__(self, observer: ObserverBase[Piece]) -> None:
        self.deadline = SingleAssignmentDisposable()
        self._observer = observer
        self.socket = CallSocket()
        self._lock = threading.Lock()
        self._emitting = False
        self._end: Callable[[], None] | None = None

    def fetch(self, work: Work) -> None:
        """Emit the pieces as they come, and the end; an exception of the subscriber is raised on this thread."""
        with closing(self.socket), closing(work(self.socket)) as pieces:
            while True:
                try:
                    piece = next(pieces, None)
                except Exception as error:  # noqa: BLE001 - all errors travel in the stream
                    if isinstance(error, ModelError):
                        error = error.with_traceback(None)  # the traceback holds the request, with the clip and the key
                    end = partial(self._observer.on_error, error)
                    break
                if piece is None:
                    end = self._observer.on_completed
                    break
                if not self._emit(piece):
                    return
        self.end(end)

    def end(self, emit_end: Callable[[], None]) -> None:
        """End the answer once; if a piece is being emitted on another thread, right after that."""
        with self._lock:
            if self._end is not None:
                return
            self._end = emit_end
            emitting = self._emitting
        self.deadline.dispose()
        self.socket.hang_up()
        if not emitting:
            emit_end()

    def leave(self) -> None:
        """End without a word: the subscriber has disposed."""
        self.end(lambda: None)

    def _emit(self, piece: Piece) -> bool:
        with self._lock:
            if self._end is not None:
                return False
            self._emitting = True
        try:
            self._observer.on_next(piece)
        except BaseException:
            self.leave()
            raise
        with self._lock:
            self._emitting = False
            end = self._end
        if end is not None:
            end()
        return end is None
