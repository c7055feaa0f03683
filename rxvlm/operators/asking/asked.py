"""asked: what the steps that ask about clips have in common: their bounds, their losses and their ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypedDict, TypeVar

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
from rxvlm.operators.asking.prompts import FixedPrompt, Prompt, PromptedClip, with_prompts
from rxvlm.operators.bounding.losses import log_first_loss
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.flat_map_bounded import flat_map_bounded
from rxvlm.stream import LossReason, OnDrop, Operator, ignore
from rxvlm.stream.counting import ledgers
from rxvlm.vlm import Value, Vlm, check_model

_Answer = TypeVar("_Answer")


class Bounds(TypedDict):
    """How much is done at a time, how much waits, and in which order; see `flat_map_bounded`."""

    max_concurrent: int
    capacity: Capacity
    overflow: Overflow | None
    order: Order


@dataclass(frozen=True, slots=True)
class Asking:
    """One clip that is asked about.

    Attributes:
        clip: The clip.
        prompts: The prompts that were valid when it came.
        came: When it came, in seconds since the epoch.
        clock: Its time is in the answers.
        ledger: Where the clip is counted; None: nowhere.
        lost: To be called with the reason if there is no answer to it.
    """

    clip: Clip
    prompts: tuple[FixedPrompt, ...]
    came: float
    clock: SchedulerBase
    ledger: Ledger | None
    lost: Callable[[LossReason], None]


Ask: TypeAlias = Callable[[Asking], Observable[_Answer]]


def asked(
    step: str,
    prompts: Sequence[Prompt],
    ask: Ask[_Answer],
    bounds: Bounds,
    counting: tuple[Ledger | None, OnDrop | None],
) -> Operator[Clip, _Answer]:
    """Return the step that asks about each clip.

    Args:
        step: The name of the step, for messages.
        prompts: What to ask.
        ask: Makes the answers about one clip.
        bounds: How many clips at a time.
        counting: The ledger and the on_drop that the step was given. Without a ledger it is that of the stream; where
            there is none, and no on_drop either, the first loss is logged.
    """
    given, on_drop = counting

    def operator(clips: Observable[Clip]) -> Observable[_Answer]:
        find, logged = ledgers(clips, given), log_first_loss(step, bounds["overflow"])

        def lost(item: PromptedClip, reason: LossReason) -> None:
            clip = item[0]
            ledger = find(clip.source)
            if ledger is not None:
                ledger.drop(clip, reason, step=step)
            told = on_drop or (logged if ledger is None else ignore)
            told(clip, reason)

        def begin(item: PromptedClip) -> Observable[_Answer]:
            def begun(clock: SchedulerBase | None) -> Observable[_Answer]:
                return ask(Asking(*item, clock_of(clock), find(item[0].source), lambda reason: lost(item, reason)))

            return reactivex.defer(begun)

        return clips.pipe(with_prompts(prompts), flat_map_bounded(begin, on_drop=lost, **bounds))

    return check_items(Clip, step, operator)


def one_model(model: Vlm[Value], limits: TimeLimits, scheduler: SchedulerBase | None) -> Ask[Analysis[Value]]:
    """Return what asks one model all prompts about a clip, one after the other.

    Args:
        model: The model.
        limits: How long each call may take.
        scheduler: Where calls are started; None: on the thread that delivers the clip.

    Raises:
        TypeError: If ``model`` is not a model.
    """
    check_model(model)
    log = UserErrors()

    def ask(one: Asking) -> Observable[Analysis[Value]]:
        calls = ClipCalls(model, one.clip, one.came, one.clock, limits, one.ledger, one.lost, log)
        analyses = calls.ask_each(one.prompts)
        return analyses if scheduler is None else subscribe_later(analyses, scheduler)

    return ask
