"""Drain: one subscription's way to a sink: its queue and thread, its counters, and its end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from reactivex import Observer
from reactivex.abc import ObserverBase, SchedulerBase
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.concurrency.threads import daemon
from rxvlm.display.traces import short_text
from rxvlm.errors import RxvlmError
from rxvlm.operators.bounding.hand_off import HandOff
from rxvlm.operators.bounding.rules import Overflow
from rxvlm.uri import without_secrets

_T = TypeVar("_T")
_log = logging.getLogger("rxvlm")
_LOG_SECONDS: Final = 60.0  # between two lines of the log about failures of a sink

OnError = Callable[[Any, Exception], None]
"""Called with an item that a sink raised for, and what it raised."""


def _any(*_values: object) -> bool:
    """Stand in for a method that a sink does not have."""
    return True


class Counters:
    """The counts of a sink's items, over all subscriptions. Any thread may read them.

    Attributes:
        sent: Items that the sink took.
        failed: Items for which it raised.
        lost: Items that it never got, or was still busy with when it was given up.
    """

    def __init__(self) -> None:
        self.sent = self.failed = self.lost = 0
        self._lock = threading.Lock()

    def add(self, *, sent: int = 0, failed: int = 0, lost: int = 0) -> None:
        """Count items."""
        with self._lock:
            self.sent, self.failed, self.lost = self.sent + sent, self.failed + failed, self.lost + lost


class SinkCalls(Generic[_T]):
    """Calls a sink with one item after another, on one thread; its errors are counted and reported, and do not end it.

    Args:
        sink: The sink.
        name: What it is called in the log.
        counters: Where its items are counted.
        on_error: Called with each item that failed, or None: a line of the log, at most once a minute.
    """

    def __init__(self, sink: Callable[[_T], object], name: str, counters: Counters, on_error: OnError | None) -> None:
        self._sink, self.name, self._counters, self._on_error = sink, name, counters, on_error
        self._lock = threading.Lock()
        self._busy = self._given_up = self._closing = False
        self._logged: float | None = None

    def takes(self, item: _T) -> bool:
        """Return whether the sink wants an item; one that does not say so wants all."""
        try:
            return bool(getattr(self._sink, "takes", _any)(item))
        except Exception:  # noqa: BLE001 - the sink is called with it, and raises again: there it is counted
            return True

    def open(self) -> None:
        """Call ``open`` of the sink, if it has one: it is behind a queue."""
        self._call("open")

    def finish(self, seconds: float) -> None:
        """Call ``finish`` of the sink, if it has one, with the seconds that it still has."""
        self._call("finish", seconds)

    def send(self, item: _T) -> None:
        """Give an item to the sink."""
        with self._lock:
            if self._given_up:
                self._counters.add(lost=1)
                return
            self._busy = True
        failed: Exception | None = None
        try:
            self._sink(item)
        except BaseException as error:  # noqa: BLE001 - a sink that raises, or calls sys.exit, must not end a camera
            failed = error if isinstance(error, Exception) else RuntimeError(f"it raised {error!r}")
        with self._lock:
            self._busy = False
            given_up = self._given_up
        if given_up:  # it was counted as lost meanwhile
            self.close()
            return
        self._counters.add(sent=failed is None, failed=failed is not None)
        if failed is not None:
            self._tell(item, failed)

    def close(self) -> None:
        """Close the sink, if it can be closed; it may return how many items are lost that it had taken."""
        with self._lock:
            if self._closing:  # it is closed once, also where that takes longer than the sink is given
                return
            self._closing = True
        lost = self._call("close")
        if isinstance(lost, int) and not isinstance(lost, bool):
            self._counters.add(sent=-lost, lost=lost)

    def give_up(self) -> bool:
        """Count the item in work as lost; return whether the sink is not being closed yet.

        A sink that is busy is closed when it comes back.
        """
        with self._lock:
            self._given_up = True
            self._counters.add(lost=self._busy)
            return not self._busy and not self._closing

    def _call(self, method: str, *arguments: float) -> object:
        try:
            return getattr(self._sink, method, _any)(*arguments)
        except BaseException as error:  # noqa: BLE001 - as in send
            _log.error("%s of the sink %s failed: %s", method, self.name, short_text(error))
            return None

    def _tell(self, item: _T, error: Exception) -> None:
        try:
            if self._on_error is not None:
                self._on_error(item, error)
                return
        except Exception:  # noqa: BLE001 - as in send
            _log.exception("the on_error of the sink %s raised", self.name)
        now = time.monotonic()
        if self._logged is None or now - self._logged >= _LOG_SECONDS:
            self._logged = now
            what = without_secrets(f"{item!r:.200}")
            so_far = self._counters.failed
            why = str(error) if isinstance(error, RxvlmError) else short_text(error)
            _log.error("the sink %s failed for %s (%d so far): %s", self.name, what, so_far, why)


class Drain(Generic[_T]):
    """The queue of one subscription, which works on after a disposal, for some seconds at most.

    Args:
        calls: The sink.
        scheduler: Where it is called; its actions run one at a time.
        rules: The capacity, and a function that returns the overflow rule when the first item comes.
        counters: Where lost items are counted.
        over: Called once when all is done, or given up.
    """

    def __init__(
        self,
        calls: SinkCalls[_T],
        scheduler: SchedulerBase,
        rules: tuple[int, Callable[[], Overflow]],
        counters: Counters,
        over: Callable[[], None],
    ) -> None:
        self._calls, self._scheduler, self._counters = calls, scheduler, counters
        self._capacity, self._overflow = rules
        self._over = over
        self._lock = threading.Lock()
        self._queue: HandOff[_T] | None = None
        self._then: Callable[[], None] | None = None
        self._is_over = self._ending = False
        self._timer = SingleAssignmentDisposable()

    def put(self, item: _T) -> None:
        """Queue an item for the sink, by the overflow rule, if it wants it."""
        if self._calls.takes(item):
            self._opened().on_item(item)

    def end(self, clock: SchedulerBase, seconds: float, then: Callable[[], None] | None = None) -> None:
        """Give the sink what waits, close it, and call ``then``; after some seconds call it in any case."""
        with self._lock:
            if self._ending:
                return
            self._ending, self._then = True, then
        self._timer.disposable = clock.schedule_relative(seconds, lambda _scheduler, _state: self._give_up())
        self._calls.finish(seconds)
        self._opened().on_source_end()

    def forget_end(self) -> None:
        """Call no ``then`` any more: the subscriber has left."""
        self._then = None

    def _opened(self) -> HandOff[_T]:
        with self._lock:
            if self._queue is None:
                ends: ObserverBase[_T] = Observer(self._calls.send, None, self._closed)
                capacity = self._capacity
                self._queue = HandOff(ends, self._scheduler, lambda: capacity, self._overflow, self._lose)
            return self._queue

    def _lose(self, _item: _T, _reason: str) -> None:
        self._counters.add(lost=1)

    def _closed(self) -> None:
        self._calls.close()
        self._finish(self._over)

    def _give_up(self) -> None:
        with self._lock:
            if self._is_over:
                return
        self._opened().dispose()
        self._finish(self._close_behind if self._calls.give_up() else self._over)

    def _close_behind(self) -> None:
        """Close the sink on a thread of its own: it may hang, and a timer's thread must not."""

        def close() -> None:
            self._calls.close()
            self._over()

        daemon(f"rxvlm-close-{self._calls.name}")(close).start()

    def _finish(self, over: Callable[[], None]) -> None:
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
        self._timer.dispose()
        try:
            if self._then is not None:
                self._then()
        finally:  # a subscriber may raise when it receives the end
            over()
