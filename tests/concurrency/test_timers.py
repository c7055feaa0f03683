from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest
from conftest import WATCHDOG
from reactivex.scheduler import ImmediateScheduler, VirtualTimeScheduler

from rxvlm.concurrency.timers import TIMERS, Timers, clock_of, now_in_seconds


def test_what_is_due_first_runs_first() -> None:
    """Timers run by their time, not by when they were asked for."""
    timers = Timers("test-order")
    heard: list[int] = []
    done = threading.Event()
    gate = threading.Event()

    def say(number: int) -> None:
        heard.append(number)
        gate.set() if number < 3 else done.set()

    for number, seconds in [(3, 0.3), (1, 0.1), (2, 0.2)]:
        timers.schedule_relative(seconds, lambda *_, number=number: say(number))
    assert done.wait(WATCHDOG)
    assert heard == [1, 2, 3]
    timers.close()


def test_many_timers_share_one_thread() -> None:
    """A thousand timers start one thread, not a thousand."""
    timers = Timers("test-many")
    waiting = [timers.schedule_relative(WATCHDOG, lambda *_: None) for _ in range(1000)]
    assert [thread.name for thread in threading.enumerate()].count("test-many-clock") == 1
    for timer in waiting:
        timer.dispose()
    timers.close()


def wait_for(event: threading.Event) -> None:
    event.wait(WATCHDOG)


def test_one_that_blocks_delays_no_other() -> None:
    """What is due runs on a worker of its own."""
    timers = Timers("test-block")
    stuck, free = threading.Event(), threading.Event()
    timers.schedule_relative(0.01, lambda *_: wait_for(stuck))
    timers.schedule_relative(0.02, lambda *_: free.set())
    assert free.wait(WATCHDOG)
    stuck.set()
    timers.close()


class Held:
    def run(self, *_: object) -> None:
        raise AssertionError


def test_a_disposed_timer_lets_go_at_once() -> None:
    """What a timer would have run is not held until its time."""
    timers = Timers("test-forget")
    held = Held()
    known = weakref.ref(held)
    timer = timers.schedule_relative(WATCHDOG, held.run)
    timer.dispose()
    del held, timer
    gc.collect()
    assert known() is None
    timers.close()


def test_a_disposed_timer_never_runs() -> None:
    """Disposed before its time, it does nothing."""
    timers = Timers("test-dispose")
    heard: list[str] = []
    timers.schedule_relative(0.02, lambda *_: heard.append("wrong")).dispose()
    later = threading.Event()
    timers.schedule_relative(0.05, lambda *_: later.set())
    assert later.wait(WATCHDOG)
    assert heard == []
    timers.close()


@pytest.mark.usefixtures("no_threads_left")
def test_its_thread_ends_when_nothing_is_waited_for() -> None:
    """Between timers there is no thread of it, and the next one starts it again."""
    timers = Timers("rxvlm-test")
    timers.schedule_relative(WATCHDOG, lambda *_: None).dispose()
    for _ in range(3):
        ran = threading.Event()
        timers.schedule_relative(0.01, lambda *_, ran=ran: ran.set())
        assert ran.wait(WATCHDOG)
    timers.close()


def test_the_clock_of_a_subscription() -> None:
    """The given scheduler is the clock; else the shared one, which tells the time of day."""
    virtual = VirtualTimeScheduler(5.0)
    assert clock_of(virtual) is virtual
    assert now_in_seconds(virtual) == 5.0
    assert clock_of(None) is clock_of(ImmediateScheduler.singleton()) is TIMERS
    assert now_in_seconds(TIMERS) == pytest.approx(time.time(), abs=WATCHDOG)
