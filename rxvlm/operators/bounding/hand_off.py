"""HandOff: the state of one subscription to `on_backpressure_buffer`."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

from reactivex.abc import ObserverBase, SchedulerBase
from reactivex.disposable import MultipleAssignmentDisposable

from rxvlm.concurrency.serial import Serial
from rxvlm.concurrency.trampoline import waits_on_this_thread
from rxvlm.errors import OverflowedError
from rxvlm.operators.bounding.rules import Overflow, remove_overflow
from rxvlm.stream import LossReason, OnDrop

_T = TypeVar("_T")
_log = logging.getLogger("rxvlm")


class HandOff(Generic[_T]):
    """A bounded queue that a producer fills, and that a scheduler empties into a subscriber.

    At most one action is scheduled or running at a time. It delivers one item, and schedules the next: so other
    users of the scheduler get their turn, and the subscriber one item after another even on a pool.

    Args:
        observer: The subscriber.
        scheduler: Where items are delivered.
        capacity: Returns how many items may wait.
        overflow: Returns what happens to the next.
        on_drop: Called with each item that is not delivered, and the reason.
    """

    def __init__(
        self,
        observer: ObserverBase[_T],
        scheduler: SchedulerBase,
        capacity: Callable[[], int],
        overflow: Callable[[], Overflow],
        on_drop: OnDrop,
    ) -> None:
        self._observer, self._scheduler = observer, scheduler
        self._capacity, self._overflow, self._on_drop = capacity, overflow, on_drop
        self._changed = threading.Condition()
        self._serial = Serial()  # an overflow's error comes on the producer's thread, perhaps during a delivery
        self._waiting: deque[_T] = deque()
        self._scheduled: list[_T] = []  # the item that the scheduled action delivers: one at most
        self._busy = False  # whether an action is scheduled or running
        self._end: Callable[[], None] | None = None  # the end of the source, to be delivered after all items
        self._over: Literal["", "done", "disposed", "error"] = ""
        # Not a SerialDisposable: an action that runs inside schedule() assigns the next one before this one.
        self._action = MultipleAssignmentDisposable()

    def on_item(self, item: _T) -> None:
        """Queue an item, or drop one by the overflow rule."""
        try:
            self._admit(item)
        except Exception as error:  # noqa: BLE001 - a capacity function that raised, or a full queue, ends the stream
            self._tell(item, "overflow" if isinstance(error, OverflowedError) else "error")
            self._serial(lambda error=error: self._fail(error))

    def on_source_error(self, error: Exception) -> None:
        """Deliver an error, after the items that wait."""
        self._finish(lambda: self._observer.on_error(error))

    def on_source_end(self) -> None:
        """Complete, after the items that wait."""
        self._finish(self._observer.on_completed)

    def dispose(self) -> None:
        """End at once, and drop the items that wait."""
        self._close("disposed")

    def _admit(self, item: _T) -> None:
        room = self._capacity()
        with self._changed:
            if self._overflow() == "block":
                self._await_room(room)
            over, begin = self._over, not self._busy
            if over:
                lost = [item]
            else:
                self._waiting.append(item)
                if begin:
                    self._take_next()
                lost = remove_overflow(self._waiting, room, self._overflow(), 1)
        for victim in lost:
            self._tell(victim, over if over in ("disposed", "error") else "overflow")
        if begin and not over:
            self._schedule()

    def _await_room(self, room: int) -> None:
        while not self._over and self._busy and len(self._waiting) >= room:
            if self._serial.mine or waits_on_this_thread():
                raise OverflowedError("overflow='block' would never return: this thread itself must make room")
            self._changed.wait()

    def _finish(self, end: Callable[[], None]) -> None:
        with self._changed:
            self._end = end
            begin = not self._busy
            self._busy = True
        if begin:
            self._schedule()

    def _take_next(self) -> None:
        """Take the oldest item out of the queue for the next action. Called with the lock held."""
        self._busy = True
        if self._waiting:
            self._scheduled.append(self._waiting.popleft())
            self._changed.notify_all()

    def _schedule(self) -> None:
        self._action.disposable = self._scheduler.schedule(lambda _scheduler, _state: self._act())

    def _act(self) -> None:
        """Deliver one item, or the end; then schedule the next. An error of the subscriber stays in its stream."""
        self._serial(self._deliver)
        with self._changed:
            self._busy = not self._over and (bool(self._waiting) or self._end is not None)
            if self._busy:
                self._take_next()
            self._changed.notify_all()
            more = self._busy
        if more:
            try:
                self._schedule()
            except Exception as error:  # noqa: BLE001 - a scheduler that cannot go on, without memory for a thread
                self._serial(lambda error=error: self._fail(error))

    def _deliver(self) -> None:
        with self._changed:
            if self._over:
                return
            item, self._scheduled = self._scheduled, []
            end = None if item else self._end
            if end is not None:
                self._over = "done"
        if end is not None:
            self._call(end)
            return
        try:
            self._observer.on_next(item[0])
        except Exception as error:  # noqa: BLE001 - a subscriber that raises ends its own stream
            _log.exception("a subscriber raised; its stream is over")
            self._call(lambda error=error: self._fail(error))

    @staticmethod
    def _call(end: Callable[[], None]) -> None:
        """Call the subscriber a last time; what it raises then can only be logged."""
        try:
            end()
        except Exception:  # noqa: BLE001 - the scheduler's thread has other users
            _log.exception("a subscriber raised at its end")

    def _fail(self, error: Exception) -> None:
        if self._close("error"):
            self._observer.on_error(error)

    def _tell(self, item: _T, reason: LossReason) -> None:
        try:
            self._on_drop(item, reason)
        except Exception as error:  # noqa: BLE001 - what the user's function raises ends its own stream
            _log.exception("an on_drop raised; its stream is over")
            self._serial(lambda error=error: self._fail(error))

    def _close(self, reason: Literal["disposed", "error"]) -> bool:
        """Drop all items; return False if the stream was over already."""
        with self._changed:
            if self._over:
                return False
            self._over = reason
            lost = [*self._scheduled, *self._waiting]
            self._scheduled.clear()
            self._waiting.clear()
            self._changed.notify_all()
        self._action.dispose()
        for item in lost:
            self._tell(item, reason)
        return True
