"""ask_in_between: one question of a person about a clip, answered as it streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.concurrency.later import subscribe_later
from rxvlm.concurrency.timers import clock_of, now_in_seconds
from rxvlm.display.traces import UserErrors
from rxvlm.operators.asking.call import ClipCalls, TimeLimits
from rxvlm.vlm import Piece, Vlm

ASKED: Final = frozenset({"asked"})
"""The mark of an answer to a question that a person asked in between."""


def ask_in_between(
    model: Vlm, clip: Clip, question: str, *, timeout: float, on_answer: Callable[[Analysis], None]
) -> Observable[Piece]:
    """Ask a question about a clip at each subscription; the answer comes in pieces.

    A call that fails, or takes too long, is an error of the stream. Disposing hangs up. The call begins on the clock of
    the subscription, and not on the thread that subscribes: a model may block it.

    Args:
        model: The model.
        clip: The clip, with its bytes.
        question: The question.
        timeout: Seconds for the whole answer, above 0.
        on_answer: Called with the whole answer, or the failed one, before the stream ends: it was billed. It is marked
            as ``"asked"``, so no rule looks at it.
    """
    log = UserErrors()

    def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
        clock = clock_of(scheduler)
        failed: list[Exception] = []

        def asked(_scheduler: SchedulerBase | None) -> Observable[Analysis]:
            limits, came = TimeLimits(timeout, None), now_in_seconds(clock)
            calls = ClipCalls(model, clip, came, clock, limits, None, lambda _: None, log, observer.on_next)
            return calls.ask_once(question)

        def answered(analysis: Analysis) -> None:
            on_answer(replace(analysis, marks=ASKED, timings={}))  # the clip waited for no one
            if analysis.error is not None:
                failed.append(analysis.error)

        def ended() -> None:
            if failed:
                observer.on_error(failed[0])
            else:
                observer.on_completed()

        call = subscribe_later(reactivex.defer(asked), clock)
        return call.subscribe(answered, observer.on_error, ended, scheduler=scheduler)

    return Observable(subscribe)
