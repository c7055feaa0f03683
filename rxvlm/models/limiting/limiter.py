"""Gate: what all who share a limit share, and one ask that passes it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Final

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.concurrency.timers import clock_of, seconds_of
from rxvlm.errors import ModelBusyError, ModelError
from rxvlm.models.limiting.rate import Estimate, Pace, Turns
from rxvlm.vlm import Piece, Usage

_TICK: Final = 5e-6  # seconds that clocks, which count microseconds, cannot tell from none
_log = logging.getLogger("rxvlm")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: whose turn it takes, of which model, its tokens by the rule, and the answer, cold."""

    source: str
    model: str
    tokens: int
    answer: Observable[Piece]


class Ask:
    """One subscription: it waits for its turn, asks, and makes room."""

    def __init__(
        self, gate: Gate, question: Question, observer: ObserverBase[Piece], scheduler: SchedulerBase | None
    ) -> None:
        self.question = question
        self.clock = clock_of(scheduler)
        self.charged = 0.0
        self.spell = 0
        self.usage: Usage | None = None
        self._gate, self._observer, self._scheduler = gate, observer, scheduler
        self._call = SingleAssignmentDisposable()

    def begin(self) -> None:
        """Ask: the turn has come."""
        if not self._call.is_disposed:
            self._call.disposable = self.question.answer.subscribe(
                self._on_piece, self.fail, self._on_end, scheduler=self._scheduler
            )

    def turn_away(self, capacity: int) -> None:
        """Fail for want of room."""
        self.fail(ModelBusyError(f"{self.question.model} has {capacity} asks waiting already"))

    def fail(self, error: Exception) -> None:
        """End with an error."""
        self._call.dispose()
        self._gate.leave(self, error)
        self._observer.on_error(error)

    def leave(self) -> None:
        """Hang up, or wait no more."""
        self._call.dispose()
        self._gate.leave(self)

    def _on_piece(self, piece: Piece) -> None:
        self.usage = piece.usage or self.usage
        try:
            self._observer.on_next(piece)
        except BaseException:
            self.leave()  # whoever raises hears no end, and would hold its place for ever
            raise

    def _on_end(self) -> None:
        self._call.dispose()
        self._gate.leave(self, answered=True)
        self._observer.on_completed()


class _Alarm:
    """A timer on one of the clocks, due at a moment of the pace's time."""

    def __init__(self, due: float) -> None:
        self.due = due
        self.timer = SingleAssignmentDisposable()


class Gate:
    """What all who share a limit share; for any thread. Nobody is called under its lock, but for the time."""

    def __init__(self, pace: Pace, capacity: int) -> None:
        self._pace = pace
        self._capacity = capacity
        self._estimate = Estimate()
        self._turns = Turns[Ask]()
        self._running: set[Ask] = set()
        self._alarms: dict[SchedulerBase, _Alarm] = {}
        self._beginners: set[int] = set()  # threads that begin asks
        self._lock = threading.Lock()

    def enter(self, ask: Ask) -> None:
        """Let an ask begin, or wait."""
        with self._lock:
            self._turns.add(ask.question.source, ask)
        self._go_on(ask.clock)

    def leave(self, ask: Ask, error: Exception | None = None, *, answered: bool = False) -> None:
        """Take out an ask that waits or runs, and learn from how it ended."""
        with self._lock:
            if ask in self._running:
                self._running.remove(ask)
                self._pace.advance(seconds_of(ask.clock))
                self._settle(ask, error, answered=answered)
            elif not self._turns.discard(ask.question.source, ask):
                return
        self._go_on(ask.clock)

    def _settle(self, ask: Ask, error: Exception | None, *, answered: bool) -> None:
        if ask.usage is not None:
            self._pace.correct(ask.usage.input + ask.usage.output - ask.charged)
            self._estimate.learn(ask.question.tokens, ask.usage)
        elif isinstance(error, ModelError) and error.retryable:
            self._pace.correct(-ask.charged)
        if answered:
            self._pace.answered(ask.spell)
        elif isinstance(error, ModelBusyError):
            self._pace.refused(ask.spell, error.retry_after)

    def _go_on(self, clock: SchedulerBase) -> None:
        """Begin what may begin, turn away what has no room, and see to it that somebody looks again."""
        thread = threading.get_ident()
        if thread in self._beginners:
            return  # what it began has ended at once: it goes on where it began that
        self._beginners.add(thread)
        try:
            while (action := self._next(clock)) is not None:
                _guarded(action)
        finally:
            self._beginners.remove(thread)
        self._set_alarms()

    def _next(self, clock: SchedulerBase) -> Callable[[], None] | None:
        with self._lock:
            self._pace.advance(seconds_of(clock))
            if self._turns and self._pace.wait(len(self._running)) < _TICK:
                ask = self._turns.take()
                ask.charged = self._estimate.tokens(ask.question.tokens)
                ask.spell = self._pace.take(ask.charged)
                self._running.add(ask)
                return ask.begin
            full = len(self._turns) > self._capacity
            return partial(self._turns.push_out().turn_away, self._capacity) if full else None

    def _set_alarms(self) -> None:
        """See to a timer on each clock that somebody waits by, and on no other."""
        with self._lock:
            wait = self._pace.wait(len(self._running)) if self._turns else inf
            due = self._pace.now + wait
            clocks = {ask.clock for ask in self._turns} if wait < inf else set[SchedulerBase]()
            kept = {
                clock: alarm for clock, alarm in self._alarms.items() if clock in clocks and alarm.due <= due + _TICK
            }
            old = [alarm for clock, alarm in self._alarms.items() if clock not in kept]
            new = {clock: _Alarm(due) for clock in clocks - kept.keys()}
            self._alarms = kept | new
        for alarm in old:
            alarm.timer.dispose()
        for clock, alarm in new.items():
            self._set_alarm(clock, alarm, wait)

    def _set_alarm(self, clock: SchedulerBase, alarm: _Alarm, wait: float) -> None:
        def ring(*_: object) -> None:
            with self._lock:
                if self._alarms.get(clock) is alarm:
                    del self._alarms[clock]
            self._go_on(clock)

        try:
            alarm.timer.disposable = clock.schedule_relative(wait, ring)
        except Exception as error:  # noqa: BLE001 - a clock that is closed, say: whoever waits by it would wait for ever
            with self._lock:
                asks = [ask for ask in self._turns if ask.clock is clock]
                for ask in asks:
                    self._turns.discard(ask.question.source, ask)
            for ask in asks:
                _guarded(partial(ask.fail, error))


def _guarded(action: Callable[[], None]) -> None:
    """Do what may call a subscriber of another camera: what that raises is not this thread's."""
    try:
        action()
    except Exception:  # noqa: BLE001 - as it says
        _log.exception("a subscriber raised; its stream is over")
