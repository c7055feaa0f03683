from __future__ import annotations

import threading
from typing import Any

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm.concurrency.stop import Stop
from rxvlm.testing import END, frames_at, play, video_of
from rxvlm.watching.stop_on import stop_on

WATCHDOG = 30.0


def test_items_come_until_the_stop_is_set() -> None:
    """Items before the stop are delivered, then the completion; the source is disposed of."""
    stop, clock = Stop(), VirtualTimeScheduler(0.0)
    left: list[str] = []
    frames = video_of(frames_at([0.0, 1.0, 2.0])).pipe(ops.finally_action(lambda: left.append("left")))
    clock.schedule_absolute(1.5, lambda _scheduler, _state: stop.set())
    heard = play(frames.pipe(ops.map(lambda frame: frame.index), stop_on(stop)), scheduler=clock)
    assert heard == [(0.0, 0), (1.0, 1), (1.5, END)]
    assert left == ["left"]


def test_a_stop_that_is_set_already_does_not_open_the_source() -> None:
    """A stream that is stopped before it begins ends at once; its source is not subscribed to."""
    stop = Stop()
    stop.set()
    opened: list[SchedulerBase | None] = []
    source = reactivex.defer(lambda scheduler: opened.append(scheduler) or reactivex.of(1))
    assert play(source.pipe(stop_on(stop))) == [(0.0, END)]
    assert opened == []


def test_the_sources_own_end_and_error_pass() -> None:
    """Without a stop the source's items, completion and error pass unchanged."""
    assert [item for _, item in play(reactivex.of(1, 2).pipe(stop_on(Stop())))] == [1, 2, END]
    broken: Observable[int] = reactivex.throw(RuntimeError("broken"))
    assert [str(item) for _, item in play(broken.pipe(stop_on(Stop())))] == ["broken"]


def test_nothing_comes_after_the_stop() -> None:
    """Items of a source that goes on after the stop are not delivered, and the completion comes once."""
    stop, heard = Stop(), list[Any]()
    source: Subject[int] = Subject()
    source.pipe(stop_on(stop)).subscribe(heard.append, heard.append, lambda: heard.append(END))
    source.on_next(1)
    stop.set()
    stop.set()
    source.on_next(2)
    source.on_completed()
    assert heard == [1, END]
    assert source.observers == []


def test_a_stream_that_was_left_does_not_hear_the_stop() -> None:
    """After a disposal the Stop keeps no listener, and nothing is delivered."""
    stop, heard = Stop(), list[Any]()
    source: Subject[int] = Subject()
    source.pipe(stop_on(stop)).subscribe(heard.append, heard.append, lambda: heard.append(END)).dispose()
    assert stop._listeners == []
    stop.set()
    assert heard == []
    assert source.observers == []


def test_a_stop_inside_a_delivery_comes_after_it() -> None:
    """A subscriber that sets the Stop inside on_next gets the completion after that on_next has returned."""
    stop, heard = Stop(), list[Any]()
    source: Subject[int] = Subject()

    def take(item: int) -> None:
        stop.set()
        heard.append(item)

    source.pipe(stop_on(stop)).subscribe(take, heard.append, lambda: heard.append(END))
    source.on_next(1)
    assert heard == [1, END]


def test_a_stop_from_another_thread_waits_for_the_delivery() -> None:
    """While one thread is inside on_next, a stop from another returns at once; the completion comes after the item."""
    stop, heard = Stop(), list[Any]()
    source: Subject[int] = Subject()
    inside, let_go = threading.Event(), threading.Event()

    def take(item: int) -> None:
        inside.set()
        assert let_go.wait(WATCHDOG)
        heard.append(item)

    source.pipe(stop_on(stop)).subscribe(take, heard.append, lambda: heard.append(END))
    feeding = threading.Thread(target=source.on_next, args=(1,), daemon=True)
    feeding.start()
    assert inside.wait(WATCHDOG)
    stop.set()
    assert heard == []
    let_go.set()
    feeding.join(WATCHDOG)
    assert heard == [1, END]
