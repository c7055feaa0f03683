"""ask_all: ask a model several questions about each clip."""

from __future__ import annotations

from collections.abc import Sequence

import reactivex
from reactivex import Observable
from reactivex.abc import SchedulerBase

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.concurrency.later import subscribe_later
from rxvlm.concurrency.timers import clock_of
from rxvlm.display.traces import UserErrors
from rxvlm.ledger import Ledger
from rxvlm.operators.asking.call import ClipCalls, TimeLimits
from rxvlm.operators.asking.prompts import Prompt, PromptedClip, with_prompts
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.flat_map_bounded import flat_map_bounded
from rxvlm.stream import LossReason, OnDrop, Operator, as_step, ignore
from rxvlm.vlm import Value, Vlm, check_model


@as_step
def ask_all(
    model: Vlm[Value],
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
) -> Operator[Clip, Analysis[Value]]:
    """Ask a model several questions about each clip: an Analysis for each clip and question.

    ::

        clips     --1-----------2----|             two questions, max_concurrent=1
        analyses  ----1a---1b-----2a---2b-|

    Each clip is encoded once. Its questions are asked one after the other, so that there are
    never more than ``max_concurrent`` calls. The ledger counts a clip once: as analysed if any
    question was answered, as failed if none was.

    Args:
        model: The model.
        prompts: What to ask: each a string, a function of the clip, or `latest`; at least one.
        max_concurrent: Calls at a time, at least 1.
        capacity: Clips that wait at most; see `analyze`, as for all that follows.
        overflow: What happens to the next clip when so many wait.
        order: The order of the clips; the questions about a clip keep theirs.
        timeout: Seconds for the answer to one question.
        max_age: Seconds since the end of what was filmed, after which an answer is not wanted any more.
        scheduler: Where calls are started.
        ledger: Counts each clip once.
        on_drop: Called with each clip that is lost, before or between its questions, and the reason.

    Returns:
        An operator; ``analysis.prompt`` is the question that was answered.

    Raises:
        TypeError: If ``model`` is not a model.
        ValueError: If there is no question, a number is out of range or a rule unknown.
    """
    check_model(model)
    if not prompts or isinstance(prompts, str):
        raise ValueError("ask_all takes a list of at least one question")
    limits = TimeLimits(timeout, max_age)
    told, log = on_drop or ignore, UserErrors()

    def lost(item: PromptedClip, reason: LossReason) -> None:
        if ledger is not None:
            ledger.drop(item[0], reason)
        told(item[0], reason)

    def ask(item: PromptedClip) -> Observable[Analysis[Value]]:
        def begin(clock: SchedulerBase | None) -> Observable[Analysis[Value]]:
            clip, current = item
            calls = ClipCalls(model, clip, clock_of(clock), limits, ledger, lambda reason: lost(item, reason), log)
            analyses = calls.ask_each(current)
            return analyses if scheduler is None else subscribe_later(analyses, scheduler)

        return reactivex.defer(begin)

    bounded = flat_map_bounded(
        ask,
        max_concurrent=max_concurrent,
        capacity=capacity,
        overflow=overflow,
        order=order,
        on_drop=None if ledger is None and on_drop is None else lost,  # with neither, the first loss is logged
    )
    return check_items(Clip, "ask_all", lambda clips: clips.pipe(with_prompts(prompts), bounded))
