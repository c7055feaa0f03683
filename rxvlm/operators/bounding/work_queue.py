"""WorkQueue: the state of one subscription to `flat_map_bounded`."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, Literal, TypeVar

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.concurrency.serial import Serial
from rxvlm.concurrency.trampoline import waits_on_this_thread
from rxvlm.errors import OverflowedError
from rxvlm.operators.bounding.rules import Order, Overflow, remove_overflow
from rxvlm.stream import LossReason, OnDrop

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_log = logging.getLogger("rxvlm")


class _Slot(Generic[_In, _Out]):
    """One work that was started, until all its results are delivered."""

    def __init__(self, item: _In) -> None:
        self.item = item
        self.results: deque[_Out] = deque()
        self.ended = False
        self.subscription = SingleAssignmentDisposable()


class WorkQueue(Generic[_In, _Out]):
    """Items that wait, works that run, and results that are held back for the sake of the order.

    Args:
        work: Makes the stream of an item.
        observer: The subscriber; it is called by one thread at a time, with no lock held.
        scheduler: Passed on to the works' streams.
        rules: ``max_concurrent``, ``capacity`` and ``overflow`` as functions, and ``order``.
        on_drop: Called with each lost item and the reason.
    """

    def __init__(
        self,
        work: Callable[[_In], Observable[_Out]],
        observer: ObserverBase[_Out],
        scheduler: SchedulerBase | None,
        rules: tuple[int, Callable[[], int], Callable[[], Overflow], Order],
        on_drop: OnDrop,
    ) -> None:
        self._work, self._observer, self._scheduler = work, observer, scheduler
        self._max_concurrent, self._capacity, self._overflow, self._order = rules
        self._on_drop = on_drop
        self._changed = threading.Condition()
        self._serial = Serial()
        self._waiting: deque[_In] = deque()
        self._slots: deque[_Slot[_In, _Out]] = deque()
        self._running = 0
        self._source_ended = False
        self._source_error: Exception | None = None
        self._starters: list[int] = []  # threads that are starting a work at the moment
        self._over: Literal["", "done", "disposed", "error"] = ""

    # Events of the source.

    def on_item(self, item: _In) -> None:
        """Accept an item: start its work, queue it, or drop one by the overflow rule."""
        try:
            self._admit(item)
        except Exception as error:  # noqa: BLE001 - a capacity function that raised, or a full queue, ends the stream
            self._tell(item, "overflow" if isinstance(error, OverflowedError) else "error")
            self._serial(lambda error=error: self._fail(error))

    def on_source_error(self, error: Exception) -> None:
        """End with an error, once the outstanding works have ended."""
        self._source_error = error
        self.on_source_end()

    def on_source_end(self) -> None:
        """Complete, once the outstanding works have ended."""
        with self._changed:
            self._source_ended = True
        self._serial(self._go_on)

    def dispose(self) -> None:
        """End at once: dispose of the running works, and drop the items that wait."""
        self._close("disposed")

    # Events of the works, one at a time.

    def on_result(self, slot: _Slot[_In, _Out], result: _Out) -> None:
        """Deliver a result, or hold it back until the works before it have ended."""
        if self._order == "arrival" or self._head() is slot:
            self._deliver(result)
        else:
            slot.results.append(result)

    def on_work_end(self, slot: _Slot[_In, _Out]) -> None:
        """Free the place of a work, and start the next."""
        slot.ended = True
        slot.subscription.dispose()  # else slot and subscription reference each other until the cycle collector runs
        with self._changed:
            self._running -= 1
        if self._order == "arrival":
            self._free(slot)
        else:
            self._flush()
        self._go_on()

    def _admit(self, item: _In) -> None:
        room = self._capacity()
        with self._changed:
            if self._overflow() == "block":
                self._await_room(room)
            over = self._over
            if not over:
                self._waiting.append(item)
            started = self._next(room)
            lost = [item] if over else remove_overflow(self._waiting, room, self._overflow(), self._running)
        for victim in lost:
            self._tell(victim, over if over in ("disposed", "error") else "overflow")
        for slot in started:
            self._start(slot)

    def _await_room(self, room: int) -> None:
        while not self._over and len(self._waiting) >= room and not self._may_start(room):
            if self._serial.mine or threading.get_ident() in self._starters or waits_on_this_thread():
                raise OverflowedError("overflow='block' would never return: this thread itself must make room")
            self._changed.wait()

    def _may_start(self, room: int) -> bool:
        return self._running < self._max_concurrent and len(self._slots) < self._max_concurrent + room

    def _next(self, room: int) -> list[_Slot[_In, _Out]]:
        """Take the items that may start now out of the queue. Called with the lock held."""
        started: list[_Slot[_In, _Out]] = []
        while self._waiting and self._may_start(room):
            started.append(_Slot(self._waiting.popleft()))
            self._slots.append(started[-1])
            self._running += 1
        return started

    def _start(self, slot: _Slot[_In, _Out]) -> None:
        if self._over:
            return
        self._starters.append(threading.get_ident())
        try:
            slot.subscription.disposable = self._work(slot.item).subscribe(
                lambda result: self._serial(lambda: self.on_result(slot, result)),
                lambda error: self._serial(lambda: self._fail(error)),
                lambda: self._serial(lambda: self.on_work_end(slot)),
                scheduler=self._scheduler,
            )
        except Exception as error:  # noqa: BLE001 - what the user's function raises ends its own stream
            self._serial(lambda error=error: self._fail(error))
        finally:
            self._starters.remove(threading.get_ident())

    def _flush(self) -> None:
        """Deliver the results that were held back behind works that have ended."""
        while (head := self._head()) is not None:
            while head.results:
                self._deliver(head.results.popleft())
            if not head.ended:
                return
            self._free(head)

    def _head(self) -> _Slot[_In, _Out] | None:
        with self._changed:
            return self._slots[0] if self._slots else None

    def _free(self, slot: _Slot[_In, _Out]) -> None:
        with self._changed:
            if slot in self._slots:
                self._slots.remove(slot)
                del slot.item  # RxPY's closures keep the slot until the cycle collector runs; the item is large
            self._changed.notify_all()

    def _go_on(self) -> None:
        """Start the works that may start now, or end the stream. Always called through `_serial`."""
        try:
            room = self._capacity()
        except Exception as error:  # noqa: BLE001 - as in on_item
            self._fail(error)
            return
        with self._changed:
            if self._over:
                return
            started = self._next(room)
            self._changed.notify_all()
            done = self._source_ended and not self._slots and not self._waiting
            self._over = "done" if done else ""
        for slot in started:
            self._start(slot)
        if done and self._source_error is not None:
            self._observer.on_error(self._source_error)
        elif done:
            self._observer.on_completed()

    def _deliver(self, result: _Out) -> None:
        if self._over:
            return
        try:
            self._observer.on_next(result)
        except Exception as error:  # noqa: BLE001 - a subscriber that raises ends its own stream
            _log.exception("a subscriber raised; its stream is over")
            with suppress(Exception):  # without an on_error handler, the subscriber raises again
                self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self._close("error"):
            self._observer.on_error(error)

    def _tell(self, item: _In, reason: LossReason) -> None:
        try:
            self._on_drop(item, reason)
        except Exception as error:  # noqa: BLE001 - as in _start
            _log.exception("an on_drop raised; its stream is over")
            self._serial(lambda error=error: self._fail(error))

    def _close(self, reason: Literal["disposed", "error"]) -> bool:
        """Dispose of all works and drop all items; return False if the stream was over already."""
        with self._changed:
            if self._over:
                return False
            self._over = reason
            slots, waiting = list(self._slots), list(self._waiting)
            self._slots.clear()
            self._waiting.clear()
            self._changed.notify_all()
        for slot in slots:
            slot.subscription.dispose()
        for item in [*(slot.item for slot in slots), *waiting]:
            self._tell(item, reason)
        return True
