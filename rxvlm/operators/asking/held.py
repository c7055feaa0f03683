"""until_resumed: a call that waits until asking goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable

from rxvlm.concurrency.later import subscribe_later
from rxvlm.ledger.pausing import Pausing

_T = TypeVar("_T")


def until_resumed(
    pausing: Pausing,
    clock: SchedulerBase,
    ask: Callable[[], Observable[_T]],
    give_up: Callable[[], Observable[_T]],
) -> Observable[_T]:
    """Wait for the end of a pause, and then call a function.

    Args:
        pausing: The pause.
        clock: Where the call begins: not on the thread that ends the pause, which may be that of a screen.
        ask: Returns the call.
        give_up: Returns what comes instead if the wait is given up.
    """

    def subscribe(observer: ObserverBase[_T], scheduler: SchedulerBase | None = None) -> DisposableBase:
        call = SingleAssignmentDisposable()

        def on_end(go_on: bool) -> None:  # noqa: FBT001 - as `Pausing.wait` calls it
            begun = reactivex.defer(lambda _: ask() if go_on else give_up())
            call.disposable = subscribe_later(begun, clock).subscribe(observer, scheduler=scheduler)

        return CompositeDisposable(pausing.wait(on_end), call)

    return Observable(subscribe)
