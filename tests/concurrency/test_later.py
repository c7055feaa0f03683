from __future__ import annotations

import reactivex
from reactivex import operators as ops
from reactivex.testing import TestScheduler

from rxvlm.concurrency.later import subscribe_later


def test_a_stream_is_subscribed_to_after_the_time() -> None:
    """Nothing happens before the seconds are over on the scheduler; then the stream comes as it is."""
    scheduler, heard = TestScheduler(), list[int]()
    subscribe_later(reactivex.just(1), scheduler, 5.0).subscribe(heard.append)
    scheduler.advance_to(4.9)
    assert heard == []
    scheduler.advance_to(5.1)
    assert heard == [1]


def test_a_stream_that_was_left_before_is_not_subscribed_to() -> None:
    """A disposal before the time has come means that the stream is never opened."""
    scheduler, opened = TestScheduler(), list[bool]()

    def open_(_scheduler: object) -> reactivex.Observable[int]:
        opened.append(True)
        return reactivex.just(1)

    subscribe_later(reactivex.defer(open_), scheduler, 5.0).subscribe().dispose()
    scheduler.advance_to(10.0)
    assert opened == []


def test_a_disposal_waits_for_no_scheduler() -> None:
    """A stream that runs is disposed of at once, also where its scheduler is busy."""
    scheduler, left = TestScheduler(), list[bool]()
    stream = reactivex.never().pipe(ops.finally_action(lambda: left.append(True)))
    subscription = subscribe_later(stream, scheduler).subscribe()
    scheduler.advance_by(1.0)
    subscription.dispose()
    assert left == [True]


def test_the_clock_is_that_of_the_subscription() -> None:
    """The scheduler given at subscription reaches the stream; the one it is subscribed on does not."""
    scheduler, clock, seen = TestScheduler(), TestScheduler(), list[object]()

    def note(given: object) -> reactivex.Observable[int]:
        seen.append(given)
        return reactivex.empty()

    subscribe_later(reactivex.defer(note), scheduler).subscribe(scheduler=clock)
    scheduler.advance_by(1.0)
    assert seen == [clock]
