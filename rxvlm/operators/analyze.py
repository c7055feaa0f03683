"""analyze: ask a model about each clip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.errors import ModelError, ModelTimeoutError, RxvlmError
from rxvlm.ledger import Ledger
from rxvlm.operators.flat_map_bounded import Capacity, Order, Overflow, flat_map_bounded
from rxvlm.operators.operator import OnDrop, Operator
from rxvlm.timers import clock_of, seconds_of
from rxvlm.uri import without_secrets
from rxvlm.vlm import Piece, Vlm

Prompt: TypeAlias = str | Callable[[Clip], str]


def analyze(
    vlm: Vlm,
    prompt: Prompt,
    *,
    max_concurrent: int = 1,
    capacity: Capacity = 2,
    overflow: Overflow = "drop_oldest",
    order: Order = "source",
    timeout: float = 60.0,
    max_age: float | None = None,
    scheduler: SchedulerBase | None = None,
    ledger: Ledger | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Clip, Analysis]:
    """Ask a model about each clip: one Analysis for each that was asked about.

    ::

        clips     --1-----2--3--4----------|      max_concurrent=1, capacity=1, drop_oldest
        analyses  -----1-----------2-----4-|      3 waited when 4 came: on_drop(3, "overflow")

    A call that fails or takes too long is an Analysis with an error; the stream goes on.

    Args:
        vlm: The model.
        prompt: What to ask: a string, or a function of the clip.
        max_concurrent: Calls at a time, at least 1.
        capacity: Clips waiting at most, at least 0; or a function that gives it.
        overflow: What happens to the next; see `flat_map_bounded`.
        order: ``"source"`` keeps the clips' order, ``"arrival"`` gives answers as they come.
        timeout: Seconds for a whole answer; then the call is hung up.
        max_age: Seconds since the end of what was filmed, after which nobody wants the
            answer: a clip too old when its turn comes is not asked about (``"stale"``), a
            call still running then is hung up (``"late"``). None: no limit; nor for files.
        scheduler: Where calls are begun; None: on the thread that has room for them. A Vlm works
            where it sees fit.
        ledger: Counts clips as in flight, analysed or failed, and those lost.
        on_drop: Told of each lost clip and why: ``"overflow"``, ``"stale"``, ``"late"``,
            ``"disposed"`` or ``"error"``.

    Returns:
        An operator; its clock is the scheduler given at subscription.

    Raises:
        ValueError: If a number is out of range or a rule unknown.
    """
    if not timeout > 0 or not (max_age is None or max_age > 0):
        raise ValueError(f"timeout and max_age must be above 0 seconds, not {timeout} and {max_age}")

    def lost(clip: Clip, reason: str) -> None:
        if ledger is not None:
            ledger.drop(clip, reason)
        if on_drop is not None:
            on_drop(clip, reason)

    def work(clip: Clip) -> Observable[Analysis]:
        def asked(clock: SchedulerBase | None) -> Observable[Analysis]:
            call = _Call(vlm, clip, prompt if isinstance(prompt, str) else prompt(clip), clock_of(clock))
            analysis = call.analysis(timeout, max_age, ledger, lost)
            return analysis if scheduler is None else _begun_on(scheduler, analysis)

        return reactivex.defer(asked)

    return flat_map_bounded(
        work, max_concurrent=max_concurrent, capacity=capacity, overflow=overflow, order=order, on_drop=lost
    )


@dataclass(frozen=True, slots=True)
class _Call:
    """One question about one clip."""

    vlm: Vlm
    clip: Clip
    prompt: str
    clock: SchedulerBase

    def analysis(
        self, timeout: float, max_age: float | None, ledger: Ledger | None, lost: OnDrop
    ) -> Observable[Analysis]:
        """Ask, within the time there is; settle the ledger with what comes of it."""
        began = seconds_of(self.clock)
        left = timeout
        if max_age is not None and self.clip.captured is not None:
            left = min(timeout, self.clip.captured + max_age - began)
        if left <= 0:
            lost(self.clip, "stale")
            return reactivex.empty()
        if ledger is not None:
            ledger.begin(self.clip)
        late = left < timeout
        too_long = ModelTimeoutError(f"{self.vlm.name} gave no answer within {left:g} s")

        def failed(error: Exception, _source: Observable[Analysis]) -> Observable[Analysis]:
            if late and error is too_long:
                lost(self.clip, "late")
                return reactivex.empty()
            return reactivex.just(self.answer([], began, error))

        return reactivex.defer(lambda _: self.vlm.ask(self.clip, self.prompt)).pipe(
            ops.to_list(),
            ops.timeout(left, reactivex.throw(too_long), self.clock),
            ops.map(lambda pieces: self.answer(pieces, began, None if pieces else self.silence())),
            ops.catch(failed),
            ops.do_action(None if ledger is None else ledger.settle),
        )

    def silence(self) -> ModelError:
        """Give the error of a model that ends without a word."""
        return ModelError(f"{self.vlm.name} ended without an answer")

    def answer(self, pieces: Sequence[Piece], began: float, error: Exception | None = None) -> Analysis:
        """Put the pieces of an answer together, or say why there is none."""
        last = pieces[-1] if pieces else Piece()
        return Analysis(
            self.clip,
            self.prompt,
            last.model or self.vlm.name,
            began,
            seconds_of(self.clock),
            text="".join(piece.text for piece in pieces),
            value=last.value,
            error=None if error is None else _ours(error, self.vlm.name),
            usage=last.usage,
            request_id=last.request_id,
            finish_reason=last.finish_reason,
        )


def _begun_on(scheduler: SchedulerBase, analysis: Observable[Analysis]) -> Observable[Analysis]:
    """Subscribe on a scheduler, and dispose at once: RxPY's subscribe_on would queue that, too."""

    def subscribe(observer: ObserverBase[Analysis], clock: SchedulerBase | None = None) -> DisposableBase:
        call = SingleAssignmentDisposable()

        def begin(_scheduler: SchedulerBase, _state: object) -> None:
            if not call.is_disposed:
                call.disposable = analysis.subscribe(observer, scheduler=clock)

        return CompositeDisposable(scheduler.schedule(begin), call)

    return Observable(subscribe)


def _ours(error: Exception, model: str) -> RxvlmError:
    if isinstance(error, RxvlmError):
        return error
    ours = ModelError(without_secrets(f"{model} failed: {type(error).__name__}: {error}"))
    ours.__cause__ = error
    return ours
