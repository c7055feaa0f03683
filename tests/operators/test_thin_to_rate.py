from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Frame, Ledger
from rxvlm.operators import analyze, buffer_by_time, encode_jpegs, gate_by_motion, sample_evenly, thin_to_rate
from rxvlm.operators.thin_to_rate import early, slot
from rxvlm.testing import END, draw, frames_at, play, scripted, video_of


def thinned(times: list[float], fps: float) -> tuple[list[float], list[tuple[float, str]]]:
    """Give the times of the frames that pass, and those of the others with their reasons."""
    lost: list[tuple[float, str]] = []
    step = thin_to_rate(fps, on_drop=lambda frame, reason: lost.append((frame.time, reason)))
    passed: list[Frame] = reactivex.from_iterable(frames_at(times)).pipe(step, ops.to_list()).run()
    return [frame.time for frame in passed], lost


def test_the_first_frame_of_each_period_passes() -> None:
    """At one frame a second the first of each second passes, when it comes."""
    frames = video_of(frames_at([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]))
    assert draw(frames.pipe(thin_to_rate(1.0)), tick=0.5) == "0-2-4-6|"


def test_the_others_are_told_of() -> None:
    """Each frame that does not pass is told to ``on_drop`` as thinned."""
    assert thinned([0.0, 0.3, 0.6, 1.0], 1.0) == ([0.0, 1.0], [(0.3, "thinned"), (0.6, "thinned")])


@pytest.mark.parametrize("fps", [10.0, 12.5, 25.0, 29.97, 30.0, 59.94])
def test_nothing_is_lost_at_the_cameras_own_rate(fps: float) -> None:
    """A camera thinned to its own rate gives every frame for an hour, rounded times or not."""
    last = round(3600 * fps)
    times = [round(k / fps, 6) for k in (*range(1000), *range(last - 1000, last))]
    assert thinned(times, fps) == (times, [])


def test_a_camera_that_is_not_punctual_loses_nothing() -> None:
    """Times a tenth of a period early or late change nothing."""
    times = [0.0, 0.091, 0.209, 0.3, 0.392]
    assert thinned(times, 10.0) == (times, [])


def test_a_slower_camera_gives_all() -> None:
    """A source slower than the rate loses nothing, and earns no burst by it."""
    assert thinned([0.0, 5.0, 5.1, 5.2, 6.0], 1.0)[0] == [0.0, 5.0, 6.0]


def test_a_rate_below_one() -> None:
    """At 0.1 a second a frame of every ten seconds passes."""
    assert thinned([float(second) for second in range(25)], 0.1)[0] == [0.0, 10.0, 20.0]


def test_a_new_epoch_begins_anew() -> None:
    """The first frame after a camera was connected anew passes, however soon it comes."""
    frames = [replace(frame, epoch=int(frame.index >= 2)) for frame in frames_at([0.0, 0.1, 0.2, 0.3])]
    heard = play(reactivex.from_iterable(frames).pipe(thin_to_rate(1.0)))
    assert [item.index for _, item in heard[:-1]] == [0, 2]


def test_subscriptions_are_apart() -> None:
    """A second subscription begins anew, too."""
    stream = reactivex.from_iterable(frames_at([0.0, 0.1])).pipe(thin_to_rate(1.0))
    for _ in range(2):
        assert [item if item is END else item.index for _, item in play(stream)] == [0, END]


def test_an_error_goes_on() -> None:
    """An error of the source is the stream's, after what passed."""
    stream = reactivex.from_iterable(frames_at([0.0])).pipe(ops.concat(reactivex.throw(OSError("gone"))))
    heard = [item for _, item in play(stream.pipe(thin_to_rate(1.0)))]
    assert [type(item) for item in heard] == [Frame, OSError]


def test_leaving_early_leaves_the_source() -> None:
    """A subscriber that leaves gets nothing more, and the source is left."""
    left: list[Any] = []
    frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0])).pipe(ops.finally_action(lambda: left.append(True)))
    assert [time for time, _ in play(frames.pipe(thin_to_rate(1.0)), seconds=1.5)] == [0.0, 1.0]
    assert left == [True]


@pytest.mark.parametrize("fps", [0.0, -2.0, 1000.5, float("nan"), float("inf")])
def test_a_rate_out_of_range_is_an_error_at_once(fps: float) -> None:
    """A rate of 0, below it, over 1000 or no number is a ValueError when the step is made."""
    with pytest.raises(ValueError, match=f"not {fps}"):
        thin_to_rate(fps)


@given(times=st.lists(st.integers(0, 20_000_000), min_size=1, max_size=60), fps=st.floats(0.05, 120.0))
@settings(max_examples=200)
def test_its_laws_hold(times: list[int], fps: float) -> None:
    """What passes is a subsequence with the first frame, one a period; the rest is told of, and nothing twice."""
    moments = sorted({time / 1e6 for time in times})
    passed, lost = thinned(moments, fps)
    assert sorted(passed + [time for time, _ in lost]) == moments
    assert passed == sorted(passed)
    assert passed[0] == moments[0]
    rate = Fraction(fps)
    slots = [slot(round(time * 1e6) + early(rate), rate) for time in passed]
    assert slots == sorted(set(slots))
    assert len(passed) <= (passed[-1] - passed[0]) * fps + 2


@given(levels=st.lists(st.sampled_from([0.0, 9.0]), min_size=6, max_size=6), fps=st.sampled_from([1.0, 2.0, 4.0]))
@settings(max_examples=25)
def test_every_frame_is_accounted_for(levels: list[float], fps: float) -> None:
    """In a whole pipeline that thins, gates and asks, thinned, skipped and analysed frames are all there are."""
    clock, book = VirtualTimeScheduler(0.0), Ledger("cam")
    frames = frames_at([at / 4 for at in range(48)], source="cam", size=(16, 16), live=True)
    thinned = video_of(frames).pipe(ops.do_action(book.capture), thin_to_rate(fps, on_drop=book.drop))
    analyses = thinned.pipe(
        buffer_by_time(2.0),
        gate_by_motion(lambda window: levels[int(window.start / 2)], open_at=5.0, on_drop=book.drop),
        sample_evenly(2),
        encode_jpegs(scheduler=clock, on_drop=book.drop),
        analyze(scripted("yes"), "Who is there?", scheduler=clock, ledger=book),
        ops.do_action(None, None, book.close),
    )
    heard = play(analyses, scheduler=clock)
    tally, kept = book.snapshot(), sum(levels) / 9
    assert len(heard) == kept + 1
    assert (tally.captured, tally.thinned, tally.unaccounted, tally.waiting) == (48, 48 - 12 * fps, 0, 0)
    assert (tally.skipped, tally.analysed) == ((6 - kept) * 2 * fps, kept * 2 * fps)
