"""Subscribe to a stream later, on a scheduler, and dispose of it at once."""

from __future__ import annotations

from typing import TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable

_T = TypeVar("_T")


def subscribe_later(stream: Observable[_T], scheduler: SchedulerBase, seconds: float = 0.0) -> Observable[_T]:
    """Subscribe to a stream on a scheduler, after some seconds.

    RxPY's ``subscribe_on`` schedules the disposal, too: on a pool whose threads are all busy, a call that is
    not wanted any more would go on until one of them is free. Here it is disposed of at once, and before the
    time has come the stream is not subscribed to at all.

    Args:
        stream: The stream.
        scheduler: Where it is subscribed to.
        seconds: How long to wait before, at least 0.

    Returns:
        The same stream; the clock of its timers is the scheduler of the subscription.
    """

    def subscribe(observer: ObserverBase[_T], clock: SchedulerBase | None = None) -> DisposableBase:
        subscription = SingleAssignmentDisposable()

        def begin(_scheduler: SchedulerBase, _state: object) -> None:
            if not subscription.is_disposed:
                subscription.disposable = stream.subscribe(observer, scheduler=clock)

        timer = scheduler.schedule_relative(seconds, begin) if seconds > 0 else scheduler.schedule(begin)
        return CompositeDisposable(timer, subscription)

    return Observable(subscribe)
