"""ask_all: ask a model several questions about each clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.concurrency.later import subscribe_later
from rxvlm.concurrency.timers import clock_of
from rxvlm.ledger import Ledger
from rxvlm.operators.asking.call import Call
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.flat_map_bounded import Capacity, Order, Overflow, flat_map_bounded
from rxvlm.operators.latest import Prompt, Question, with_questions
from rxvlm.stream import LossReason, OnDrop, Operator, ignore
from rxvlm.vlm import Vlm, check_model

_Item: TypeAlias = tuple[Clip, tuple[Question, ...]]


def ask_all(
    model: Vlm,
    prompts: Sequence[Prompt],
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
    """Ask a model several questions about each clip: an Analysis for each clip and question.

    ::

        clips     --1-----------2----|             two questions, max_concurrent=1
        analyses  ----1a---1b-----2a---2b-|

    The clip is encoded once. Its questions are asked one after the other, so that there are
    never more than ``max_concurrent`` calls; the ledger settles it once: as analysed if any
    question was answered, as failed if none was.

    Args:
        model: The model.
        prompts: What to ask: each a string, a function of the clip, or `latest`; at least one.
        max_concurrent: Calls at a time, at least 1.
        capacity: Clips waiting at most; see `analyze`, as for all that follows.
        overflow: What happens to the next.
        order: Of the clips; a clip's questions keep theirs.
        timeout: Seconds for the answer to one question.
        max_age: Seconds since the end of what was filmed, after which no answer is wanted.
        scheduler: Where calls are begun.
        ledger: Counts each clip once.
        on_drop: Told of each lost clip, or clip not asked about to the end, and why.

    Returns:
        An operator; ``analysis.prompt`` says which question is answered.

    Raises:
        TypeError: If ``model`` is no model.
        ValueError: If there is no question, a number is out of range or a rule unknown.
    """
    check_model(model)
    if not prompts or isinstance(prompts, str):
        raise ValueError("ask_all takes a list of at least one question")
    if not timeout > 0 or not (max_age is None or max_age > 0):
        raise ValueError(f"timeout and max_age must be above 0 seconds, not {timeout} and {max_age}")
    told = on_drop or ignore

    def lost(item: _Item, reason: LossReason) -> None:
        if ledger is not None:
            ledger.drop(item[0], reason)
        told(item[0], reason)

    def work(item: _Item) -> Observable[Analysis]:
        def asked(clock: SchedulerBase | None) -> Observable[Analysis]:
            asking = _Asked(model, item, clock_of(clock), ledger, lost)
            analyses = _in_turn(asking.analyses(timeout, max_age))
            return analyses if scheduler is None else subscribe_later(analyses, scheduler)

        return reactivex.defer(asked)

    bounded = flat_map_bounded(
        work,
        max_concurrent=max_concurrent,
        capacity=capacity,
        overflow=overflow,
        order=order,
        on_drop=None if ledger is None and on_drop is None else lost,  # nobody told: it is logged
    )
    return check_items(Clip, "ask_all", lambda clips: clips.pipe(with_questions(prompts), bounded))


class _Asked:
    """The questions about one clip, and what becomes of it."""

    def __init__(
        self,
        model: Vlm,
        item: _Item,
        clock: SchedulerBase,
        ledger: Ledger | None,
        lost: Callable[[_Item, LossReason], None],
    ) -> None:
        self._model = model
        self._item = item
        self._clock = clock
        self._ledger = ledger
        self._lost = lost
        self._wanted = True

    def analyses(self, timeout: float, max_age: float | None) -> Iterator[Observable[Analysis]]:
        """Give the answer to each question, as long as anybody wants it."""
        clip, questions = self._item
        for at, question in enumerate(questions):
            last = at == len(questions) - 1

            def asked(_: object, question: Question = question) -> Observable[Analysis]:
                text = question if isinstance(question, str) else question(clip)
                return Call(self._model, clip, text, self._clock, self._begin, self._lose).analysis(timeout, max_age)

            def settle(analysis: Analysis, last: bool = last) -> None:  # noqa: FBT001 - of this turn of the loop
                self._settle(analysis, last=last)

            if self._wanted:
                yield reactivex.defer(asked).pipe(ops.do_action(settle))

    def _begin(self) -> None:
        if self._ledger is not None:
            self._ledger.begin(self._item[0])

    def _lose(self, reason: LossReason) -> None:
        self._wanted = False
        self._lost(self._item, reason)

    def _settle(self, analysis: Analysis, *, last: bool) -> None:
        if self._ledger is not None and (last or analysis.error is None):
            self._ledger.settle(analysis)  # only the first time counts


def _in_turn(streams: Iterator[Observable[Analysis]]) -> Observable[Analysis]:
    """Give one stream after the other: RxPY's concat would queue the next on a trampoline."""

    def subscribe(observer: ObserverBase[Analysis], scheduler: SchedulerBase | None = None) -> DisposableBase:
        running = SerialDisposable()

        def go_on() -> None:
            stream = next(streams, None)
            if stream is None:
                observer.on_completed()
                return
            running.disposable = one = SingleAssignmentDisposable()
            one.disposable = stream.subscribe(observer.on_next, observer.on_error, go_on, scheduler=scheduler)

        go_on()
        return running

    return Observable(subscribe)
