from __future__ import annotations

import threading
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm import Frame, Window
from rxvlm.operators import buffer_by_time
from rxvlm.testing import END, draw, frames_at, play, video_of
from rxvlm.ticks import windows_at

WATCHDOG = 30.0


class Told:
    """Remembers what was lost."""

    def __init__(self) -> None:
        self.lost: list[tuple[int, str]] = []

    def __call__(self, frame: Frame, reason: str) -> None:
        self.lost.append((frame.index, reason))


def windows_of(
    frames: list[Frame], span: float, stride: float | None = None, on_drop: Told | None = None
) -> list[Window]:
    """Give the windows of frames that come at once."""
    windows: list[Window] = []
    reactivex.from_iterable(frames).pipe(buffer_by_time(span, stride, on_drop=on_drop)).subscribe(
        windows.append, unexpected
    )
    return windows


def unexpected(error: Exception) -> None:
    raise error


def facts(window: Window) -> tuple[float, float, list[int], int]:
    return window.start, window.end, [frame.index for frame in window.frames], window.fresh


def test_windows_stand_side_by_side() -> None:
    """Without a stride each frame is in one window, given when the first frame after it comes."""
    frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    assert draw(frames.pipe(buffer_by_time(3.0)), tick=0.5) == "------(0,1,2)(3,4,5)(6)|"


def test_a_window_has_its_nominal_span() -> None:
    """A window's start and end are those of its span, not of its frames; the last one's, too."""
    windows = windows_of(frames_at([0.7, 1.2, 5.3]), 2.0)
    assert [facts(window) for window in windows] == [(0.0, 2.0, [0, 1], 2), (4.0, 6.0, [2], 1)]


def test_windows_overlap_where_the_stride_is_less() -> None:
    """With stride < span a frame is in several windows, and fresh in the first of them alone."""
    windows = windows_of(frames_at([0.5, 1.5, 2.5, 3.5]), 2.0, 1.0)
    assert [facts(window) for window in windows] == [
        (0.0, 2.0, [0, 1], 2),
        (1.0, 3.0, [1, 2], 1),
        (2.0, 4.0, [2, 3], 1),
        (3.0, 5.0, [3], 0),
    ]
    assert [window.seen for window in windows] == [2, 2, 2, 1]


def test_frames_between_windows_are_told_as_skipped() -> None:
    """With stride > span a frame that is in no window is told "skipped:gap"."""
    told = Told()
    windows = windows_of(frames_at([0.5, 1.5, 2.5, 3.5, 4.5]), 1.0, 3.0, told)
    assert [facts(window) for window in windows] == [(0.0, 1.0, [0], 1), (3.0, 4.0, [3], 1)]
    assert told.lost == [(1, "skipped:gap"), (2, "skipped:gap"), (4, "skipped:gap")]


def test_a_gap_closes_the_window_before_it() -> None:
    """A frame between windows is a later frame, too: the window before it is given then."""
    frames = video_of(frames_at([0.5, 1.5, 3.5]))
    assert [time for time, _ in play(frames.pipe(buffer_by_time(1.0, 3.0)))] == [1.5, 3.5, 3.5]


def test_a_window_without_frames_is_not_given() -> None:
    """A pause longer than the span gives no empty windows."""
    windows = windows_of(frames_at([0.5, 30.5]), 1.0)
    assert [facts(window) for window in windows] == [(0.0, 1.0, [0], 1), (30.0, 31.0, [1], 1)]


def test_the_end_of_a_window_is_not_in_it() -> None:
    """A frame exactly on the edge belongs to the window that begins there."""
    windows = windows_of(frames_at([0.0, 1.0, 2.0]), 1.0)
    assert [facts(window) for window in windows] == [(0.0, 1.0, [0], 1), (1.0, 2.0, [1], 1), (2.0, 3.0, [2], 1)]


def test_frames_of_one_moment_are_all_kept() -> None:
    """Frames with the same time are in the same window, in the order in which they came."""
    assert facts(windows_of(frames_at([0.5, 0.5, 0.5]), 1.0)[0]) == (0.0, 1.0, [0, 1, 2], 3)


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(30000, 1001), Fraction(25)])
def test_an_hour_of_float_times_does_not_drift(rate: Fraction) -> None:
    """In an hour at any rate every frame is in the window of its exact time, though times are floats."""
    times = [at / rate for at in range(int(3600 * rate))]
    frame = frames_at([0.0])[0]
    frames = [replace(frame, time=float(time), index=at) for at, time in enumerate(times)]
    windows = windows_of(frames, 1.0)
    assert len(windows) == 3600
    assert [window.start for window in windows] == [float(second) for second in range(3600)]
    if rate.denominator == 1:
        assert {len(window.frames) for window in windows} == {int(rate)}
    assert sum(window.fresh for window in windows) == len(frames)


@pytest.mark.parametrize("span", [0.1, 1 / 3, 0.7])
def test_a_span_that_no_float_holds_does_not_drift(span: float) -> None:
    """Windows of a span such as 0.1 s are counted in whole microseconds: the millionth is where it should be."""
    number = 1_000_000
    time = number * round(span * 1e6) / 1e6
    frame = replace(frames_at([0.0])[0], time=time)
    assert facts(windows_of([frame], span)[0])[0] == pytest.approx(time, abs=1e-9)


def test_a_moment_is_the_microsecond_nearest_to_it() -> None:
    """A frame on the edge of its window is in it, though its float time is a hair before that edge."""
    frames = frames_at([at * 0.7 for at in range(1000)], size=(2, 2))
    assert any(int(frame.time * 1e6) < frame.index * 700_000 for frame in frames)
    assert [facts(window)[2] for window in windows_of(frames, 0.7)] == [[at] for at in range(1000)]


def test_windows_are_the_same_at_any_speed() -> None:
    """Frames played in real time, five times as fast, or at once, give the same windows."""
    frames = frames_at([at / 7 for at in range(60)])
    steps = [buffer_by_time(2.0), buffer_by_time(2.0, 0.5), buffer_by_time(1.0, 1.5)]
    for step in steps:
        live = [item for _, item in play(video_of(frames).pipe(step))][:-1]
        fast = [item for _, item in play(_sped(frames, 5.0).pipe(step))][:-1]
        at_once: list[Window] = []
        reactivex.from_iterable(frames).pipe(step).subscribe(at_once.append)
        assert [facts(window) for window in live] == [facts(window) for window in fast]
        assert [facts(window) for window in live] == [facts(window) for window in at_once]


def _sped(frames: list[Frame], factor: float) -> Observable[Frame]:
    by_index = {frame.index: frame for frame in frames}
    clocked = [replace(frame, time=frame.time / factor) for frame in frames]
    return video_of(clocked).pipe(ops.map(lambda frame: by_index[frame.index]))


def test_a_late_frame_still_joins_a_window_that_is_open() -> None:
    """A frame out of order is put in its place where its window has not been given."""
    frames = frames_at([0.2, 0.8, 0.5])
    assert facts(windows_of(frames, 1.0)[0]) == (0.0, 1.0, [0, 2, 1], 3)


def test_a_frame_too_late_for_all_its_windows_is_told() -> None:
    """A frame whose windows have all been given is told "late", and counted in none."""
    told = Told()
    windows = windows_of(frames_at([0.2, 1.2, 0.8, 1.6]), 1.0, None, told)
    assert [facts(window) for window in windows] == [(0.0, 1.0, [0], 1), (1.0, 2.0, [1, 3], 2)]
    assert told.lost == [(2, "late")]


def test_a_frame_too_late_for_some_of_its_windows_is_in_the_others() -> None:
    """With overlapping windows a late frame is in those still open, and fresh in the first of them."""
    told = Told()
    windows = windows_of(frames_at([0.5, 2.2, 1.7]), 2.0, 1.0, told)
    assert [facts(window) for window in windows] == [
        (0.0, 2.0, [0], 1),
        (1.0, 3.0, [2, 1], 2),
        (2.0, 4.0, [1], 0),
    ]
    assert told.lost == []


def test_a_new_epoch_closes_the_window() -> None:
    """After a reconnect no window holds frames of both; what follows makes a second window of the same span."""
    before, after = frames_at([0.2, 0.4]), [replace(frame, epoch=1, index=9) for frame in frames_at([0.8])]
    windows = windows_of([*before, *after], 1.0)
    assert [facts(window) for window in windows] == [(0.0, 1.0, [0, 1], 2), (0.0, 1.0, [9], 1)]
    assert [window.epoch for window in windows] == [0, 1]


def test_a_stream_may_begin_with_any_epoch() -> None:
    """The first frame's epoch need not be 0."""
    windows = windows_of([replace(frame, epoch=4) for frame in frames_at([0.2, 0.4])], 1.0)
    assert [facts(window) for window in windows] == [(0.0, 1.0, [0, 1], 2)]


def test_patience_gives_open_windows_on_the_clock() -> None:
    """When no frame came for so many seconds, what is open is given, once, though no later frame came."""
    frames = video_of(frames_at([0.0, 1.0, 9.3]))
    heard = play(frames.pipe(buffer_by_time(5.0, patience=2.5)))
    assert [(time, facts(item)) for time, item in heard[:-1]] == [
        (3.5, (0.0, 5.0, [0, 1], 2)),
        (9.3, (5.0, 10.0, [2], 1)),
    ]
    assert heard[-1] == (9.3, END)


def test_frames_after_patience_make_a_second_window_of_the_same_span() -> None:
    """Frames that still come for a window given out of patience are in a second one, and fresh there."""
    told = Told()
    frames = video_of(frames_at([0.0, 4.1, 4.3, 5.2]))
    heard = play(frames.pipe(buffer_by_time(5.0, patience=2.5, on_drop=told)))
    assert [(time, facts(item)) for time, item in heard[:-1]] == [
        (2.5, (0.0, 5.0, [0], 1)),
        (5.2, (0.0, 5.0, [1, 2], 2)),
        (5.2, (5.0, 10.0, [3], 1)),
    ]
    assert told.lost == []


def test_patience_begins_anew_with_each_frame() -> None:
    """Frames that come in time keep a window open, however long it takes them."""
    frames = video_of(frames_at([0.0, 2.0, 4.0, 6.0]))
    assert [time for time, _ in play(frames.pipe(buffer_by_time(100.0, patience=2.5)))] == [6.0, 6.0]


def test_patience_ends_with_the_stream() -> None:
    """Neither after the end nor after leaving does the timer give anything."""
    clock = VirtualTimeScheduler(0.0)
    frames = video_of(frames_at([0.0, 1.0]))
    heard = play(frames.pipe(buffer_by_time(5.0, patience=2.5)), seconds=2.0, scheduler=clock)
    assert [item for _, item in heard[1:]] == [END]
    heard = play(video_of(frames_at([0.0, 9.0])).pipe(buffer_by_time(50.0, patience=2.5)), seconds=2.0, scheduler=clock)
    clock.advance_to(100.0)
    assert heard == []


def test_patience_that_runs_out_during_a_delivery_does_not_count() -> None:
    """Where a window's delivery takes longer than the patience, the frame that closed it still gets its own."""
    source: Subject[Frame] = Subject()
    clock = VirtualTimeScheduler(0.0)
    windows: list[Window] = []

    def slow(window: Window) -> None:
        windows.append(window)
        if len(windows) == 1:
            clock.advance_to(10.0)

    source.pipe(buffer_by_time(1.0, patience=2.0)).subscribe(slow, unexpected, scheduler=clock)
    for frame in frames_at([0.5, 1.2, 1.7]):
        source.on_next(frame)
    source.on_completed()
    assert [facts(window) for window in windows] == [(0.0, 1.0, [0], 1), (1.0, 2.0, [1, 2], 2)]


def test_patience_and_frames_take_turns() -> None:
    """While the timer's thread delivers a window, frames from another wait for their turn without that thread."""
    source: Subject[Frame] = Subject()
    clock = VirtualTimeScheduler(0.0)
    inside, let_go = threading.Event(), threading.Event()
    log: list[str] = []

    def take(window: Window) -> None:
        log.append(f"in {window.start:g}")
        if window.start == 0.0:
            inside.set()
            assert let_go.wait(WATCHDOG)
        log.append(f"out {window.start:g}")

    source.pipe(buffer_by_time(1.0, patience=2.0)).subscribe(take, unexpected, scheduler=clock)
    frames = frames_at([0.7, 1.2, 2.3])
    source.on_next(frames[0])
    waiting = threading.Thread(target=clock.advance_to, args=(2.5,), daemon=True)
    waiting.start()
    assert inside.wait(WATCHDOG)
    source.on_next(frames[1])
    source.on_next(frames[2])
    assert log == ["in 0"]
    let_go.set()
    waiting.join(WATCHDOG)
    assert log == ["in 0", "out 0", "in 1", "out 1"]
    source.on_completed()
    assert log[4:] == ["in 2", "out 2"]


def test_leaving_frees_the_timers_thread() -> None:
    """Where no clock was given, the thread that waits for the patience to end is gone once the stream is left."""
    before = set(threading.enumerate())
    source: Subject[Frame] = Subject()
    subscription = source.pipe(buffer_by_time(1.0, patience=3600.0)).subscribe()
    source.on_next(frames_at([0.7])[0])
    timers = set(threading.enumerate()) - before
    assert timers
    subscription.dispose()
    for timer in timers:
        timer.join(WATCHDOG)
        assert not timer.is_alive()


def test_the_end_gives_every_open_window() -> None:
    """When the source ends, all that overlap are given, in order, before the end."""
    heard = play(video_of(frames_at([0.1, 1.7])).pipe(buffer_by_time(2.0, 0.5)))
    assert [item.start for _, item in heard[:-1]] == [0.0, 0.5, 1.0, 1.5]
    assert heard[-1] == (1.7, END)


def test_an_error_gives_every_open_window() -> None:
    """When the source fails, what was gathered is given before the error; patience or not."""
    for patience in (None, 2.5):
        source: Subject[Frame] = Subject()
        heard: list[Any] = []
        source.pipe(buffer_by_time(2.0, patience=patience)).subscribe(
            heard.append, heard.append, scheduler=VirtualTimeScheduler(0.0)
        )
        source.on_next(frames_at([0.3])[0])
        source.on_error(RuntimeError("cut"))
        assert facts(heard[0]) == (0.0, 2.0, [0], 1)
        assert str(heard[1]) == "cut"


def test_leaving_leaves_the_source() -> None:
    """Disposing unsubscribes from the source, and gives nothing of what was gathered."""
    for patience in (None, 2.5):
        source: Subject[Frame] = Subject()
        heard: list[Any] = []
        step = buffer_by_time(2.0, patience=patience)
        subscription = source.pipe(step).subscribe(heard.append, scheduler=VirtualTimeScheduler(0.0))
        source.on_next(frames_at([0.3])[0])
        subscription.dispose()
        assert (heard, source.observers) == ([], [])


def test_captured_is_when_the_window_ended() -> None:
    """A live window was filmed until its end, one given early until its last frame; a file has no such time."""
    live = [replace(frame, captured=1000.0 + frame.time) for frame in frames_at([0.5, 1.25, 2.5])]
    assert [window.captured for window in windows_of(live, 2.0)] == [1002.0, 1002.5]
    assert [window.captured for window in windows_of(frames_at([0.5]), 2.0)] == [None]


def test_each_subscription_gathers_for_itself() -> None:
    """One step subscribed to twice gives each its own windows."""
    stream = video_of(frames_at([0.0, 1.0])).pipe(buffer_by_time(1.0))
    assert [len(play(stream)) for _ in range(2)] == [3, 3]


@pytest.mark.parametrize(
    "wrong",
    [{"span": 0.0}, {"span": -1.0}, {"span": float("nan")}, {"span": 1.0, "stride": 0.0}, {"span": 1.0, "patience": 0}],
    ids=str,
)
def test_arguments_out_of_range_are_errors_at_once(wrong: dict[str, Any]) -> None:
    """A number of seconds that is not above 0 is a ValueError when the step is made."""
    with pytest.raises(ValueError, match="above 0 seconds"):
        buffer_by_time(**wrong)


times = st.lists(st.integers(0, 40_000_000), max_size=40)
widths = st.integers(100_000, 20_000_000)


@given(times=times, span=widths, stride=widths)
@settings(max_examples=150)
def test_every_frame_is_in_exactly_its_windows(times: list[int], span: int, stride: int) -> None:
    """For rising times each frame is in exactly the windows that `windows_at` says, and fresh in one of them."""
    times.sort()
    told = Told()
    windows = windows_of(frames_at([time / 1e6 for time in times]), span / 1e6, stride / 1e6, told)
    found = {(frame.index, round(window.start * 1e6)) for window in windows for frame in window.frames}
    expected = {(at, k * stride) for at, time in enumerate(times) for k in windows_at(time, span, stride)}
    assert found == expected
    assert sum(len(window.frames) for window in windows) == len(expected)
    assert [window.start for window in windows] == sorted({window.start for window in windows})
    assert sum(window.fresh for window in windows) + len(told.lost) == len(times)
    assert {reason for _, reason in told.lost} <= {"skipped:gap"}


@given(times=times, span=widths, stride=widths, epochs=st.booleans())
@settings(max_examples=150)
def test_every_frame_is_fresh_once_or_told(times: list[int], span: int, stride: int, *, epochs: bool) -> None:
    """In whatever order frames come, each is fresh in one window or told, and no window is empty or out of order."""
    frames = frames_at([time / 1e6 for time in times])
    if epochs:
        frames = [replace(frame, epoch=frame.index // 7) for frame in frames]
    told = Told()
    windows = windows_of(frames, span / 1e6, stride / 1e6, told)
    assert sum(window.fresh for window in windows) + len(told.lost) == len(times)
    assert len({index for index, _ in told.lost}) == len(told.lost)
    assert all(len({frame.epoch for frame in window.frames}) == 1 for window in windows)
