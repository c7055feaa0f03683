"""flat_map_bounded: each item becomes a stream of its own, and nothing grows without end."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Literal, TypeAlias, TypeVar, get_args

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable

from rxvlm.errors import OverflowedError
from rxvlm.operators.operator import OnDrop, Operator, ignore
from rxvlm.operators.serial import Serial
from rxvlm.operators.trampoline import waits_on_this_thread

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_log = logging.getLogger("rxvlm")

Overflow: TypeAlias = Literal["drop_oldest", "drop_newest", "block", "error"]
Order: TypeAlias = Literal["arrival", "source"]
Capacity: TypeAlias = int | Callable[[], int]


def flat_map_bounded(  # noqa: PLR0913 - the two bounds and the two rules are its whole point
    work: Callable[[_In], Observable[_Out]],
    *,
    max_concurrent: int,
    capacity: Capacity,
    overflow: Overflow,
    order: Order = "arrival",
    on_drop: OnDrop | None = None,
) -> Operator[_In, _Out]:
    """Turn each item into a stream, a few at a time, and merge what they give.

    ::

        items    --1-2-3-4------------|       max_concurrent=1, capacity=1, drop_oldest
        work 1     [----a]                    3 waits, then 4 takes its place: on_drop(3, "overflow"),
        work 2          [----b]               as 2 was pushed out by 3 before
        results  -------a----d--------|

    Completion and an error from above come after the works outstanding; the error of
    a work ends the stream at once, and stops the others. Disposing stops works in
    flight. Results are serialised and no lock is held over them; a work's place is
    free once its results have been taken, so a slow subscriber slows the works.

    Args:
        work: Makes the stream of an item; called when its turn has come.
        max_concurrent: Works at a time, at least 1.
        capacity: Items waiting at most, at least 0; or a function that gives it at the moment.
        overflow: What happens to the next: ``"drop_oldest"``, ``"drop_newest"``, ``"block"``
            the producer, or an ``"error"`` of the stream. ``"block"`` is an error, too, where
            it would never end: inside the delivery of one of its own works, or
            while works wait for this very thread.
        order: ``"arrival"`` gives results as they come; ``"source"`` in the order of
            their items: finished ones are held back, and running and held together
            are at most ``max_concurrent`` + ``capacity``.
        on_drop: Told of each lost item and why: ``"overflow"``, ``"disposed"`` or ``"error"``.

    Returns:
        An operator.

    Raises:
        ValueError: If a bound is out of range or a rule unknown.
    """
    if max_concurrent < 1:
        raise ValueError(f"max_concurrent must be at least 1, not {max_concurrent}")
    if not callable(capacity) and capacity < 0:
        raise ValueError(f"capacity must be at least 0, not {capacity}")
    for name, value, rules in (("overflow", overflow, get_args(Overflow)), ("order", order, get_args(Order))):
        if value not in rules:
            raise ValueError(f"{name} must be one of {', '.join(rules)}, not {value!r}")
    room = capacity if callable(capacity) else lambda: capacity

    def operator(source: Observable[_In]) -> Observable[_Out]:
        def subscribe(observer: ObserverBase[_Out], scheduler: SchedulerBase | None = None) -> DisposableBase:
            works = _Works(work, observer, scheduler, (max_concurrent, room, overflow, order), on_drop)
            above = source.subscribe(works.on_item, works.on_source_error, works.on_source_end, scheduler=scheduler)
            return CompositeDisposable(above, Disposable(works.dispose))

        return Observable(subscribe)

    return operator


class _Slot(Generic[_In, _Out]):
    """One work that was started, until its results have been delivered."""

    def __init__(self, item: _In) -> None:
        self.item = item
        self.results: deque[_Out] = deque()
        self.ended = False
        self.subscription = SingleAssignmentDisposable()


class _Works(Generic[_In, _Out]):
    """What one subscription holds: items waiting, works running, results held back."""

    def __init__(
        self,
        work: Callable[[_In], Observable[_Out]],
        observer: ObserverBase[_Out],
        scheduler: SchedulerBase | None,
        rules: tuple[int, Callable[[], int], Overflow, Order],
        on_drop: OnDrop | None,
    ) -> None:
        self._work, self._observer, self._scheduler = work, observer, scheduler
        self._max_concurrent, self._capacity, self._overflow, self._order = rules
        self._on_drop = on_drop or ignore
        self._changed = threading.Condition()
        self._serial = Serial()
        self._waiting: deque[_In] = deque()
        self._slots: deque[_Slot[_In, _Out]] = deque()
        self._running = 0
        self._source_ended = False
        self._source_error: Exception | None = None
        self._over = False

    # What it hears from above.

    def on_item(self, item: _In) -> None:
        try:
            self._admit(item)
        except Exception as error:  # noqa: BLE001 - a capacity that raises, a queue that is full: the stream's own end
            self._on_drop(item, "overflow" if isinstance(error, OverflowedError) else "error")
            self._serial(lambda error=error: self._fail(error))

    def on_source_error(self, error: Exception) -> None:
        self._source_error = error
        self.on_source_end()

    def on_source_end(self) -> None:
        with self._changed:
            self._source_ended = True
        self._serial(self._go_on)

    def dispose(self) -> None:
        self._close("disposed")

    # What it hears from the works, one thing at a time.

    def on_result(self, slot: _Slot[_In, _Out], result: _Out) -> None:
        if self._order == "arrival" or self._head() is slot:
            self._deliver(result)
        else:
            slot.results.append(result)

    def on_work_end(self, slot: _Slot[_In, _Out]) -> None:
        slot.ended = True
        with self._changed:
            self._running -= 1
        if self._order == "arrival":
            self._free(slot)
        else:
            self._flush()
        self._go_on()

    # How it goes on.

    def _admit(self, item: _In) -> None:
        room = self._capacity()
        with self._changed:
            if self._overflow == "block":
                self._await_room(room)
            if self._over:
                return
            self._waiting.append(item)
            started = self._next(room)
            if self._overflow == "error" and len(self._waiting) > room:
                self._waiting.pop()
                raise OverflowedError(f"{room} items wait already while {self._running} are worked on")
            lost = [self._lose() for _ in range(len(self._waiting) - room)] if self._overflow != "block" else []
        for victim in lost:
            self._on_drop(victim, "overflow")
        for slot in started:
            self._start(slot)

    def _await_room(self, room: int) -> None:
        while not self._over and len(self._waiting) >= room and not self._may_start(room):
            if self._serial.mine or waits_on_this_thread():
                raise OverflowedError("overflow='block' would wait for ever: this thread is the one to make room")
            self._changed.wait()

    def _may_start(self, room: int) -> bool:
        return self._running < self._max_concurrent and len(self._slots) < self._max_concurrent + room

    def _next(self, room: int) -> list[_Slot[_In, _Out]]:
        """Take the items whose turn has come; the lock is held."""
        started: list[_Slot[_In, _Out]] = []
        while self._waiting and self._may_start(room):
            started.append(_Slot(self._waiting.popleft()))
            self._slots.append(started[-1])
            self._running += 1
        return started

    def _lose(self) -> _In:
        return self._waiting.popleft() if self._overflow == "drop_oldest" else self._waiting.pop()

    def _start(self, slot: _Slot[_In, _Out]) -> None:
        try:
            stream = self._work(slot.item)
        except Exception as error:  # noqa: BLE001 - what a user's function raises ends its own stream
            self._serial(lambda error=error: self._fail(error))
            return
        slot.subscription.disposable = stream.subscribe(
            lambda result: self._serial(lambda: self.on_result(slot, result)),
            lambda error: self._serial(lambda: self._fail(error)),
            lambda: self._serial(lambda: self.on_work_end(slot)),
            scheduler=self._scheduler,
        )

    def _flush(self) -> None:
        """Deliver what was held back behind a head of the line that has ended."""
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
            self._changed.notify_all()

    def _go_on(self) -> None:
        """Start what may start now, or end; always called by `_serial`."""
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
            self._over = done
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
        except Exception:  # noqa: BLE001 - logged below
            # RxPY has detached this observer: the stream cannot be told any more.
            _log.exception("a subscriber raised; its stream is over")
            self._close("error")

    def _fail(self, error: Exception) -> None:
        if self._close("error"):
            self._observer.on_error(error)

    def _close(self, reason: str) -> bool:
        """Stop everything, and tell what is lost; give whether this was the end."""
        with self._changed:
            if self._over:
                return False
            self._over = True
            slots, waiting = list(self._slots), list(self._waiting)
            self._slots.clear()
            self._waiting.clear()
            self._changed.notify_all()
        for slot in slots:
            slot.subscription.dispose()
            self._on_drop(slot.item, reason)
        for item in waiting:
            self._on_drop(item, reason)
        return True
