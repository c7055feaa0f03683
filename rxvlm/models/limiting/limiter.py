"""Limiter: decides which of the asks that share a limit may go; LimitedAsk: one ask that waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from typing import Final, cast

from reactivex import Observable
from reactivex.abc import ObserverBase, SchedulerBase
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.clip import Clip
from rxvlm.concurrency.timers import clock_of, now_in_seconds
from rxvlm.errors import ModelBusyError, ModelError
from rxvlm.models.limiting.fair_queue import FairQueue
from rxvlm.models.limiting.rate import AdaptiveRate, Rate
from rxvlm.models.limiting.token_estimate import TokenEstimate
from rxvlm.vlm import Piece, Usage

_TICK: Final = 5e-6  # seconds: a shorter wait is none, for clocks count microseconds
_log = logging.getLogger("rxvlm")


@dataclass(frozen=True, slots=True)
class Request:
    """A question to a limited model.

    Attributes:
        clip: The clip; its source is the camera, for fairness between cameras.
        prompt: The prompt.
        model: The model's name, for errors.
        tokens: Input tokens, estimated by a published rule.
        answer: Asks when it is subscribed.
    """

    clip: Clip
    prompt: str
    model: str
    tokens: int
    answer: Observable[Piece]

    @property
    def source(self) -> str:
        """The name of the camera."""
        return self.clip.source


class LimitedAsk:
    """One subscription to a limited model: it waits for its turn, asks, and makes room for the next when it ends."""

    def __init__(
        self, limiter: Limiter, request: Request, observer: ObserverBase[Piece], scheduler: SchedulerBase | None
    ) -> None:
        self.request = request
        self.clock = clock_of(scheduler)
        self.entered = self.began = now_in_seconds(self.clock)
        self.charged = 0.0
        self.slowdowns = 0
        self.usage: Usage | None = None
        self._limiter, self._observer, self._scheduler = limiter, observer, scheduler
        self._call = SingleAssignmentDisposable()

    def begin(self) -> None:
        """Ask now, unless the subscriber has disposed meanwhile."""
        if not self._call.is_disposed:
            self._call.disposable = self.request.answer.subscribe(
                self._on_piece, self.fail, self._on_end, scheduler=self._scheduler
            )

    def reject(self, capacity: int) -> None:
        """Fail, because too many asks wait already."""
        self.fail(ModelBusyError(f"{self.request.model} has {capacity} asks waiting already"))

    def fail(self, error: Exception) -> None:
        """End with an error, and make room."""
        self._call.dispose()
        self._limiter.leave(self, error)
        self._observer.on_error(error)

    def leave(self) -> None:
        """End because the subscriber disposed: close the call, or stop waiting."""
        self._call.dispose()
        self._limiter.leave(self)

    def _on_piece(self, piece: Piece) -> None:
        self.usage = piece.usage or self.usage
        try:
            self._observer.on_next(replace(piece, waited=piece.waited + max(0.0, self.began - self.entered)))
        except BaseException:
            self.leave()  # the stream will not end any more, and would never leave its place
            raise

    def _on_end(self) -> None:
        self._call.dispose()
        self._limiter.leave(self, answered=True)
        self._observer.on_completed()


class _WakeUp:
    """A timer on one of the clocks; ``due`` is on the clock of the `AdaptiveRate`."""

    def __init__(self, due: float) -> None:
        self.due = due
        self.timer = SingleAssignmentDisposable()


class Limiter:
    """Lets asks go as the rate allows, in turn by source. Thread-safe.

    Its lock is never held while a subscriber or a model is called; only clocks are read under it.
    """

    def __init__(self, rate: AdaptiveRate, capacity: int) -> None:
        self._rate: Rate = rate
        self._capacity = capacity
        self._estimate = TokenEstimate()
        self._queue = FairQueue[LimitedAsk]()
        self._running: set[LimitedAsk] = set()
        self._wake_ups: dict[SchedulerBase, _WakeUp] = {}
        self._beginners: set[int] = set()  # identifiers of the threads that are beginning asks
        self._lock = threading.Lock()

    @property
    def load(self) -> tuple[int, int]:
        """How many asks wait, and how many are in flight."""
        with self._lock:
            return len(self._queue), len(self._running)

    def share(self, make: Callable[[AdaptiveRate], Rate]) -> None:
        """Let another rate decide from now on, which is made of its own; nothing may have been asked yet."""
        with self._lock:
            self._rate = make(cast("AdaptiveRate", self._rate))

    def wake(self) -> None:
        """Look again whether asks may go, since the rate allows more."""
        with self._lock:
            clocks = {ask.clock for ask in self._queue}
        for clock in clocks:
            self._go_on(clock)

    def enter(self, ask: LimitedAsk) -> None:
        """Begin an ask now, or let it wait for its turn, or reject it or another for want of room."""
        with self._lock:
            self._queue.add(ask.request.source, ask)
        self._go_on(ask.clock)

    def leave(self, ask: LimitedAsk, error: Exception | None = None, *, answered: bool = False) -> None:
        """Remove an ask that waits or is in flight; correct rate and estimate by how it ended."""
        with self._lock:
            if ask in self._running:
                self._running.remove(ask)
                self._rate.advance(now_in_seconds(ask.clock))
                self._settle(ask, error, answered=answered)
            elif not self._queue.discard(ask.request.source, ask):
                return
        self._go_on(ask.clock)

    def in_flight_since(self, clip: Clip, prompt: str) -> float | None:
        """Return when the newest ask with this clip and prompt that is in flight began, on its clock; else None."""
        with self._lock:
            asks = (ask for ask in self._running if ask.request.clip is clip and ask.request.prompt == prompt)
            return max((ask.began for ask in asks), default=None)

    def _settle(self, ask: LimitedAsk, error: Exception | None, *, answered: bool) -> None:
        if ask.usage is not None:
            self._rate.correct(ask.usage.input + ask.usage.output - ask.charged)
            self._estimate.learn(ask.request.tokens, ask.usage)
        elif isinstance(error, ModelError) and error.retryable:
            self._rate.correct(-ask.charged)
        if answered:
            self._rate.answered(ask.slowdowns)
        elif isinstance(error, ModelBusyError):
            self._rate.refused(ask.slowdowns, error.retry_after)

    def _go_on(self, clock: SchedulerBase) -> None:
        """Begin the asks that may go now, reject those beyond the capacity, and set timers for the rest."""
        thread = threading.get_ident()
        if thread in self._beginners:
            return  # an ask that this thread began has ended at once: the loop below, further up the stack, goes on
        self._beginners.add(thread)
        try:
            while (action := self._next(clock)) is not None:
                _guarded(action)
        finally:
            self._beginners.remove(thread)
        self._set_wake_ups()

    def _next(self, clock: SchedulerBase) -> Callable[[], None] | None:
        with self._lock:
            self._rate.advance(now_in_seconds(clock))
            if self._queue and self._rate.wait(len(self._running)) < _TICK:
                ask = self._queue.pop()
                ask.began = now_in_seconds(clock)
                ask.charged = self._estimate.tokens(ask.request.tokens)
                ask.slowdowns = self._rate.charge(ask.charged)
                self._running.add(ask)
                return ask.begin
            full = len(self._queue) > self._capacity
            return partial(self._queue.evict().reject, self._capacity) if full else None

    def _set_wake_ups(self) -> None:
        """Have one timer on the clock of each ask that waits, and on no other clock."""
        with self._lock:
            wait = self._rate.wait(len(self._running)) if self._queue else inf
            due = self._rate.now + wait
            clocks = {ask.clock for ask in self._queue} if wait < inf else set[SchedulerBase]()
            kept = {
                clock: wake_up
                for clock, wake_up in self._wake_ups.items()
                if clock in clocks and wake_up.due <= due + _TICK
            }
            old = [wake_up for clock, wake_up in self._wake_ups.items() if clock not in kept]
            new = {clock: _WakeUp(due) for clock in clocks - kept.keys()}
            self._wake_ups = kept | new
        for wake_up in old:
            wake_up.timer.dispose()
        for clock, wake_up in new.items():
            self._set_wake_up(clock, wake_up, wait)

    def _set_wake_up(self, clock: SchedulerBase, wake_up: _WakeUp, wait: float) -> None:
        def ring(*_: object) -> None:
            with self._lock:
                if self._wake_ups.get(clock) is wake_up:
                    del self._wake_ups[clock]
            self._go_on(clock)

        try:
            wake_up.timer.disposable = clock.schedule_relative(wait, ring)
        except Exception as error:  # noqa: BLE001 - a closed clock, for example: its asks would never begin
            with self._lock:
                asks = [ask for ask in self._queue if ask.clock is clock]
                for ask in asks:
                    self._queue.discard(ask.request.source, ask)
            for ask in asks:
                _guarded(partial(ask.fail, error))


def _guarded(action: Callable[[], None]) -> None:
    """Run an action that may call another camera's subscriber: its exceptions do not belong to this thread."""
    try:
        action()
    except Exception:  # noqa: BLE001 - whatever a subscriber raises
        _log.exception("a subscriber raised; its stream is over")
