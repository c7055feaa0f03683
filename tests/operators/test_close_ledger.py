"""However a pipeline by hand ends, its ledger is settled: nothing waits, and no step is blamed that lost nothing."""

from __future__ import annotations

from typing import Any

import pytest
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Analysis, Ledger, Tally, Window
from rxvlm.operators import Operator, analyze, buffer_by_time, close_ledger, encode_jpegs
from rxvlm.testing import END, Say, frames_at, play, scripted, video_of

BROKEN = RuntimeError("the cable")


def stumble(_: object) -> bool:
    raise BROKEN


def untouched(windows: Observable[Window]) -> Observable[Window]:
    return windows


def by_hand(
    ledger: Ledger, clock: VirtualTimeScheduler, own: Operator[Window, Window] = untouched
) -> Observable[Analysis]:
    """Ten seconds of a live camera, a frame each second, windows of two, answers after three."""
    return video_of(frames_at([second + 0.1 for second in range(10)], live=True)).pipe(
        ops.do_action(ledger.capture),
        buffer_by_time(2.0, on_drop=ledger.drop),
        own,
        encode_jpegs(scheduler=clock, on_drop=ledger.drop),
        analyze(scripted(Say("a cat", seconds=3.0)), "What?", ledger=ledger),
        close_ledger(ledger),
    )


def ends(tally: Tally) -> dict[str, Any]:
    counts = {name: getattr(tally, name) for name in ("analysed", "waiting", "in_flight", "unaccounted")}
    return counts | {"dropped": tally.dropped}


def test_who_leaves_finds_it_settled() -> None:
    """What waited or was in flight when somebody left is lost to "disposed", and nothing is unaccounted."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    play(by_hand(ledger, clock), seconds=6.5, scheduler=clock)
    assert ends(ledger.snapshot()) == {
        "analysed": 2,
        "waiting": 0,
        "in_flight": 0,
        "unaccounted": 0,
        "dropped": {"disposed": 5},
    }


def test_a_stream_that_breaks_off_is_settled() -> None:
    """What was left when the stream failed is lost to "error"."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    heard = play(by_hand(ledger, clock, ops.filter(stumble)), scheduler=clock)
    assert [item for _, item in heard] == [BROKEN]
    assert ends(ledger.snapshot()) == {
        "analysed": 0,
        "waiting": 0,
        "in_flight": 0,
        "unaccounted": 0,
        "dropped": {"error": 3},
    }


def test_what_a_step_let_fall_is_unaccounted() -> None:
    """What still waits when the stream completes was let fall without a word."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    heard = play(by_hand(ledger, clock, ops.filter(lambda window: window.start >= 6.0)), scheduler=clock)
    assert heard[-1][1] is END
    assert ends(ledger.snapshot()) == {
        "analysed": 4,
        "waiting": 0,
        "in_flight": 0,
        "unaccounted": 6,
        "dropped": {},
    }


@pytest.mark.parametrize("end", ["completed", "failed"])
def test_it_is_settled_before_the_end_is_heard(end: str) -> None:
    """Whoever hears the end may read the ledger: nothing waits any more."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    seen: list[tuple[str, int, int]] = []

    def look(how: str) -> None:
        seen.append((how, ledger.snapshot().captured, ledger.snapshot().waiting))

    stream = by_hand(ledger, clock, ops.filter(stumble) if end == "failed" else ops.take(1))
    stream.subscribe(None, lambda _: look("failed"), lambda: look("completed"), scheduler=clock)
    clock.advance_to(60.0)
    assert seen == [(end, 3, 0)]


def test_a_second_run_goes_on_counting() -> None:
    """Subscribed to again, the ledger counts on: its captured frames are those of both runs."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    stream = by_hand(ledger, clock)
    play(stream, scheduler=clock)
    once = ledger.snapshot()
    play(stream, scheduler=clock)
    assert (once.captured, once.analysed) == (10, 10)
    assert (ledger.snapshot().captured, ledger.snapshot().analysed) == (20, 20)


def test_a_stream_without_analyses_is_settled_too() -> None:
    """It stands behind any stream: frames that nobody made a window of are unaccounted at the end."""
    ledger = Ledger("yard")
    frames = video_of(frames_at([0.0, 1.0])).pipe(ops.do_action(ledger.capture), close_ledger(ledger))
    assert [item.index for _, item in play(frames)[:-1]] == [0, 1]
    assert ledger.snapshot().unaccounted == 2
