from __future__ import annotations

import gc
import os
import threading
import warnings
import weakref
from collections.abc import Callable

import pytest
from conftest import WATCHDOG

from rxvlm.concurrency import workers
from rxvlm.concurrency.timers import Timers
from rxvlm.concurrency.workers import Workers


class Work:
    """Something to do that waits to be let go."""

    def __init__(self) -> None:
        self.begun, self.go_on, self.done = threading.Event(), threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None

    def __call__(self, *_: object) -> None:
        self.thread = threading.current_thread()
        self.begun.set()
        assert self.go_on.wait(WATCHDOG)
        self.done.set()


def done(work: Work) -> None:
    work.go_on.set()
    assert work.done.wait(WATCHDOG)


def ended(thread: threading.Thread | None) -> bool:
    assert thread is not None
    thread.join(WATCHDOG)
    return not thread.is_alive()


def test_an_idle_thread_is_used_again() -> None:
    """Work that comes after other work was done is done by the same thread."""
    pool, threads = Workers("test-again"), set[threading.Thread | None]()
    for _ in range(20):
        work = Work()
        pool.schedule(work)
        done(work)
        while (thread := work.thread) is not None and thread.name != "idle":
            thread.join(0.001)
        threads.add(work.thread)
    assert len(threads) == 1
    pool.close()
    assert ended(threads.pop())


def test_work_at_once_has_a_thread_each() -> None:
    """Without a limit nothing waits."""
    pool, many = Workers("test-many"), [Work() for _ in range(8)]
    for work in many:
        pool.schedule(work)
    assert all(work.begun.wait(WATCHDOG) for work in many)
    for work in many:
        done(work)
    pool.close()
    assert all(ended(work.thread) for work in many)


def test_with_a_limit_work_waits_in_order() -> None:
    """Two threads do all the work there is, in the order in which it came, also once the pool is closed."""
    pool, many = Workers("test-limit", most=2), [Work() for _ in range(6)]
    for work in many:
        pool.schedule(work)
    assert many[1].begun.wait(WATCHDOG)
    pool.close()
    for at, work in enumerate(many):
        assert work.begun.wait(WATCHDOG)
        assert [other.begun.is_set() for other in many[at + 2 :]] == [False] * len(many[at + 2 :])
        done(work)
    assert len({work.thread for work in many}) == 2
    assert all(ended(work.thread) for work in many)


def test_a_limit_holds_after_threads_were_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that ended of idleness makes room for a new one: nothing waits for ever."""
    monkeypatch.setattr(workers, "IDLE_SECONDS", 0.01)
    pool = Workers("test-idle", most=1)
    for _ in range(3):
        work = Work()
        pool.schedule(work)
        done(work)
        assert ended(work.thread)
    pool.close()


def test_disposed_work_is_not_done() -> None:
    """What waits for a thread and is disposed of is never begun."""
    pool, first, second, third = Workers("test-dispose", most=1), Work(), Work(), Work()
    pool.schedule(first)
    pool.schedule(second).dispose()
    pool.schedule(third)
    done(first)
    done(third)
    assert not second.begun.is_set()
    pool.close()


def test_work_that_raises_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and its thread goes on."""
    pool, work = Workers("test-raise", most=1), Work()

    def broken(*_: object) -> None:
        raise KeyError("broken")

    pool.schedule(broken)
    pool.schedule(work)
    done(work)
    assert "work on test-raise raised" in caplog.text
    pool.close()


def test_an_idle_thread_holds_nothing_of_its_last_work() -> None:
    """What a task held is free once it is done."""
    pool, work = Workers("test-hold"), Work()
    known = weakref.ref(work)
    pool.schedule(work)
    done(work)
    thread = work.thread
    del work
    pool.close()
    assert ended(thread)
    gc.collect()
    assert known() is None


def forked(work: Callable[[], None]) -> int:
    """Do something in a forked child, and give its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is what is looked at
        child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_has_threads_and_timers_of_its_own() -> None:
    """The idle threads and the clock's are not in the child: work and timers there begin new ones."""
    pool, timers, work = Workers("test-fork"), Timers("test-fork-timers"), Work()
    pool.schedule(work)
    done(work)
    waiting = timers.schedule_relative(WATCHDOG, lambda *_: None)

    def in_child() -> None:
        again, later = Work(), threading.Event()
        pool.schedule(again)
        done(again)
        timers.schedule_relative(0.01, lambda *_: later.set())
        assert later.wait(WATCHDOG)

    assert forked(in_child) == 0
    waiting.dispose()
    pool.close()
    timers.close()
