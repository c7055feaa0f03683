from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from conftest import WATCHDOG

from rxvlm.processor.priority import HIGHER, LOWER, PriorityWorkers, renice

pytestmark = pytest.mark.usefixtures("no_threads_left")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only there has a thread a niceness of its own")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def on(workers: PriorityWorkers, ask: Callable[[], Any]) -> Any:
    heard: list[Any] = []
    done = threading.Event()

    def act(*_: object) -> None:
        heard.append(ask())
        done.set()

    workers.schedule(act)
    assert done.wait(WATCHDOG)
    return heard[0]


def in_child(ask: Callable[[], Any]) -> Any:
    heard: list[Any] = []
    child = threading.Thread(target=lambda: heard.append(ask()))
    child.start()
    child.join(WATCHDOG)
    return heard[0]


@linux
def test_only_the_workers_own_threads_are_lowered() -> None:
    """Only the workers' own threads have the lower priority; the thread that created them does not."""
    before, workers = niceness(), PriorityWorkers("rxvlm-test", LOWER)
    assert on(workers, niceness) == min(19, before + LOWER)
    assert niceness() == before
    assert in_child(niceness) == before
    workers.close()
    assert workers.join(time.monotonic() + WATCHDOG)


@linux
def test_what_a_higher_thread_starts_is_not_higher() -> None:
    """Threads that are started by one of higher priority have the usual priority."""
    before, workers = niceness(), PriorityWorkers("rxvlm-test", HIGHER)
    own, child = on(workers, lambda: (niceness(), in_child(niceness)))
    assert own in (before, before + HIGHER)
    assert child == before
    workers.close()
    assert workers.join(time.monotonic() + WATCHDOG)


@linux
def test_a_program_that_gives_way_is_not_raised() -> None:
    """In a program that was given a low priority, no thread is raised above it."""

    def lowered() -> tuple[bool, int]:
        renice(3)
        return renice(HIGHER), niceness()

    assert in_child(lowered) == (False, min(19, niceness() + 3))


def test_where_the_system_forbids_it_threads_work_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the system refuses the priority, nothing is raised."""

    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", forbidden, raising=False)
    workers = PriorityWorkers("rxvlm-test", LOWER)
    assert on(workers, lambda: "done") == "done"
    workers.close()
    assert workers.join(time.monotonic() + WATCHDOG)


def test_elsewhere_than_on_linux_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """On systems where a niceness belongs to the whole program, it is not changed."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not renice(LOWER)


def test_a_crew_is_counted_and_waited_for() -> None:
    """`alive` counts the threads, and `join` says whether all have ended in time."""
    workers, go = PriorityWorkers("rxvlm-test"), threading.Event()
    working = threading.Event()

    def work(*_: object) -> None:
        working.set()
        go.wait(WATCHDOG)

    workers.schedule(work)
    assert working.wait(WATCHDOG)
    workers.close()
    assert workers.alive == 1
    assert not workers.join(time.monotonic())
    go.set()
    assert workers.join(time.monotonic() + WATCHDOG)
    assert workers.alive == 0


def test_a_thread_does_not_wait_for_itself() -> None:
    """A worker that joins its own workers waits for the other threads only."""
    workers = PriorityWorkers("rxvlm-test")

    def leave() -> bool:
        workers.close()
        return workers.join(time.monotonic() + WATCHDOG)

    assert on(workers, leave)


def test_after_a_fork_there_is_no_thread_to_wait_for() -> None:
    """After a fork the child has none of the threads."""
    workers, going = PriorityWorkers("rxvlm-test"), threading.Event()

    def wait(*_: object) -> None:
        going.wait(WATCHDOG)

    workers.schedule(wait)
    workers.begin_anew()
    assert workers.alive == 0
    assert workers.join(time.monotonic())
    workers.close()
    going.set()
