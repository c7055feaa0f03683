"""Detectors: the rules at work in one subscription, between its answers and its subscriber."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable

from rxvlm.analysis import Analysis
from rxvlm.concurrency.serial import Serial
from rxvlm.concurrency.timers import clock_of
from rxvlm.event import Event
from rxvlm.ledger import Decision, Ledger
from rxvlm.rules.mutes import Mutes
from rxvlm.rules.outlet import AnyRule, Detector, Outlet
from rxvlm.stream import LossReason, OnDrop, ignore

Ledgers = Mapping[str, Ledger]


def run_rules(
    source: Observable[Analysis],
    rules: Sequence[AnyRule],
    *,
    with_answers: bool,
    ledgers: Ledgers,
    on_drop: OnDrop | None,
    mutes: Mutes | None = None,
) -> Observable[Analysis | Event]:
    """Return the events that rules find in answers.

    Args:
        source: The answers.
        rules: The rules.
        with_answers: Whether each answer is passed on, before what it caused.
        ledgers: The ledgers of its cameras.
        on_drop: Called with each event that is not given, and the reason.
        mutes: The rules that are muted; None: none ever is.
    """

    def subscribe(observer: ObserverBase[Analysis | Event], scheduler: SchedulerBase | None = None) -> DisposableBase:
        run = _Run(observer, scheduler, ledgers, on_drop or ignore, mutes or Mutes())
        run.begin(rules, with_answers=with_answers)
        above = source.subscribe(run.on_next, run.on_error, run.on_completed, scheduler=scheduler)
        return CompositeDisposable(above, Disposable(run.leave))

    return Observable(subscribe)


class _Run:
    """One subscription. Answers, timers, the end and the disposal come one after another."""

    def __init__(
        self,
        observer: ObserverBase[Analysis | Event],
        scheduler: SchedulerBase | None,
        ledgers: Ledgers,
        on_drop: OnDrop,
        mutes: Mutes,
    ) -> None:
        self._mutes = mutes
        self._observer, self._on_drop = observer, on_drop
        self._clock = clock_of(scheduler)
        self._ledgers = ledgers
        self._serial = Serial()
        self._timers = CompositeDisposable()
        self._left = self._over = False
        self._with_answers = False
        self._detectors: list[Detector] = []

    def begin(self, rules: Sequence[AnyRule], *, with_answers: bool) -> None:
        self._with_answers = with_answers
        outlet = Outlet(
            self._give, self._drop, self._decide, self._clock, self._later, lambda: self._ledgers, self._is_muted
        )
        self._detectors = [rule.begin(outlet) for rule in rules]

    def on_next(self, analysis: Analysis) -> None:
        self._serial(lambda: self._take(analysis))

    def on_error(self, error: Exception) -> None:
        self._serial(lambda: self._end("stream failed", lambda: self._observer.on_error(error)))

    def on_completed(self) -> None:
        self._serial(lambda: self._end("stream ended", self._observer.on_completed))

    def leave(self) -> None:
        """Stop after the item that is being delivered. May be called from any thread, and returns at once."""
        self._left = True
        self._timers.dispose()
        self._serial(self._drop_all)

    def _take(self, analysis: Analysis) -> None:
        if self._over or self._left:
            return
        if self._with_answers:
            self._observer.on_next(analysis)
        for detector in self._detectors:
            detector.on_analysis(analysis)

    def _end(self, reason: str, end: Callable[[], None]) -> None:
        if self._over:
            return
        self._timers.dispose()
        for detector in self._detectors:
            detector.end(reason)
        self._over = True
        end()

    def _drop_all(self) -> None:
        if not self._over:
            self._over = True
            for detector in self._detectors:
                detector.leave()

    def _give(self, event: Event) -> None:
        if self._left:
            return
        if event.phase != "end" and not event.muted and self._is_muted(event.name, event.camera):
            event = replace(event, muted=True)  # of a rule of the user's own
        self._observer.on_next(event)

    def _is_muted(self, rule: str, camera: str) -> bool:
        return self._mutes.until(rule, camera) is not None

    def _drop(self, event: Event, reason: LossReason) -> None:
        self._on_drop(event, reason)

    def _decide(self, decision: Decision) -> None:
        only = next(iter(self._ledgers.values())) if len(self._ledgers) == 1 else None  # it may have another name
        ledger = self._ledgers.get(decision.camera, only)
        if ledger is not None:
            ledger.decide(decision)

    def _later(self, seconds: float, action: Callable[[], None]) -> DisposableBase:
        timer = SingleAssignmentDisposable()

        def due(_scheduler: SchedulerBase, _state: object) -> None:
            self._timers.remove(timer)
            self._serial(lambda: None if self._over or self._left else action())

        self._timers.add(timer)
        timer.disposable = self._clock.schedule_relative(seconds, due)
        return timer
