"""on_backpressure_buffer: a hand-off between threads, with a bound."""

from __future__ import annotations

from typing import TypeVar

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable

from rxvlm.concurrency.workers import Workers
from rxvlm.operators.bounding.hand_off import HandOff
from rxvlm.operators.bounding.losses import log_first_loss
from rxvlm.operators.bounding.rules import Capacity, Overflow, check_bounds, rule_of
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.stream.counting import losses

_T = TypeVar("_T")


@as_step
def on_backpressure_buffer(
    capacity: Capacity,
    overflow: Overflow | None = None,
    *,
    scheduler: SchedulerBase | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[_T, _T]:
    """Hand each item over to another thread, through a queue with a bound.

    ::

        items       -1-2--3--4----------|
        subscriber  -1--------4---------|

    Here ``capacity=1, overflow="drop_oldest"``, and the subscriber needs 9 for each item: 3 replaced 2 in the queue,
    then 4 replaced 3: ``on_drop(2, "overflow")`` and ``on_drop(3, "overflow")``.

    In addition to the waiting items, one item is scheduled or with the subscriber. Items, the end
    and an error of the source are delivered on ``scheduler``, the latter two after the waiting items.
    The error of an overflow comes at once, on the producer's thread. If a subscriber raises,
    its own stream ends with this error; the scheduler's thread goes on.

    Args:
        capacity: The most items that may wait, at least 1; or a function that returns it, called for each item.
        overflow: What happens to the next item when the queue is full: ``"drop_oldest"``, ``"drop_newest"``,
            ``"block"`` the producer, or an ``"error"`` of the stream. None: a film blocks, and all else drops the
            oldest; the step finds out which when its first item comes. ``"block"`` is also an error if
            it would never end: inside a delivery, or while work waits on RxPY's trampoline of the same
            thread. A producer on the only thread of ``scheduler`` is not detected: it hangs.
        scheduler: Where items are delivered: a pool, an event loop, a virtual clock. None: daemon threads
            of this subscription, which end with it.
        on_drop: Called by any thread, once, with each item that was not delivered and the reason: ``"overflow"``,
            ``"disposed"`` or ``"error"``. None: the ledger that the stream carries counts lost frames, windows and
            clips. For other items, and without a ledger, the first loss of a subscription by ``"overflow"`` is logged.

    Returns:
        An operator. RxPY's ``observe_on`` does the same without a bound.

    Raises:
        ValueError: If ``capacity`` is less than 1 or the rule unknown.
        OverflowedError: In the stream, which it ends, if the queue is full and ``overflow="error"``.
    """
    check_bounds(capacity=capacity, overflow=overflow, least_capacity=1)
    room = capacity if callable(capacity) else lambda: capacity

    def handed_over(source: Observable[_T], target: SchedulerBase) -> Observable[_T]:
        def subscribe(observer: ObserverBase[_T], clock: SchedulerBase | None = None) -> DisposableBase:
            told = losses(source, on_drop, log_first_loss("on_backpressure_buffer", overflow))
            hand_off = HandOff(observer, target, room, rule_of(source, overflow), told)
            items = source.subscribe(
                hand_off.on_item, hand_off.on_source_error, hand_off.on_source_end, scheduler=clock
            )
            return CompositeDisposable(items, Disposable(hand_off.dispose))

        return Observable(subscribe)

    def operator(source: Observable[_T]) -> Observable[_T]:
        def begin(_clock: SchedulerBase | None) -> Observable[_T]:
            if scheduler is not None:
                return handed_over(source, scheduler)
            own = Workers("rxvlm-buffer")
            return handed_over(source, own).pipe(ops.finally_action(own.close))

        return reactivex.defer(begin)

    return operator
