"""Windows around moments: where they are, how long, and what is kept for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as ops
from reactivex.subject import Subject

from rxvlm import Analysis, Clip, Event, Frame, Ledger, Window, collect, video, vlm_from, watch
from rxvlm import operators as rxo
from rxvlm.operators.remembering.ring import bytes_of
from rxvlm.sources.running.delivery import counted
from rxvlm.testing import END, frames_at, play, video_of

FRAMES = frames_at([float(at) for at in range(40)])
CLIP = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 10.0, 14.0, source="test")
ANSWER = Analysis(CLIP, "?", "m", 0.0, 1.0)
EVENT = Event(id="1", name="n", camera="test", phase="start", start=10.0, end=14.0)
END_OF_EVENT = Event(id="1", name="n", camera="test", phase="end", start=10.0, end=14.0)


def indices(window: Window) -> list[int]:
    return [frame.index for frame in window.frames]


def spans(*said: float, length: Any = "fixed", **options: Any) -> list[tuple[float, float]]:
    """Return the spans of the windows around the frames of some seconds, of a film with a frame a second."""
    step = rxo.clip_around(lambda frame: frame.time in said, 3.0, 5.0, length=length, **options)
    return [(window.start, window.end) for window in collect(reactivex.from_iterable(FRAMES).pipe(step))]


def test_eight_seconds_are_eight_seconds() -> None:
    """However many moments lie in it, a window is as long as was asked for; the next moment begins another."""
    assert spans(10.0) == [(7.0, 15.0)]
    assert spans(10.0, 11.0, 12.0, 14.0) == [(7.0, 15.0)]
    assert spans(10.0, 15.0) == [(7.0, 15.0), (12.0, 20.0)]
    assert spans(*[float(at) for at in range(10, 30)]) == [(7.0, 15.0), (12.0, 20.0), (17.0, 25.0), (22.0, 30.0)]


def test_joined_moments_make_a_window_longer() -> None:
    """A moment in an open window makes it longer, and one behind it begins another."""
    assert spans(10.0, 13.0, 17.0, length="joined") == [(7.0, 22.0)]
    assert spans(10.0, 15.0, length="joined") == [(7.0, 15.0), (12.0, 20.0)]


@pytest.mark.parametrize("length", ["fixed", "joined"])
def test_no_window_begins_in_the_refractory_time(length: str) -> None:
    """A moment that lies less than so many seconds behind the end of a window is passed over."""
    assert spans(10.0, 15.0, 18.9, 20.0, length=length, refractory=5.0) == [(7.0, 15.0), (17.0, 25.0)]
    assert spans(10.0, 19.0, length=length, refractory=5.0) == [(7.0, 15.0)]


def test_the_beginning_and_the_end_of_a_film() -> None:
    """A window begins at 0 at the earliest; one that is open at the end keeps its nominal end."""
    assert spans(1.0, 38.0) == [(0.0, 6.0), (35.0, 43.0)]


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        *zip((True, np.True_), (20.0, 20.0), strict=True),
        (15.5, 15.5),
        (16, 16.0),
        (np.float32(14.5), 14.5),
        (FRAMES[12], 12.0),
        (CLIP, 10.0),
        (ANSWER, 10.0),
        (EVENT, 10.0),
        (END_OF_EVENT, 14.0),
        (25.0, 25.0),
    ],
    ids=repr,
)
def test_a_moment_is_where_the_trigger_says(said: object, moment: float) -> None:
    """It was noticed at 20 s: True is there, seconds and items are where they stand, also in the future."""
    step = rxo.clip_around(lambda frame: said if frame.time == 20.0 else None, 2.0, 3.0, lag=20.0)
    (window,) = collect(reactivex.from_iterable(FRAMES).pipe(step))
    assert (window.start, window.end) == (moment - 2.0, moment + 3.0)
    assert indices(window) == [at for at in range(40) if window.start <= at < window.end]


@pytest.mark.parametrize(
    "said", [*(False, None, np.False_), Frame.of(np.zeros((8, 8, 3), np.uint8), 5.0, source="other")]
)
def test_nothing_is_said(said: object) -> None:
    """False and None are no moment, and items of another camera are none of this one."""
    assert collect(reactivex.from_iterable(FRAMES).pipe(rxo.clip_around(lambda _: said, 2.0, 3.0))) == []


@pytest.mark.parametrize(
    ("said", "error"), [("now", TypeError), ([1], TypeError), (-1.0, ValueError), (float("nan"), ValueError)]
)
def test_what_is_no_moment_ends_the_stream(said: object, error: type[Exception]) -> None:
    """A trigger that says something else is an error in the stream."""
    played = play(video_of(FRAMES[:3]).pipe(rxo.clip_around(lambda _: said, 2.0, 3.0)))
    assert [type(item) for _, item in played] == [error]


def test_a_trigger_sees_the_frame_before() -> None:
    """A function of two arguments gets the frame and the one before it, None for the first one and in a new epoch."""
    seen: list[tuple[float, float | None]] = []

    def brighter(frame: Frame, before: Frame | None) -> bool:
        seen.append((frame.time, None if before is None else before.time))
        return before is not None and int(frame.image[0, 0, 0]) < int(before.image[0, 0, 0])

    windows = collect(reactivex.from_iterable(FRAMES[:9]).pipe(rxo.clip_around(brighter, 1.0, 1.0)))
    assert seen[:3] == [(0.0, None), (1.0, 0.0), (2.0, 1.0)]
    assert [indices(window) for window in windows] == [[6, 7]]  # 7 * 37 is above 255


def test_a_trigger_stream_says_moments() -> None:
    """Each item of a stream is a moment where it stands, though frames have gone on; True is the newest frame."""
    says, frames = Subject[Any](), Subject[Frame]()
    given: list[Window] = []
    frames.pipe(rxo.clip_around(says, 2.0, 3.0)).subscribe(given.append)
    for frame in FRAMES[:30]:
        frames.on_next(frame)
    says.on_next(ANSWER)
    assert [(one.start, one.end, indices(one)) for one in given] == [(8.0, 13.0, [8, 9, 10, 11, 12])]
    says.on_next(np.True_)
    frames.on_next(FRAMES[30])
    says.on_completed()
    frames.on_completed()
    assert [(one.start, one.end) for one in given[1:]] == [(27.0, 32.0)]


def test_a_moment_that_is_not_kept_any_more_is_told() -> None:
    """What lies back further than the lag is told as late; half of it is a window that begins later."""
    lost: list[tuple[object, str]] = []
    says, frames = Subject[Any](), Subject[Frame]()
    given: list[Window] = []
    step = rxo.clip_around(says, 1.0, 4.0, lag=5.0, on_drop=lambda item, reason: lost.append((item, reason)))
    frames.pipe(step).subscribe(given.append)
    for frame in FRAMES[:30]:
        frames.on_next(frame)
    assert lost == [(frame, "skipped:gap") for frame in FRAMES[:23]]
    says.on_next(3.0)
    says.on_next(21.0)
    assert lost[23:] == [(3.0, "late")]
    assert [(one.start, one.end) for one in given] == [(23.0, 25.0)]


def test_answers_about_the_same_film_are_moments(films: Callable[[str], Path]) -> None:
    """The end of a film waits for the answers about its last windows, and what they point at is kept."""
    frames = video(films("h264-bframes")).pipe(ops.share())
    model = vlm_from(lambda clip, _prompt: "yes" if clip.start in {1.0, 3.0} else "no")
    yes = watch(frames, model, every=0.5, frames=2).pipe(ops.filter(lambda answer: answer.text == "yes"))
    clips = collect(frames.pipe(rxo.clip_around(yes, 0.3, 0.4), rxo.encode_copy()))
    assert [(round(clip.start, 3), round(clip.end, 3)) for clip in clips] == [(0.7, 1.4), (2.7, 3.4)]
    assert all(clip.times[0] <= clip.start for clip in clips)
    tally = cast("Ledger", frames.ledger).snapshot()
    assert (tally.captured, tally.analysed, tally.skipped, tally.unaccounted) == (90, 90, 0, 0)


def moving_scene(count: int, moves: range) -> list[Frame]:
    """Return pictures, ten a second, in which a white square moves from one number on to another."""
    frames: list[Frame] = []
    for at in range(count):
        image = np.zeros((90, 160, 3), np.uint8)
        left = 2 * (min(max(at, moves.start), moves.stop) - moves.start)
        image[30:60, left : left + 30] = 255
        frames.append(Frame.of(image, at / 10, source="test", index=at))
    return frames


@pytest.mark.parametrize("trigger", ["motion", rxo.moving(0.01)])
def test_motion_is_a_trigger(trigger: Any) -> None:
    """A window begins before what moves; a still picture makes none, and neither does the first one."""
    frames = moving_scene(100, range(40, 55))
    (window,) = collect(reactivex.from_iterable(frames).pipe(rxo.clip_around(trigger, 1.0, 2.0)))
    assert 4.0 <= window.start + 1.0 <= 5.0
    assert window.end - window.start == pytest.approx(3.0)
    assert collect(reactivex.from_iterable(frames[:40]).pipe(rxo.clip_around(trigger, 1.0, 2.0))) == []


def test_a_motion_trigger_begins_anew_for_each_subscriber() -> None:
    """What one subscription remembers is not that of another."""
    frames = moving_scene(60, range(20, 30))
    step = rxo.clip_around("motion", 1.0, 2.0)
    first, second = ([indices(one) for one in collect(reactivex.from_iterable(frames).pipe(step))] for _ in range(2))
    assert first == second != []


def test_a_window_that_is_too_large_continues_in_another() -> None:
    """Over its bound in bytes it is given as it is; no frame is lost, and none is in both."""
    bound = 10 * bytes_of(FRAMES[0])
    step = rxo.clip_around(lambda frame: frame.time >= 5.0, 3.0, 5.0, length="joined", capacity_bytes=bound)
    windows = collect(reactivex.from_iterable(FRAMES).pipe(step))
    assert [index for window in windows for index in indices(window)] == list(range(2, 40))
    assert all(len(window.frames) <= 10 for window in windows)
    assert [window.end for window in windows[:-1]] == [window.start for window in windows[1:]]


def test_a_new_epoch_ends_a_window() -> None:
    """Frames of two connections are in no window together, and are not the frame before."""
    frames = [*frames_at([0.0, 1.0, 2.0]), *[replace(one, epoch=1) for one in frames_at([3.0, 4.0])]]
    windows = collect(
        reactivex.from_iterable(frames).pipe(rxo.clip_around(lambda frame: frame.time in {2.0, 4.0}, 9, 9))
    )
    assert [[frame.time for frame in window.frames] for window in windows] == [[0.0, 1.0, 2.0], [3.0, 4.0]]
    assert windows[1].start == 3.0


def test_an_error_comes_after_the_open_window() -> None:
    """An error of the source or of the trigger stream comes behind what there is; that of a function at once."""
    broken = reactivex.concat(reactivex.from_iterable(FRAMES[:6]), reactivex.throw(RuntimeError("x")))
    played = [item for _, item in play(broken.pipe(rxo.clip_around(lambda frame: frame.time == 4.0, 2.0, 9.0)))]
    assert [type(item) for item in played] == [Window, RuntimeError]

    def fails(frame: Frame) -> bool:
        return bool(1 / (3 - frame.index)) and frame.index == 1

    assert [type(item) for _, item in play(video_of(FRAMES).pipe(rxo.clip_around(fails, 2.0, 9.0)))] == [
        ZeroDivisionError
    ]


def test_late_frames_are_told() -> None:
    """A frame that comes after a later one is in no window."""
    lost: list[tuple[object, str]] = []
    frames = [FRAMES[0], FRAMES[2], FRAMES[1], FRAMES[3]]
    step = rxo.clip_around(lambda frame: frame.time == 2.0, 5.0, 5.0, on_drop=lambda *told: lost.append(told))
    (window,) = collect(reactivex.from_iterable(frames).pipe(step))
    assert indices(window) == [0, 2, 3]
    assert lost == [(FRAMES[1], "late")]


moments = st.lists(st.integers(0, 59), max_size=12)
parts = st.integers(0, 80).map(lambda tenths: tenths / 10)


@given(st.data(), moments, parts, parts.map(lambda one: one + 0.1), st.sampled_from(["fixed", "joined"]))
def test_the_laws(data: st.DataObject, said: list[int], before: float, after: float, length: Any) -> None:
    """Every moment lies in a window or behind one; windows have just the frames of their span; all are counted once."""
    frames, lost = frames_at([float(at) for at in range(60)]), list[Any]()
    refractory, lag = data.draw(parts), data.draw(parts)
    step = rxo.clip_around(
        lambda frame: frame.index in said,
        before,
        after,
        length=length,
        refractory=refractory,
        lag=lag,
        on_drop=lambda frame, _: lost.append(frame),
    )
    windows = [cast("Window", item) for _, item in play(video_of(frames).pipe(step)) if item is not END]
    for window in windows:
        assert indices(window) == [at for at in range(60) if window.start - 1e-6 <= at < window.end - 1e-6]
        if length == "fixed":
            assert window.end - window.start == pytest.approx(before + after) or window.start == 0.0
    for moment in said:
        assert any(one.start - 1e-6 <= moment <= one.end + refractory for one in windows)
    inside = {index for window in windows for index in indices(window)}
    assert sum(window.fresh for window in windows) == len(inside)
    assert sorted(frame.index for frame in lost) == sorted(set(range(60)) - inside)


def test_all_frames_are_accounted_for() -> None:
    """What is in no window is skipped in the stream's ledger, and the sum holds."""
    ledger = Ledger("test")
    frames = counted(reactivex.from_iterable(FRAMES), ledger, live=False)
    step = rxo.clip_around(lambda frame: frame.time in {10.0, 16.0}, 3.0, 5.0)
    windows = collect(frames.pipe(step))
    tally = ledger.snapshot()
    assert (tally.captured, tally.skipped) == (40, 40 - sum(window.fresh for window in windows))


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        ((None, 1.0, 1.0), {}, "trigger must be"),
        (("sound", 1.0, 1.0), {}, "trigger must be 'motion'"),
        (("motion", -1.0, 1.0), {}, "before"),
        (("motion", 1.0, 0.0), {}, "after"),
        (("motion", 1.0, float("nan")), {}, "after"),
        (("motion", "3", 1.0), {}, "before"),
        (("motion", 1.0, 1.0), {"length": "long"}, "length must be 'fixed' or 'joined'"),
        (("motion", 1.0, 1.0), {"refractory": -1.0}, "refractory"),
        (("motion", 1.0, 1.0), {"lag": -1.0}, "lag"),
        (("motion", 1.0, 1.0), {"capacity_bytes": 0}, "capacity_bytes"),
    ],
)
def test_wrong_arguments_are_refused(arguments: Any, options: Any, said: str) -> None:
    """The error names what is wrong."""
    with pytest.raises((TypeError, ValueError), match=said):
        rxo.clip_around(*arguments, **options)


@pytest.mark.parametrize("options", [{"share": 0.0}, {"share": 1.5}, {"every": 0.0}, {"share": "x"}])
def test_a_motion_trigger_is_checked(options: dict[str, Any]) -> None:
    """Its numbers have ranges."""
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        rxo.moving(**options)
