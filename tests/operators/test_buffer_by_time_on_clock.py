"""buffer_by_time(aligned="clock"): windows that lie on the wall clock, over reconnects and clocks that are set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex.scheduler import ImmediateScheduler

from rxvlm import Frame, Window
from rxvlm import operators as rxo
from rxvlm.operators import buffer_by_time
from rxvlm.testing import END, frames_at, play, video_of

NOON = 1_800_000_000  # a multiple of every stride here, in seconds since 1970


class Connection(NamedTuple):
    """What a camera sends between two reconnects.

    Attributes:
        times: Of its frames, in seconds of the source's time.
        ahead: Seconds by which the wall clock is ahead of the source's time.
        later: Seconds by which the clock was set in the middle of the connection.
    """

    times: list[float]
    ahead: float
    later: float = 0.0


def camera(*connections: Connection) -> list[Frame]:
    """Return the frames of a camera, numbered over all its connections."""
    frames: list[Frame] = []
    for epoch, (times, ahead, later) in enumerate(connections):
        for at, frame in enumerate(frames_at(times)):
            captured = frame.time + ahead + (later if at > len(times) // 2 else 0.0)
            frames.append(replace(frame, epoch=epoch, captured=captured, index=len(frames)))
    return frames


def windows_of(frames: list[Frame], span: float, stride: float | None = None, **more: Any) -> list[Window]:
    """Return the windows of frames that come at their own times."""
    heard = [item for _, item in play(video_of(frames).pipe(buffer_by_time(span, stride, aligned="clock", **more)))]
    assert heard[-1] is END
    return heard[:-1]


def facts(window: Window) -> tuple[int | None, float, float, list[int]]:
    return window.span.slot, window.start, window.end, [frame.index for frame in window.frames]


def test_windows_begin_where_the_clock_says() -> None:
    """A camera that was opened at seven seconds past has its first window from 7 s before it to 3 s after."""
    frames = camera(Connection([0.0, 2.9, 3.0, 12.9, 13.5], NOON + 7.0))
    assert [facts(window) for window in windows_of(frames, 10.0)] == [
        (NOON // 10, -7.0, 3.0, [0, 1]),
        (NOON // 10 + 1, 3.0, 13.0, [2, 3]),
        (NOON // 10 + 2, 13.0, 23.0, [4]),
    ]


def test_captured_is_the_end_on_the_clock() -> None:
    """A window that is over was captured at a multiple of the stride."""
    frames = camera(Connection([0.0, 2.9, 3.0], NOON + 7.0))
    assert windows_of(frames, 10.0)[0].captured == NOON + 10.0


def test_a_film_is_cut_by_its_own_time() -> None:
    """Frames that do not say when they were captured make the windows that they make without the option."""
    frames = frames_at([0.0, 2.9, 3.0, 12.9])
    plain = [item for _, item in play(video_of(frames).pipe(buffer_by_time(10.0)))][:-1]
    assert [facts(window) for window in windows_of(frames, 10.0)] == [facts(window) for window in plain]
    assert plain[0].span.slot is None


def test_a_clock_that_is_set_moves_no_window_of_the_connection() -> None:
    """The clock is looked at once: that it jumps by an hour, either way, changes nothing until the next connection."""
    for jump in (3600.0, -3600.0):
        set_later = camera(Connection([float(at) for at in range(40)], NOON + 7.0, jump))
        steady = camera(Connection([float(at) for at in range(40)], NOON + 7.0))
        assert [facts(window) for window in windows_of(set_later, 10.0)] == [
            facts(window) for window in windows_of(steady, 10.0)
        ]


def test_a_clock_that_goes_ahead_moves_the_next_connection() -> None:
    """After a reconnect windows lie on the clock as it is now; n leaps ahead with it."""
    frames = camera(Connection([0.0, 1.0], NOON + 0.0), Connection([2.0, 9.0], NOON + 3603.0))
    assert [facts(window) for window in windows_of(frames, 10.0)] == [
        (NOON // 10, 0.0, 10.0, [0, 1]),
        (NOON // 10 + 360, -3.0, 7.0, [2]),
        (NOON // 10 + 361, 7.0, 17.0, [3]),
    ]


def test_a_clock_that_goes_back_by_little_moves_edges_as_little_as_it_must() -> None:
    """Where n would go back by the error of a clock, the window begins with the first frame of the connection."""
    frames = camera(Connection([0.0, 10.1], NOON + 0.0), Connection([10.2, 11.0], NOON - 0.5))
    assert [facts(window) for window in windows_of(frames, 10.0)] == [
        (NOON // 10, 0.0, 10.0, [0]),
        (NOON // 10 + 1, 10.0, 20.0, [1]),
        (NOON // 10 + 1, 10.2, 20.2, [2, 3]),
    ]


def test_a_clock_that_goes_back_by_much_leaves_the_edges_on_the_clock() -> None:
    """A clock that was set back by an hour: n goes on, and edges are multiples of the stride by the new clock."""
    frames = camera(Connection([0.0, 10.1], NOON + 0.0), Connection([12.0, 14.0, 15.5], NOON - 3595.0))
    assert [facts(window) for window in windows_of(frames, 10.0)] == [
        (NOON // 10, 0.0, 10.0, [0]),
        (NOON // 10 + 1, 10.0, 20.0, [1]),
        (NOON // 10 + 1, 5.0, 15.0, [2, 3]),
        (NOON // 10 + 2, 15.0, 25.0, [4]),
    ]


def test_a_reconnect_in_a_gap_stays_in_it() -> None:
    """With a stride over the span, a clock that is right is not moved on to the next window."""
    told: list[tuple[int, str]] = []
    frames = camera(Connection([0.5, 2.0], NOON + 0.0), Connection([3.0, 5.5], NOON + 0.0))
    windows = windows_of(frames, 1.0, 5.0, on_drop=lambda frame, reason: told.append((frame.index, reason)))
    assert [facts(window)[1:] for window in windows] == [(0.0, 1.0, [0]), (5.0, 6.0, [3])]
    assert told == [(1, "skipped:gap"), (2, "skipped:gap")]


def test_fragments_of_a_span_are_those_of_one_slot() -> None:
    """`keep_fullest` knows the windows of one slot, though each connection puts its edges a little elsewhere."""
    frames = camera(
        Connection([0.0], NOON + 1.0), Connection([1.0, 2.0, 3.0], NOON + 1.02), Connection([4.0, 12.0], NOON + 0.97)
    )
    stream = video_of(frames).pipe(buffer_by_time(10.0, aligned="clock"), rxo.keep_fullest())
    heard = [item for _, item in play(stream)][:-1]
    assert [(facts(window)[0], facts(window)[3]) for window in heard] == [
        (NOON // 10, [1, 2, 3]),
        (NOON // 10 + 1, [5]),
    ]


@pytest.mark.parametrize("snap", [None, "keyframe"])
def test_clips_made_ahead_are_those_of_the_same_windows(snap: Any) -> None:
    """`clip_evenly` cuts on the clock as `buffer_by_time` does, over a reconnect, also of key frames alone."""
    first = Connection([at * 0.7 for at in range(20)], NOON + 3.3)
    frames = camera(first, Connection([15 + at * 0.7 for at in range(20)], NOON + 4.1))
    frames = [replace(frame, keyframe=frame.index % 3 == 1) for frame in frames]
    source = video_of(frames)
    encode = rxo.encode_mp4(scheduler=ImmediateScheduler())
    apart = source.pipe(buffer_by_time(5.0, aligned="clock"), rxo.sample_evenly(3, snap=snap), encode)
    ahead = source.pipe(rxo.clip_evenly(5.0, 3, snap=snap, aligned="clock", scheduler=ImmediateScheduler()))
    expected, found = ([item for _, item in play(stream)][:-1] for stream in (apart, ahead))
    assert len(found) > 5
    assert [(clip.span.slot, clip.start, clip.times) for clip in found] == [
        (clip.span.slot, clip.start, clip.times) for clip in expected
    ]


def test_an_unknown_alignment_is_refused() -> None:
    """``aligned`` is one of two words."""
    wrong: Any = "wall"
    with pytest.raises(ValueError, match="aligned must be 'source' or 'clock', not 'wall'"):
        buffer_by_time(1.0, aligned=wrong)


ticks = st.integers(1, 30_000_000)
widths = st.integers(100_000, 20_000_000)


@st.composite
def cameras(draw: st.DrawFn) -> list[Frame]:
    """Draw the frames of a camera with reconnects, whose clock jumps back and forth, between connections and within."""
    now, connections = 0.0, list[Connection]()
    for _ in range(draw(st.integers(1, 4))):
        times = list[float]()
        for pause in draw(st.lists(ticks, min_size=1, max_size=8)):
            times.append(now)
            now += pause / 1e6
        jumps = st.floats(-20_000.0, 20_000.0).map(lambda seconds: round(seconds, 6))
        ahead = NOON + draw(st.sampled_from([0.0, 0.3, -0.3]) | jumps)
        connections.append(Connection([round(time, 6) for time in times], ahead, draw(st.just(0.0) | jumps)))
    return camera(*connections)


@given(frames=cameras(), span=widths, stride=widths)
@settings(max_examples=150)
def test_every_frame_is_in_a_window_of_its_time_or_told(frames: list[Frame], span: int, stride: int) -> None:
    """Whatever clocks do: no frame is late, none is fresh twice, each lies in its window, and n never goes back."""
    lost: list[str] = []
    windows = windows_of(frames, span / 1e6, stride / 1e6, on_drop=lambda _, reason: lost.append(reason))
    assert sum(window.fresh for window in windows) + len(lost) == len(frames)
    assert set(lost) <= {"skipped:gap"}
    for window in windows:
        assert all(window.start - 1e-6 < frame.time < window.end + 1e-6 for frame in window.frames)
    lowest = dict[int, int]()
    for window in windows:
        assert window.span.slot is not None
        lowest.setdefault(window.epoch, window.span.slot)
    assert list(lowest.values()) == sorted(lowest.values())
    inside = [[window.span.slot or 0 for window in windows if window.epoch == epoch] for epoch in lowest]
    assert all(slots == sorted(set(slots)) for slots in inside)


@given(frames=cameras(), span=widths, stride=widths)
@settings(max_examples=100)
def test_windows_of_a_connection_are_a_stride_apart(frames: list[Frame], span: int, stride: int) -> None:
    """Within a connection window n begins at n strides: what the clock does there does not matter."""
    for epoch in {frame.epoch for frame in frames}:
        windows = [one for one in windows_of(frames, span / 1e6, stride / 1e6) if one.epoch == epoch]
        zeros = {round(one.start * 1e6) - (one.span.slot or 0) * stride for one in windows}
        assert len(zeros) <= 1


@given(
    times=st.lists(ticks, min_size=1, max_size=40),
    stride=widths,
    error=st.integers(-300_000, 300_000),
    began=st.integers(0, 100_000_000),
)
@settings(max_examples=150)
def test_two_owners_cut_alike_up_to_the_error_of_their_clocks(
    times: list[int], stride: int, error: int, began: int
) -> None:
    """Who takes a camera over at any moment has its frames in the same windows, but for those near an edge."""
    moments = [sum(times[:at]) for at in range(len(times))]
    first = camera(Connection([moment / 1e6 for moment in moments], float(NOON)))
    late = [moment for moment in moments if moment >= began] or moments
    second = camera(Connection([(moment - late[0]) / 1e6 for moment in late], NOON + (late[0] + error) / 1e6))
    slots = {
        round(frame.time * 1e6): window.span.slot
        for window in windows_of(first, stride / 1e6)
        for frame in window.frames
    }
    for window in windows_of(second, stride / 1e6):
        for frame in window.frames:
            moment = late[0] + round(frame.time * 1e6)
            to_edge = min((NOON * 1_000_000 + moment) % stride, -(NOON * 1_000_000 + moment) % stride)
            assert window.span.slot == slots[moment] or to_edge <= abs(error) + 2
