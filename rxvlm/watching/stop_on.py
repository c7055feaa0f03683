"""stop_on: end a stream gently when a Stop is set."""

from __future__ import annotations

from typing import TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable

from rxvlm.concurrency.serial import Serial
from rxvlm.concurrency.stop import Stop
from rxvlm.stream import Operator, as_step

_T = TypeVar("_T")


@as_step
def stop_on(stop: Stop) -> Operator[_T, _T]:
    """Complete when a `Stop` is set, but never while an item is being delivered.

    Args:
        stop: Set it on any thread.

    Returns:
        An operator that passes items on until then, and disposes of its source afterwards. If the Stop is
        set already, the stream completes and the source is not subscribed to.
    """

    def operator(source: Observable[_T]) -> Observable[_T]:
        def subscribe(observer: ObserverBase[_T], scheduler: SchedulerBase | None = None) -> DisposableBase:
            if stop.is_set():
                observer.on_completed()
                return Disposable()
            serial = Serial()
            above = SingleAssignmentDisposable()

            def end() -> None:
                observer.on_completed()
                above.dispose()

            listening = stop.listen(lambda: serial(end))
            above.disposable = source.subscribe(
                lambda item: serial(lambda: observer.on_next(item)),
                lambda error: serial(lambda: observer.on_error(error)),
                lambda: serial(observer.on_completed),
                scheduler=scheduler,
            )
            return CompositeDisposable(above, listening)

        return Observable(subscribe)

    return operator
