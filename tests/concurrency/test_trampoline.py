"""These fail should RxPY change the private queue that `waits_on_this_thread` looks at."""

from __future__ import annotations

import threading

from reactivex.abc import SchedulerBase
from reactivex.scheduler import CurrentThreadScheduler

from rxvlm.concurrency.trampoline import waits_on_this_thread


def test_nothing_waits_outside_of_a_trampoline() -> None:
    """A thread that runs no action of RxPY has none behind it."""
    assert waits_on_this_thread() is False


def test_nothing_waits_behind_the_only_action() -> None:
    """An action with none behind it may block."""
    seen: list[bool] = []

    def action(_scheduler: SchedulerBase, _state: object) -> None:
        seen.append(waits_on_this_thread())

    CurrentThreadScheduler.singleton().schedule(action)
    assert seen == [False]


def test_an_action_that_was_scheduled_since_waits() -> None:
    """An action scheduled by the one that runs waits until that has returned, be it due now or later."""
    seen: list[bool] = []
    scheduler = CurrentThreadScheduler.singleton()

    def nothing(_scheduler: SchedulerBase, _state: object) -> None:
        seen.append(waits_on_this_thread())

    def action(_scheduler: SchedulerBase, _state: object) -> None:
        scheduler.schedule(nothing)
        seen.append(waits_on_this_thread())

    def later(_scheduler: SchedulerBase, _state: object) -> None:
        scheduler.schedule_relative(0.001, nothing)
        seen.append(waits_on_this_thread())

    scheduler.schedule(action)
    scheduler.schedule(later)
    assert seen == [True, False, True, False]


def test_the_queue_of_another_thread_does_not_count() -> None:
    """Actions that wait on another thread's trampoline do not wait for this one."""
    seen: list[bool] = []

    def nothing(_scheduler: SchedulerBase, _state: object) -> None:
        pass

    def action(_scheduler: SchedulerBase, _state: object) -> None:
        CurrentThreadScheduler.singleton().schedule(nothing)
        other = threading.Thread(target=lambda: seen.append(waits_on_this_thread()))
        other.start()
        other.join(30.0)

    CurrentThreadScheduler.singleton().schedule(action)
    assert seen == [False]
