from __future__ import annotations

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm.testing import END, play


def test_play_gives_items_errors_and_ends_with_their_seconds() -> None:
    """`play` writes what came and when; an error as itself, an end as END."""
    assert play(reactivex.timer(1.5).pipe(ops.map(lambda _: "x"))) == [(1.5, "x"), (1.5, END)]
    error = RuntimeError("broken")
    broken: Observable[int] = reactivex.throw(error)
    assert play(broken) == [(0.0, error)]
    assert repr(END) == "END"


def test_play_leaves_after_so_many_seconds() -> None:
    """`play` disposes of a stream that goes on after its virtual seconds, a day if not told otherwise."""
    left: list[str] = []
    endless = reactivex.interval(1.0).pipe(ops.finally_action(lambda: left.append("left")))
    assert play(endless, seconds=2.5) == [(1.0, 0), (2.0, 1)]
    assert left == ["left"]
    assert len(play(reactivex.interval(3600.0))) == 24


def test_play_goes_on_where_its_clock_stands() -> None:
    """With a clock of the caller's `play` begins at its present second."""
    clock = VirtualTimeScheduler(0.0)
    play(reactivex.timer(1.0), seconds=7.0, scheduler=clock)
    assert clock.to_seconds(clock.now) == 7.0
    assert play(reactivex.timer(1.0), seconds=2.0, scheduler=clock)[0][0] == 8.0


def test_play_takes_a_crowd_at_one_instant() -> None:
    """A thousand actions at one virtual instant leave the clock where it is."""
    heard = play(reactivex.merge(*(reactivex.timer(1.0) for _ in range(1000))))
    assert {time for time, _ in heard} == {1.0}
    assert len(heard) == 1001
