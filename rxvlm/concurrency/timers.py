"""Timers: the default clock. Many timers share one thread; actions that are due run on workers."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from reactivex import abc, typing
from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable
from reactivex.scheduler import ImmediateScheduler, NewThreadScheduler

from rxvlm.concurrency.threads import daemon
from rxvlm.concurrency.workers import Workers

_State = TypeVar("_State")
_LONGEST_WAIT = 86_400.0  # seconds; a condition cannot wait for infinitely many, and the thread of all timers would end


class Timers(Workers):
    """A scheduler whose timers share one thread; actions that are due run on workers, so that none delays another.

    RxPY's own scheduler starts a thread for each timer. A disposed timer releases at once what its
    action refers to. The thread ends while there are no timers.

    Args:
        name: The threads' name in a debugger.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._thread = daemon(f"{name}-clock", self._wake)
        self._number = count()

    def begin_anew(self) -> None:
        """Forget every thread and timer: after a fork the child process has none of them."""
        super().begin_anew()
        self._changed = threading.Condition()
        self._due: list[_Timer] = []
        self._running = False

    def schedule_relative(
        self, duetime: typing.RelativeTime, action: typing.ScheduledAction[_State], state: _State | None = None
    ) -> abc.DisposableBase:
        """Run an action on a worker after some seconds."""
        seconds = self.to_seconds(duetime)
        if seconds <= 0:
            return self.schedule(action, state)
        running = SingleAssignmentDisposable()

        def begin() -> None:
            running.disposable = self.schedule(action, state)

        timer = _Timer(time.monotonic() + seconds, next(self._number), begin)
        with self._changed:
            heapq.heappush(self._due, timer)
            if not self._running:
                self._running = True
                self._thread(self._run).start()
            self._changed.notify()
        return CompositeDisposable(Disposable(lambda: self._forget(timer)), running)

    def schedule_absolute(
        self, duetime: typing.AbsoluteTime, action: typing.ScheduledAction[_State], state: _State | None = None
    ) -> abc.DisposableBase:
        """Run an action on a worker at a moment of the clock."""
        return self.schedule_relative(self.to_datetime(duetime) - self.now, action, state)

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._due and self._due[0].begin is None:
                    heapq.heappop(self._due)
                if not self._due:
                    self._running = False
                    return
                left = self._due[0].at - time.monotonic()
                if left > 0:
                    self._changed.wait(min(left, _LONGEST_WAIT))
                    continue
                begin = heapq.heappop(self._due).begin
            if begin is not None:
                begin()

    def _forget(self, timer: _Timer) -> None:
        with self._changed:
            timer.begin = None
            if self._due and self._due[0] is timer:
                self._changed.notify()

    def _wake(self) -> None:
        with self._changed:
            self._due.clear()
            self._changed.notify()


class _Timer:
    """One timer; `begin` is None after it was disposed of."""

    __slots__ = ("at", "begin", "number")

    def __init__(self, at: float, number: int, begin: Callable[[], None]) -> None:
        self.at = at
        self.number = number
        self.begin: Callable[[], None] | None = begin

    def __lt__(self, other: _Timer) -> bool:
        return (self.at, self.number) < (other.at, other.number)


TIMERS = Timers("rxvlm-timer")
_NO_CLOCKS = (ImmediateScheduler, NewThreadScheduler)


def clock_of(scheduler: abc.SchedulerBase | None, own: abc.SchedulerBase | None = None) -> abc.SchedulerBase:
    """Return the clock of a subscription: the scheduler of the subscription, else ``own``, else `TIMERS`.

    Two schedulers count as none given. RxPY's ``defer`` passes an ImmediateScheduler by default, which has no
    timers; its ``run`` passes a NewThreadScheduler, of which each timer is a thread that sleeps until the timer is
    due, even if it was disposed of.
    """
    return (own or TIMERS) if scheduler is None or type(scheduler) in _NO_CLOCKS else scheduler


def now_in_seconds(clock: abc.SchedulerBase) -> float:
    """Return the seconds since the epoch by a clock."""
    return clock.to_seconds(clock.now)
