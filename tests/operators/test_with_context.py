from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm import Frame, Ledger, Window
from rxvlm.operators import analyze, encode_jpegs, with_context
from rxvlm.testing import END, frames_at, play, scripted, video_of


class Told:
    """Remembers what was lost."""

    def __init__(self) -> None:
        self.lost: list[tuple[int, str]] = []

    def __call__(self, frame: Frame, reason: str) -> None:
        self.lost.append((frame.index, reason))

    @property
    def skipped(self) -> list[int]:
        return [index for index, reason in self.lost if reason == "skipped:gap"]


def at(*indices: int) -> Any:
    """Make a trigger of the frames' numbers."""
    return lambda frame: frame.index in indices


def windows_of(frames: list[Frame], trigger: Any, before: float, after: float, **how: Any) -> list[Window]:
    """Give the windows of frames that come at once."""
    windows: list[Window] = []
    step = with_context(trigger, before, after, **how)
    reactivex.from_iterable(frames).pipe(step).subscribe(windows.append, unexpected)
    return windows


def unexpected(error: Exception) -> None:
    raise error


def facts(window: Window) -> tuple[float, float, list[int], int]:
    return window.start, window.end, [frame.index for frame in window.frames], window.fresh


def seconds(count: int) -> list[Frame]:
    """Make a frame a second."""
    return frames_at([float(second) for second in range(count)], size=(4, 2))


def test_a_window_has_the_past_and_the_future_of_its_moment() -> None:
    """The window of a moment t is [t - before, t + after); every other frame is told "skipped:gap", in order."""
    told = Told()
    windows = windows_of(seconds(10), at(4), 2.5, 3.0, on_drop=told)
    assert [facts(window) for window in windows] == [(1.5, 7.0, [2, 3, 4, 5, 6], 5)]
    assert told.lost == [(index, "skipped:gap") for index in (0, 1, 7, 8, 9)]


def test_the_span_is_exact_in_microseconds() -> None:
    """A frame at t - before is in the window and one at t + after is not, though floats would say otherwise."""
    frames = frames_at([0.1, 0.2, 1.1, 1.2, 1.4])
    assert [facts(window) for window in windows_of(frames, at(2), 1.0, 0.3)] == [(0.1, 1.4, [0, 1, 2, 3], 4)]


def test_before_0_begins_with_the_moment() -> None:
    """With before=0 the frame of the moment is the first."""
    assert [facts(window) for window in windows_of(seconds(5), at(2), 0.0, 1.0)] == [(2.0, 3.0, [2], 1)]


def test_a_moment_at_the_beginning_starts_no_earlier_than_the_source() -> None:
    """A window does not start before 0 s, where there can be no frame."""
    assert [facts(window) for window in windows_of(seconds(5), at(1), 5.0, 1.5)] == [(0.0, 2.5, [0, 1, 2], 3)]


def test_a_moment_in_an_open_window_makes_it_longer() -> None:
    """One window stands for moments less than `after` apart; it ends `after` the last of them."""
    assert [facts(window) for window in windows_of(seconds(12), at(3, 5), 1.0, 3.0)] == [
        (2.0, 8.0, [2, 3, 4, 5, 6, 7], 6)
    ]


def test_windows_that_share_frames_count_them_once() -> None:
    """A moment soon after a window's end has its whole past; what the first window had is not fresh."""
    told = Told()
    windows = windows_of(seconds(10), at(2, 5), 2.0, 2.0, on_drop=told)
    assert [facts(window) for window in windows] == [(0.0, 4.0, [0, 1, 2, 3], 4), (3.0, 7.0, [3, 4, 5, 6], 3)]
    assert told.skipped == [7, 8, 9]


def test_a_window_is_given_when_a_later_frame_comes() -> None:
    """On the clock a window comes with the first frame at or after its end."""
    heard = play(video_of(seconds(9)).pipe(with_context(at(2), 1.0, 2.5)))
    assert [(time, facts(item)) for time, item in heard[:-1]] == [(5.0, (1.0, 4.5, [1, 2, 3, 4], 4))]
    assert heard[-1] == (8.0, END)


def test_no_more_bytes_of_the_past_are_kept_than_allowed() -> None:
    """Packets' bytes bound the past: the window then starts after what was let go, which is told."""
    told = Told()
    frames = [replace(frame, size=100) for frame in seconds(10)]
    windows = windows_of(frames, at(6), 5.0, 1.0, capacity_bytes=350, on_drop=told)
    assert [facts(window) for window in windows] == [(4.0, 7.0, [4, 5, 6], 3)]
    assert told.skipped == [0, 1, 2, 3, 7, 8, 9]


def test_a_frame_without_a_packet_counts_as_its_picture() -> None:
    """Of frames of 4x2 pixels without packets, 24 bytes each, 60 bytes keep two."""
    windows = windows_of(seconds(10), at(6), 5.0, 0.5, capacity_bytes=60)
    assert [[frame.index for frame in window.frames] for window in windows] == [[5, 6]]


def test_a_window_that_outgrows_its_bytes_goes_on_in_another() -> None:
    """A window longer than its bytes allow is given in parts side by side: no frame is lost, and none is in two."""
    told = Told()
    frames = [replace(frame, size=100) for frame in seconds(10)]
    windows = windows_of(frames, at(2), 1.0, 6.0, capacity_bytes=300, on_drop=told)
    assert [facts(window) for window in windows] == [
        (1.0, 4.0, [1, 2, 3], 3),
        (4.0, 7.0, [4, 5, 6], 3),
        (7.0, 8.0, [7], 1),
    ]
    assert told.skipped == [0, 8, 9]


def test_one_frame_is_kept_however_big() -> None:
    """A frame bigger than all that is allowed still makes a window of its own."""
    windows = windows_of(seconds(5), at(1, 2), 3.0, 0.5, capacity_bytes=1)
    assert [[frame.index for frame in window.frames] for window in windows] == [[1], [2]]


def test_a_new_epoch_ends_the_window_and_the_past() -> None:
    """No window holds frames of both sides of a reconnect; the past begins anew with it."""
    told = Told()
    frames = [replace(frame, epoch=frame.index // 4) for frame in seconds(10)]
    windows = windows_of(frames, at(3, 5), 2.0, 2.0, on_drop=told)
    assert [facts(window) for window in windows] == [(1.0, 5.0, [1, 2, 3], 3), (4.0, 7.0, [4, 5, 6], 3)]
    assert told.skipped == [0, 7, 8, 9]


def test_a_late_frame_is_told() -> None:
    """A frame that comes after a later one is in no window, and told "late"; it is no moment either."""
    told = Told()
    windows = windows_of(frames_at([0.0, 2.0, 1.0, 3.0]), at(2, 3), 5.0, 1.0, on_drop=told)
    assert [facts(window) for window in windows] == [(0.0, 4.0, [0, 1, 3], 3)]
    assert told.lost == [(2, "late")]


def test_captured_is_when_the_window_ended() -> None:
    """A live window was filmed until its end, one that is given early until its last frame."""
    live = [replace(frame, captured=1000.0 + frame.time) for frame in seconds(10)]
    windows = windows_of(live, at(2, 9), 1.0, 1.5)
    assert [window.captured for window in windows] == [1003.5, 1009.0]
    assert [window.captured for window in windows_of(seconds(10), at(2), 1.0, 1.5)] == [None]


# Ends.


def test_the_end_gives_what_is_open() -> None:
    """When the source ends, the open window is given, with its nominal end, then the end."""
    heard = play(video_of(seconds(4)).pipe(with_context(at(2), 1.0, 50.0)))
    assert [facts(item) for _, item in heard[:-1]] == [(1.0, 52.0, [1, 2, 3], 3)]
    assert heard[-1] == (3.0, END)


@pytest.mark.parametrize("which", ["source", "trigger"])
def test_an_error_gives_what_is_open(which: str) -> None:
    """When the source fails, or the stream of moments, the open window is given before the error."""
    streams: dict[str, Subject[Any]] = {"source": Subject(), "trigger": Subject()}
    heard: list[Any] = []
    streams["source"].pipe(with_context(streams["trigger"], 1.0, 2.0)).subscribe(heard.append, heard.append)
    streams["source"].on_next(seconds(1)[0])
    streams["trigger"].on_next("now")
    streams[which].on_error(RuntimeError("broken"))
    assert [facts(heard[0]), str(heard[1])] == [(0.0, 2.0, [0], 1), "broken"]
    assert [stream.observers for stream in streams.values()] == [[], []]


def test_a_trigger_that_raises_ends_the_stream() -> None:
    """What a trigger raises is the stream's error; the source is left."""
    source: Subject[Frame] = Subject()
    heard: list[Any] = []

    def trigger(frame: Frame) -> bool:
        raise RuntimeError(f"no {frame.index}")

    source.pipe(with_context(trigger, 1.0, 2.0)).subscribe(heard.append, heard.append)
    for frame in seconds(2):
        source.on_next(frame)
    assert [str(item) for item in heard] == ["no 0"]
    assert source.observers == []


def test_leaving_leaves_the_source_and_the_moments() -> None:
    """Disposing unsubscribes from both, and gives nothing of what is open."""
    source: Subject[Frame] = Subject()
    moments: Subject[int] = Subject()
    heard: list[Any] = []
    subscription = source.pipe(with_context(moments, 1.0, 2.0)).subscribe(heard.append, heard.append)
    source.on_next(seconds(1)[0])
    moments.on_next(1)
    subscription.dispose()
    assert (heard, source.observers, moments.observers) == ([], [], [])


# A stream of moments.


def test_an_item_of_a_stream_is_a_moment_at_the_newest_frame() -> None:
    """Items of a stream, on the same clock, open a window around the newest frame; one before all frames is nothing."""
    moments = reactivex.merge(reactivex.just("early"), reactivex.timer(4.7), reactivex.timer(5.2))
    heard = play(video_of(seconds(10)).pipe(ops.delay(0.1), with_context(moments, 2.0, 2.0)))
    assert [facts(item) for _, item in heard[:-1]] == [(2.0, 7.0, [2, 3, 4, 5, 6], 5)]


def test_the_end_of_the_moments_does_not_end_the_stream() -> None:
    """After its last moment the stream goes on until its source ends."""
    told = Told()
    heard = play(video_of(seconds(5)).pipe(with_context(reactivex.empty(), 1.0, 1.0, on_drop=told)))
    assert heard == [(4.0, END)]
    assert told.skipped == [0, 1, 2, 3, 4]


def test_moments_and_frames_take_turns() -> None:
    """While the frames' thread delivers a window, a moment from another waits for its turn without that thread."""
    source: Subject[Frame] = Subject()
    moments: Subject[int] = Subject()
    inside, let_go = threading.Event(), threading.Event()
    heard: list[Window] = []

    def take(window: Window) -> None:
        heard.append(window)
        if len(heard) == 1:
            inside.set()
            assert let_go.wait(WATCHDOG)

    source.pipe(with_context(moments, 1.0, 1.0)).subscribe(take, unexpected)
    frames = seconds(4)
    source.on_next(frames[0])
    moments.on_next(1)
    held = threading.Thread(target=source.on_next, args=(frames[1],), daemon=True)
    held.start()
    assert inside.wait(WATCHDOG)
    other = threading.Thread(target=moments.on_next, args=(2,), daemon=True)
    other.start()
    other.join(WATCHDOG)
    assert not other.is_alive()
    assert len(heard) == 1
    let_go.set()
    held.join(WATCHDOG)
    source.on_next(frames[2])
    assert [facts(window) for window in heard] == [(0.0, 1.0, [0], 1), (0.0, 2.0, [0, 1], 1)]


# Sums.


def test_a_ledger_adds_up() -> None:
    """With `ledger.drop` as on_drop, frames skipped and analysed are all there are, though windows share some."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    analyses = video_of(seconds(20)).pipe(
        ops.do_action(ledger.capture),
        with_context(at(3, 7, 15), 2.0, 2.0, on_drop=ledger.drop),
        encode_jpegs(scheduler=clock),
        analyze(scripted("a cat"), "What is it?", ledger=ledger),
    )
    heard = play(analyses, scheduler=clock)
    tally = ledger.snapshot()
    assert [item.clip.fresh for _, item in heard[:-1]] == [4, 4, 4]
    assert (tally.captured, tally.analysed, tally.skipped, tally.waiting, tally.in_flight) == (20, 12, 8, 0, 0)


@given(
    gaps=st.lists(st.integers(0, 3_000_000), max_size=40),
    moments=st.sets(st.integers(0, 40)),
    before=st.integers(0, 5_000_000),
    after=st.integers(1, 5_000_000),
    room=st.integers(1, 20),
    epochs=st.booleans(),
)
@settings(max_examples=200)
def test_every_frame_is_fresh_once_or_skipped(
    gaps: list[int], moments: set[int], before: int, after: int, room: int, *, epochs: bool
) -> None:
    """Whatever the moments, bytes and epochs: each frame is fresh in one window or told, every moment is in one."""
    times = [sum(gaps[: at + 1]) / 1e6 for at in range(len(gaps))]
    frames = [replace(frame, size=10, epoch=epochs * (frame.index // 7)) for frame in frames_at(times)]
    told = Told()
    windows = windows_of(frames, at(*moments), before / 1e6, after / 1e6, capacity_bytes=10 * room, on_drop=told)
    given_ = {frame.index for window in windows for frame in window.frames}
    assert sum(window.fresh for window in windows) == len(given_)
    assert sorted([*given_, *told.skipped]) == list(range(len(frames)))
    assert {index for index in moments if index < len(frames)} <= given_
    assert all(len(window.frames) <= room for window in windows)
    assert all(window.start <= frame.time for window in windows for frame in window.frames)


def test_each_subscription_keeps_its_own() -> None:
    """One step subscribed to twice gives each its own windows."""
    stream = video_of(seconds(6)).pipe(with_context(at(2), 1.0, 1.0))
    assert [[facts(item) for _, item in play(stream)[:-1]] for _ in range(2)] == [[(1.0, 3.0, [1, 2], 2)]] * 2


@pytest.mark.parametrize(
    "wrong",
    [{"before": -0.1}, {"before": float("nan")}, {"after": 0.0}, {"after": float("inf")}, {"capacity_bytes": 0}],
    ids=str,
)
def test_arguments_out_of_range_are_errors_at_once(wrong: dict[str, Any]) -> None:
    """A number out of range is a ValueError when the step is made."""
    with pytest.raises(ValueError, match="at least"):
        windows_of(seconds(3), at(1), **{"before": 1.0, "after": 1.0, **wrong})
