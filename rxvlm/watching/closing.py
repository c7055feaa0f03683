"""closing: the last step of `watch`, which settles what is left, and does not wait for a pause when it is to stop."""

from __future__ import annotations

from typing import TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable

from rxvlm.concurrency.stop import Stop
from rxvlm.display import labels
from rxvlm.ledger import Ledger
from rxvlm.operators.close_ledger import close_ledger
from rxvlm.stream import Operator, Stream

_T = TypeVar("_T")


def closing(ledger: Ledger, stop: Stop | None) -> Operator[_T, _T]:
    """Do what `close_ledger` does; when a Stop is set, the questions that wait for the end of a pause are given up.

    Args:
        ledger: The ledger of the camera or film.
        stop: Set it on any thread; None: there is none.
    """
    close = close_ledger(ledger)
    if stop is None:
        return close

    def operator(source: Observable[_T]) -> Observable[_T]:
        closed: Observable[_T] = close(source)

        def subscribe(observer: ObserverBase[_T], scheduler: SchedulerBase | None = None) -> DisposableBase:
            subscription = closed.subscribe(observer, scheduler=scheduler)
            return CompositeDisposable(subscription, stop.listen(ledger.pausing.give_up))

        return Observable(subscribe)

    label = labels.call("close_ledger", [ledger])
    return lambda source: Stream.of(source).then(operator, label)
