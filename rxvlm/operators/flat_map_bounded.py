"""flat_map_bounded: flat_map with bounds for the concurrent streams and for the waiting items."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable

from rxvlm.operators.bounding.losses import log_first_loss
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow, check_bounds, rule_of
from rxvlm.operators.bounding.work_queue import WorkQueue
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.stream.counting import losses, step_of

_In = TypeVar("_In")
_Out = TypeVar("_Out")

__all__ = ["Capacity", "Order", "Overflow", "check_bounds", "flat_map_bounded"]


@as_step
def flat_map_bounded(
    work: Callable[[_In], Observable[_Out]],
    *,
    max_concurrent: int,
    capacity: Capacity,
    overflow: Overflow | None = None,
    order: Order = "arrival",
    on_drop: OnDrop | None = None,
) -> Operator[_In, _Out]:
    """Turn each item into a stream, a few at a time, and merge the streams.

    ::

        items    --1-2-3-4------------|
        work 1     -------(a,|)
        work 4            -------(d,|)
        results  ---------a------d----|

    Here ``max_concurrent=1, capacity=1, overflow="drop_oldest"``: while item 1 is worked on, 2 waits, 3 takes its
    place, then 4 does: ``on_drop(2, "overflow")`` and ``on_drop(3, "overflow")``.

    The end of the source, and its error, come after the running works. If a work fails,
    the stream ends at once, and the other works are disposed of; disposing the stream disposes of all works. Results
    are delivered one at a time, and no lock is held meanwhile. The next work starts when the results of a finished
    work have been delivered, so a slow subscriber slows the works down.

    Args:
        work: Makes the stream of an item; called when its turn has come.
        max_concurrent: Works at a time, at least 1.
        capacity: The most items that may wait, at least 0; or a function that returns it, called for each item.
        overflow: What happens to the next item when the queue is full: ``"drop_oldest"``, ``"drop_newest"``,
            ``"block"`` the producer, or an ``"error"`` of the stream. None: a film blocks, and all else drops the
            oldest; the step finds out which when its first item comes. ``"block"`` is also an error if
            it would never end: inside the start or the delivery of one of its own works,
            or while works wait on RxPY's trampoline of the same thread.
        order: ``"arrival"`` emits results as they come; ``"source"`` in the order of
            their items. Then finished results are held back. Running works and results that are held back are
            together at most ``max_concurrent`` + ``capacity``.
        on_drop: Called by any thread with each lost item and the reason: ``"overflow"``, ``"disposed"`` or
            ``"error"``. None: the ledger that the stream carries counts lost frames, windows and clips. For other
            items, and without a ledger, the first loss of a subscription by ``"overflow"`` is logged.

    Returns:
        An operator.

    Raises:
        ValueError: If a bound is out of range or a rule unknown.
        Exception: In the stream, which it ends: what a work raises or ends with.
        OverflowedError: In the stream, which it ends, if the queue is full and ``overflow="error"``.
    """
    check_bounds(max_concurrent=max_concurrent, capacity=capacity, overflow=overflow, order=order)
    room = capacity if callable(capacity) else lambda: capacity
    name = getattr(work, "__qualname__", type(work).__qualname__).partition(".<locals>")[0]  # the step it is a part of

    def operator(source: Observable[_In]) -> Observable[_Out]:
        def subscribe(observer: ObserverBase[_Out], scheduler: SchedulerBase | None = None) -> DisposableBase:
            told = losses(source, on_drop, log_first_loss(step_of(source, name), overflow))
            rules = max_concurrent, room, rule_of(source, overflow), order
            works = WorkQueue(work, observer, scheduler, rules, told)
            above = source.subscribe(works.on_item, works.on_source_error, works.on_source_end, scheduler=scheduler)
            return CompositeDisposable(above, Disposable(works.dispose))

        return Observable(subscribe)

    return operator
