"""close_ledger: a ledger is closed however its stream ends."""

from __future__ import annotations

from typing import TypeVar

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.ledger import Ledger
from rxvlm.stream import Operator

_T = TypeVar("_T")


def close_ledger(ledger: Ledger) -> Operator[_T, _T]:
    """Settle what is left in a ledger when the stream is over, however it ends; the last step of a pipeline by hand.

    ::

        analyses  --1-----2--|     completed: what still waits is unaccounted
        analyses  --1-----#        failed: it is lost to "error"
        analyses  --1---           left: it is lost to "disposed"

    The ledger is closed before whoever listens hears of the end, and opened by each
    subscription: a second run goes on counting.

    Args:
        ledger: The one that the pipeline's source and steps tell.

    Returns:
        An operator that gives everything as it is; `rxvlm.watch` has it in it.
    """

    def operator(source: Observable[_T]) -> Observable[_T]:
        def opened(_clock: SchedulerBase | None) -> Observable[_T]:
            ledger.open()
            return source

        return reactivex.defer(opened).pipe(
            ops.do_action(None, lambda _: ledger.close("error"), ledger.close),
            ops.finally_action(lambda: ledger.close("disposed")),
        )

    return operator
