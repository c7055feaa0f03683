"""keep_fullest: a span is passed on once, when it is over, as its fullest window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Frame, Window
from rxvlm import operators as rxo
from rxvlm.testing import END, draw, frames_at, play, video_of


def camera(*connections: Sequence[float]) -> list[Frame]:
    """Return the frames of a camera that was reconnected: one list of times for each connection."""
    times = [(time, epoch) for epoch, connection in enumerate(connections) for time in connection]
    frames = frames_at([time for time, _ in times], live=True)
    return [replace(frame, epoch=epoch) for frame, (_, epoch) in zip(frames, times, strict=True)]


def windows(frames: Sequence[Frame], span: float = 10.0, stride: float | None = None) -> Observable[Window]:
    return video_of(frames).pipe(rxo.buffer_by_time(span, stride))


def test_a_source_without_reconnects_is_left_as_it_is() -> None:
    """Each window is passed on at the moment it comes, and is the same object."""
    stream = windows(frames_at([0.0, 4.0, 11.0, 12.0, 35.0]))
    assert draw(stream.pipe(rxo.keep_fullest())) == draw(stream)


def test_fragments_wait_for_a_later_frame() -> None:
    """Of three connections in ten seconds the longest is kept, when a frame of the next span shows that it is over."""
    lost: list[tuple[Window, str]] = []
    stream = windows(camera([0.3], [2.1, 2.6, 3.1], [7.4, 8.2, 11.0]))
    heard = play(stream.pipe(rxo.keep_fullest(on_drop=lambda *loss: lost.append(loss))))
    assert [(at, window.times) for at, window in heard[:-1]] == [(11.0, (2.1, 2.6, 3.1)), (11.0, (11.0,))]
    assert [(window.times, reason) for window, reason in lost] == [
        ((0.3,), "skipped:fragment"),
        ((7.4, 8.2), "skipped:fragment"),
    ]


def test_fragments_wait_no_longer_than_their_span() -> None:
    """Where no later frame comes, the clock says when the span is over: when what was left of it has passed."""
    clock = VirtualTimeScheduler(0.0)
    frames = camera([0.3], [2.1, 2.6], [7.0])
    silent = windows(frames).pipe(ops.take(2), ops.concat(reactivex.never()), rxo.keep_fullest())
    ((at, window),) = play(silent, scheduler=clock)
    assert at == pytest.approx(2.1 + 10.0 - 0.3 + 5.0)
    assert window.times == (2.1, 2.6)


def test_what_comes_for_a_span_that_is_over_is_left_out() -> None:
    """A fragment that comes after its span was passed on causes no second one."""
    frames = [
        frame for time, frame in zip((0.0, 1.0, 2.0, 15.0), camera([0.3], [1.0, 1.2], [9.0]), strict=False) if time
    ]
    late = video_of(frames).pipe(rxo.buffer_by_time(10.0), ops.delay(20.0))
    lost: list[str] = []
    fragments = reactivex.merge(windows(camera([0.3], [1.1])).pipe(ops.take(1)), late)
    heard = play(fragments.pipe(rxo.keep_fullest(on_drop=lambda _, reason: lost.append(reason))))
    assert [window.times for _, window in heard[:-1]] == [(0.3,)]
    assert set(lost) == {"skipped:fragment"}


def test_an_error_comes_after_what_is_held() -> None:
    """Held fragments are passed on before the error of the source."""
    broken = reactivex.concat(video_of(camera([0.3], [1.0])), reactivex.throw(OSError("gone")))
    heard = play(broken.pipe(rxo.buffer_by_time(10.0), rxo.keep_fullest()))
    assert [getattr(one, "times", str(one)) for _, one in heard] == [(0.3,), "gone"]


def test_two_sources_have_spans_of_their_own() -> None:
    """The same span of two cameras is passed on for both."""
    other = [replace(frame, source="gate") for frame in camera([0.3], [1.0])]
    both = reactivex.merge(windows(camera([0.2], [2.0])), windows(other))
    heard = play(both.pipe(rxo.keep_fullest()))
    assert sorted(window.source for _, window in heard[:-1]) == ["gate", "test"]


Connections = st.lists(st.lists(st.floats(0.01, 7.0), max_size=6), min_size=1, max_size=12)


@given(Connections, st.sampled_from([(3.0, 3.0), (3.0, 1.5), (2.0, 5.0)]))
def test_each_span_once_and_the_fullest(steps: list[list[float]], spans: tuple[float, float]) -> None:
    """Whatever the connections, each span is passed on once, in order, and none of its windows had more frames."""
    now, connections = 0.0, list[list[float]]()
    for connection in steps:
        connections.append([now := round(now + step, 3) for step in connection])
    stream, lost = windows(camera(*connections), *spans), list[Window]()
    there = [window for _, window in play(stream)[:-1]]
    heard = play(stream.pipe(rxo.keep_fullest(patience=100.0, on_drop=lambda window, _: lost.append(window))))
    kept = [window for _, window in heard[:-1]]
    assert heard[-1][1] is END
    assert [window.start for window in kept] == sorted({window.start for window in there})
    assert all(window.seen == max(one.seen for one in there if one.start == window.start) for window in kept)
    assert sum(window.fresh for window in kept + lost) == sum(window.fresh for window in there)


@pytest.mark.parametrize(("patience", "error"), [(-1.0, ValueError), (math.inf, ValueError), ("5", TypeError)])
def test_patience_is_a_number_of_seconds(patience: Any, error: type[Exception]) -> None:
    """What is no number of seconds is an error at once."""
    with pytest.raises(error, match="patience"):
        rxo.keep_fullest(patience=patience)
