"""on_backpressure_buffer: a hand-off between threads, with a bound."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar, get_args

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable
from reactivex.scheduler import CatchScheduler

from rxvlm.concurrency.workers import Workers
from rxvlm.operators.flat_map_bounded import Capacity, Overflow, flat_map_bounded
from rxvlm.stream import LossReason, OnDrop, Operator

_T = TypeVar("_T")
_log = logging.getLogger("rxvlm")


def on_backpressure_buffer(
    capacity: Capacity,
    overflow: Overflow,
    *,
    scheduler: SchedulerBase | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[_T, _T]:
    """Hand each item over to another thread; what that one cannot keep up with waits, within a bound.

    ::

        items       1-2-3-4-----------|      capacity=1, drop_oldest; each takes the subscriber 6
        subscriber  1-----4-----|            3 pushed 2 out, and 4 then 3: on_drop(2, "overflow"), ...

    One more item than wait is on its way: scheduled, or with the subscriber. Items, the end
    and an error of the source come on ``scheduler``, the latter two after what waits;
    the error of an overflow comes at once, on the producer's thread. A subscriber that
    raises gets what it raised as its own error; the scheduler's thread goes on.

    Args:
        capacity: Items waiting at most, at least 1; or a function that gives it at the moment.
        overflow: What happens to the next: ``"drop_oldest"``, ``"drop_newest"``, ``"block"``
            the producer, or an ``"error"`` of the stream. ``"block"`` is an error, too, where
            it would never end: inside a delivery, or while RxPY has work waiting for this very
            thread. A producer on the only thread of ``scheduler`` is not found out: it hangs.
        scheduler: Where items are given: a pool, an event loop, a virtual clock. None: threads
            of this subscription's own, gone when it is over.
        on_drop: Told of each item that was not given, once, and why: ``"overflow"``,
            ``"disposed"`` or ``"error"``; by any thread. None: of a subscription's losses by
            ``"overflow"`` the first is logged.

    Returns:
        An operator. RxPY's ``observe_on`` is the same without a bound.

    Raises:
        ValueError: If ``capacity`` is less than 1 or the rule unknown.
    """
    if not callable(capacity) and capacity < 1:
        raise ValueError(f"capacity must be at least 1, not {capacity}")
    if overflow not in get_args(Overflow):
        raise ValueError(f"overflow must be one of {', '.join(get_args(Overflow))}, not {overflow!r}")

    def lost(item: _Item[_T], reason: LossReason) -> None:
        if on_drop is not None and item.take():
            on_drop(item.get(), reason)

    def handed_over(source: Observable[_T], given: SchedulerBase) -> Observable[_T]:
        calm = CatchScheduler(given, _logged)

        def on_its_way(item: _Item[_T]) -> Observable[_Item[_T]]:
            return reactivex.just(item, calm)

        one_by_one = flat_map_bounded(
            on_its_way, max_concurrent=1, capacity=capacity, overflow=overflow, on_drop=on_drop and lost
        )
        items = source.pipe(ops.map(_Item[_T]), _ending_on(calm), one_by_one)
        return items.pipe(ops.filter(_Item[_T].take), ops.map(_Item[_T].get))

    def operator(source: Observable[_T]) -> Observable[_T]:
        def begun(_clock: SchedulerBase | None) -> Observable[_T]:
            if scheduler is not None:
                return handed_over(source, scheduler)
            own = Workers("rxvlm-buffer")
            return handed_over(source, own).pipe(ops.finally_action(own.close))

        return reactivex.defer(begun)

    return operator


class _Item(Generic[_T]):
    """An item on its way: it is given or told of, whichever comes first, and never both."""

    __slots__ = ("_taken", "_value")

    def __init__(self, value: _T) -> None:
        self._value = value
        self._taken = threading.Lock()

    def __repr__(self) -> str:
        return repr(self._value)

    def take(self) -> bool:
        """Give whether this was the first to take it."""
        return self._taken.acquire(blocking=False)

    def get(self) -> _T:
        """Give the item itself."""
        return self._value


def _ending_on(scheduler: SchedulerBase) -> Operator[_T, _T]:
    """Give the end and the error of a stream on a scheduler, so that no delivery falls to the producer then."""

    def operator(source: Observable[_T]) -> Observable[_T]:
        def subscribe(observer: ObserverBase[_T], clock: SchedulerBase | None = None) -> DisposableBase:
            ending = SingleAssignmentDisposable()

            def failed(error: Exception) -> None:
                later(lambda: observer.on_error(error))

            def later(end: Callable[[], None]) -> None:
                def act(_scheduler: SchedulerBase, _state: object) -> None:
                    end()

                ending.disposable = scheduler.schedule(act)

            above = source.subscribe(observer.on_next, failed, lambda: later(observer.on_completed), scheduler=clock)
            return CompositeDisposable(above, ending)

        return Observable(subscribe)

    return operator


def _logged(error: Exception) -> bool:
    _log.error("a subscriber raised at its end", exc_info=error)
    return True
