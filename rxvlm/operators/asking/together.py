"""TogetherCalls: the calls to several models about one clip, whose answers are one value."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable

from rxvlm.analysis import Analysis, Answers
from rxvlm.clip import Clip
from rxvlm.concurrency.later import subscribe_later
from rxvlm.concurrency.timers import now_in_seconds
from rxvlm.display.traces import UserErrors
from rxvlm.errors import ModelTimeoutError
from rxvlm.ledger import Ledger
from rxvlm.operators.asking.call import ClipCalls, TimeLimits
from rxvlm.operators.asking.prompts import FixedPrompt
from rxvlm.stream import LossReason
from rxvlm.vlm import Vlm


@dataclass(frozen=True, slots=True)
class TogetherCalls:
    """The calls to several models about one clip, begun together, and answered by one `Answers`.

    Attributes:
        models: The models by name.
        clip: The clip.
        came: When it came, in seconds since the epoch.
        clock: As of `ClipCalls`, as are the limits, the ledger and the log.
        limits: How long each call may take.
        ledger: Counts the clip as in flight, and settles it once, when the last model has answered or failed.
        lost: Called once, with the reason, if the clip is too old and no model has answered.
        log: Logs what a model or a prompt function of the user's own raises.
        scheduler: Where each call is started; None: on the thread that subscribes, one after the other.
    """

    models: Mapping[str, Vlm]
    clip: Clip
    came: float
    clock: SchedulerBase
    limits: TimeLimits
    ledger: Ledger | None
    lost: Callable[[LossReason], None]
    log: UserErrors
    scheduler: SchedulerBase | None

    def ask(self, prompt: FixedPrompt) -> Observable[Answers]:
        """Ask all models: one Answers when the last call has ended; none if the clip is too old before any has."""
        same = prompt if isinstance(prompt, str) else cache(prompt)  # a function is called only once

        def subscribe(observer: ObserverBase[Answers], scheduler: SchedulerBase | None = None) -> DisposableBase:
            gathered = _Gathered(self, observer, now_in_seconds(self.clock))
            subscriptions = CompositeDisposable()
            for name, model in self.models.items():
                call = ClipCalls(
                    model, self.clip, self.came, self.clock, self.limits, self.ledger, gathered.on_lost, self.log
                )
                answer = call.ask_once(same)
                if self.scheduler is not None:
                    answer = subscribe_later(answer, self.scheduler)
                subscription = SingleAssignmentDisposable()
                subscriptions.add(subscription)  # before subscribing: a model may answer at once
                on_next = partial(gathered.on_analysis, name)
                subscription.disposable = answer.subscribe(
                    on_next, observer.on_error, gathered.on_end, scheduler=scheduler
                )
            return subscriptions

        return Observable(subscribe)


@dataclass(slots=True)
class _Gathered:
    """The answers about one clip so far; its methods are called by the threads of all models."""

    calls: TogetherCalls
    observer: ObserverBase[Answers]
    asked: float
    answers: dict[str, Analysis] = field(default_factory=dict[str, Analysis])
    ended: int = 0
    reason: LossReason | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def on_analysis(self, name: str, analysis: Analysis) -> None:
        with self.lock:
            self.answers[name] = analysis

    def on_lost(self, reason: LossReason) -> None:
        """Note that the clip was too old for one of the models."""
        with self.lock:
            self.reason = reason

    def on_end(self) -> None:
        """Count the end of one call; after the last, emit the answers."""
        with self.lock:
            self.ended += 1
            over = self.ended == len(self.calls.models)
        if not over:
            return
        if self.answers:
            self.observer.on_next(self._settled())
        elif self.reason is not None:
            self.calls.lost(self.reason)
        self.observer.on_completed()

    def _settled(self) -> Answers:
        prompt = next(iter(self.answers.values())).prompt
        every = {name: self.answers.get(name) or self._late(name, prompt) for name in self.calls.models}
        answers = Answers(self.calls.clip, every)
        if self.calls.ledger is not None:
            answered = (analysis for analysis in every.values() if analysis.error is None)
            self.calls.ledger.settle(next(answered, next(iter(every.values()))))
        return answers

    def _late(self, name: str, prompt: str) -> Analysis:
        """Return the failed answer of a model that the clip became too old for, while another one answered."""
        model = self.calls.models[name].name
        error = ModelTimeoutError(f"{model} did not answer before its clip was {self.calls.limits.max_age:g} s old")
        return Analysis(self.calls.clip, prompt, model, self.asked, now_in_seconds(self.calls.clock), error=error)
