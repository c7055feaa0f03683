from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex.subject import Subject

from rxvlm import Frame, Window
from rxvlm.operators import buffer_by_count
from rxvlm.testing import draw, frames_at, play, video_of


class Told:
    """Remembers what was lost."""

    def __init__(self) -> None:
        self.lost: list[tuple[int, str]] = []

    def __call__(self, frame: Frame, reason: str) -> None:
        self.lost.append((frame.index, reason))


def frames_of(count: int) -> list[Frame]:
    return frames_at([at * 0.5 for at in range(count)])


def windows_of(frames: list[Frame], count: int, stride: int | None = None, on_drop: Told | None = None) -> list[Window]:
    """Give the windows of frames that come at once."""
    windows: list[Window] = []
    reactivex.from_iterable(frames).pipe(buffer_by_count(count, stride, on_drop=on_drop)).subscribe(windows.append)
    return windows


def facts(window: Window) -> tuple[list[int], int]:
    return [frame.index for frame in window.frames], window.fresh


def test_a_window_is_given_with_its_last_frame() -> None:
    """A window is given as soon as it is full, and what is left at the end, though it be fewer."""
    stream = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.5])).pipe(buffer_by_count(2))
    assert draw(stream, tick=0.5) == "--(0,1)(2,3)(4)|"
    assert [time for time, _ in play(stream)] == [1.0, 3.0, 4.5, 4.5]


def test_nothing_is_given_twice_at_the_end() -> None:
    """When the frames come out even, the end gives no window; without frames there is none at all."""
    assert [facts(window) for window in windows_of(frames_of(4), 2)] == [([0, 1], 2), ([2, 3], 2)]
    assert windows_of([], 2) == []


def test_windows_overlap_where_the_stride_is_less() -> None:
    """With stride < count frames come again, and are fresh in the first of their windows alone."""
    assert [facts(window) for window in windows_of(frames_of(6), 3, 1)] == [
        ([0, 1, 2], 3),
        ([1, 2, 3], 1),
        ([2, 3, 4], 1),
        ([3, 4, 5], 1),
    ]
    assert [facts(window) for window in windows_of(frames_of(6), 3, 2)] == [
        ([0, 1, 2], 3),
        ([2, 3, 4], 2),
        ([4, 5], 1),
    ]


def test_frames_between_windows_are_told_as_skipped() -> None:
    """With stride > count the frames between are told "skipped:gap"."""
    told = Told()
    windows = windows_of(frames_of(8), 2, 3, told)
    assert [facts(window) for window in windows] == [([0, 1], 2), ([3, 4], 2), ([6, 7], 2)]
    assert told.lost == [(2, "skipped:gap"), (5, "skipped:gap")]


def test_a_window_spans_from_its_first_to_its_last_frame() -> None:
    """A window's span, time of capture and number of frames are those of its own frames."""
    live = [replace(frame, captured=1000.0 + frame.time) for frame in frames_of(3)]
    window = windows_of(live, 3)[0]
    assert (window.start, window.end, window.captured, window.seen) == (0.0, 1.0, 1001.0, 3)
    assert windows_of(frames_of(3), 3)[0].captured is None


def test_a_new_epoch_closes_the_window() -> None:
    """After a reconnect no window holds frames of both, and the count begins anew."""
    frames = [replace(frame, epoch=frame.index // 3) for frame in frames_of(7)]
    assert [facts(window) for window in windows_of(frames, 2)] == [
        ([0, 1], 2),
        ([2], 1),
        ([3, 4], 2),
        ([5], 1),
        ([6], 1),
    ]


def test_a_new_epoch_gives_no_window_without_fresh_frames() -> None:
    """Frames kept for an overlap that were in a window already are let go at a reconnect."""
    frames = [replace(frame, epoch=frame.index // 3) for frame in frames_of(6)]
    assert [facts(window) for window in windows_of(frames, 3, 1)] == [([0, 1, 2], 3), ([3, 4, 5], 3)]


def test_an_error_gives_what_was_gathered() -> None:
    """When the source fails, what was gathered is given before the error."""
    source: Subject[Frame] = Subject()
    heard: list[Any] = []
    source.pipe(buffer_by_count(5)).subscribe(heard.append, heard.append)
    source.on_next(frames_of(1)[0])
    source.on_error(RuntimeError("cut"))
    assert facts(heard[0]) == ([0], 1)
    assert str(heard[1]) == "cut"


def test_leaving_leaves_the_source() -> None:
    """Disposing unsubscribes from the source, and gives nothing of what was gathered."""
    source: Subject[Frame] = Subject()
    heard: list[Any] = []
    subscription = source.pipe(buffer_by_count(5)).subscribe(heard.append)
    source.on_next(frames_of(1)[0])
    subscription.dispose()
    assert (heard, source.observers) == ([], [])


def test_each_subscription_gathers_for_itself() -> None:
    """One step subscribed to twice gives each its own windows."""
    stream = reactivex.from_iterable(frames_of(3)).pipe(buffer_by_count(2))
    assert [len(play(stream)) for _ in range(2)] == [3, 3]


@pytest.mark.parametrize("wrong", [(0, None), (-1, None), (2, 0)])
def test_arguments_out_of_range_are_errors_at_once(wrong: tuple[int, int | None]) -> None:
    """A count or stride below 1 is a ValueError when the step is made."""
    with pytest.raises(ValueError, match="at least 1"):
        buffer_by_count(*wrong)


@given(frames=st.integers(0, 40), count=st.integers(1, 9), stride=st.integers(1, 12))
def test_window_k_begins_at_k_strides(frames: int, count: int, stride: int) -> None:
    """Window k has the frames from k * stride on; each frame is fresh in one window or told."""
    told = Told()
    windows = windows_of(frames_of(frames), count, stride, told)
    for k, window in enumerate(windows):
        assert facts(window)[0] == list(range(k * stride, min(frames, k * stride + count)))
    assert sum(window.fresh for window in windows) + len(told.lost) == frames
    assert all(window.fresh > 0 for window in windows)
