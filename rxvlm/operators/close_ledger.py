"""close_ledger: close a ledger at the end of its stream, however it ends."""

from __future__ import annotations

from typing import TypeVar

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.ledger import Ledger
from rxvlm.stream import LossReason, Operator, Stream, as_step

_T = TypeVar("_T")


@as_step
def close_ledger(ledger: Ledger | None = None) -> Operator[_T, _T]:
    """Settle the remaining frames of a ledger when the stream ends; put it last in a pipeline made by hand.

    ::

        completed  --1-----2--|
        failed     --1-----#
        disposed   --1---

    Frames that still wait then are "unaccounted" if the stream completed. If it failed or was disposed of, they are
    lost, with the reason "error" or "disposed".

    The ledger is closed before the subscriber receives the end. Each subscription
    opens it again, and goes on counting.

    Args:
        ledger: The ledger that the source and the steps of the pipeline use. None: all ledgers that the stream carries.

    Returns:
        An operator that passes every item on; `rxvlm.watch` contains it.
    """

    def operator(source: Observable[_T]) -> Observable[_T]:
        carried = Stream.of(source).origin.ledgers

        def books() -> list[Ledger]:
            return list(carried.values()) if ledger is None else [ledger]

        def close(reason: LossReason | None = None) -> None:
            for book in books():
                book.close(reason)

        def opened(_clock: SchedulerBase | None) -> Observable[_T]:
            for book in books():
                book.open()
            return source

        return reactivex.defer(opened).pipe(
            ops.do_action(None, lambda _: close("error"), close),
            ops.finally_action(lambda: close("disposed")),
        )

    return operator
