from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import operators as ops

from rxvlm import DecodeError, Frame, Window
from rxvlm.media.picture import Image
from rxvlm.operators import buffer_by_time, gate_by_motion
from rxvlm.operators.gate_by_motion import PacketMotion, PixelMotion, quiet_level, spending
from rxvlm.testing import END, frames_at, play, video_of


class Damaged:
    """Pixels that cannot be decoded."""

    def picture(self) -> Any:
        raise DecodeError("damaged")

    def image(self) -> Image:
        raise DecodeError("damaged")


def windows_of(count: int, source: str = "cam") -> list[Window]:
    """Make windows of one second and one frame."""
    frames = frames_at([float(at) for at in range(count)], source=source)
    return [Window((frame,), frame.time, frame.time + 1.0) for frame in frames]


def through(windows: list[Window], *args: Any, **how: Any) -> list[float]:
    """Give the starts of the windows that a gate lets through."""
    passed = reactivex.from_iterable(windows).pipe(gate_by_motion(*args, **how), ops.to_list()).run()
    return [window.start for window in passed]


def by_script(*levels: float) -> Any:
    """Make a detector that says what it was told to, by the window's start."""
    return lambda window: levels[int(window.start)]


def packets(*sizes: int, start: int = 0, epoch: int = 0) -> Window:
    """Make a window of one second: a key frame, and packets of so many bytes."""
    frames = frames_at([start + at / 20 for at in range(len(sizes) + 1)], source="cam")
    facts = [(True, 50_000), *((False, size) for size in sizes)]
    made = [
        replace(frame, keyframe=key, size=size, epoch=epoch) for frame, (key, size) in zip(frames, facts, strict=True)
    ]
    return Window(tuple(made), float(start), start + 1.0)


def picture(time: float, left: int) -> Frame:
    """Make a frame with a white square at a place of its own."""
    image = np.full((90, 160, 3), 60, np.uint8)
    image[30:50, left : left + 20] = 255
    return Frame.of(image, time, source="cam")


def test_the_gate_opens_and_shuts_at_levels_of_its_own() -> None:
    """It opens at ``open_at``, stays open down to ``shut_at``, and then waits for ``open_at`` again."""
    levels = by_script(4.9, 5.0, 3.0, 2.9, 4.9, 5.0)
    assert through(windows_of(6), levels, open_at=5.0, shut_at=3.0) == [1.0, 2.0, 5.0]


def test_shut_at_is_half_of_open_at() -> None:
    """Where it is not said otherwise, the gate shuts below half of what opens it."""
    assert through(windows_of(4), by_script(8.0, 4.0, 3.9, 7.9), open_at=8.0) == [0.0, 1.0]


def test_one_goes_through_every_so_often() -> None:
    """With ``keep_alive`` a still camera's first window goes through, and one every so many seconds."""
    assert through(windows_of(8), by_script(*[0.0] * 8), open_at=1.0, keep_alive=3.0) == [0.0, 3.0, 6.0]


def test_keep_alive_counts_from_the_last_window_that_went_through() -> None:
    """A window with motion puts the next sign of life off, and a sign of life does not open the gate."""
    levels = by_script(0.0, 0.0, 9.0, 0.0, 0.6, 0.6, 0.6)
    assert through(windows_of(7), levels, open_at=1.0, shut_at=0.5, keep_alive=3.0) == [0.0, 2.0, 5.0]


def test_shut_windows_are_told_of() -> None:
    """Each window that does not go through is told to ``on_drop`` as skipped, before the next comes."""
    told: list[tuple[float, str]] = []
    gate = gate_by_motion(by_script(0.0, 9.0, 0.0), open_at=1.0, on_drop=lambda w, why: told.append((w.start, why)))
    play(reactivex.from_iterable(windows_of(3)).pipe(gate))
    assert told == [(0.0, "skipped:gate"), (2.0, "skipped:gate")]


def test_each_camera_has_a_gate_of_its_own() -> None:
    """In a merged stream one camera's motion opens no other's gate."""
    yard, gate = windows_of(3, "yard"), windows_of(3, "gate")
    merged = [window for pair in zip(yard, gate, strict=True) for window in pair]

    def level(window: Window) -> float:
        return 9.0 if (window.source, window.start) == ("yard", 0.0) else 0.6

    passed = reactivex.from_iterable(merged).pipe(gate_by_motion(level, open_at=1.0), ops.to_list()).run()
    assert {window.source for window in passed} == {"yard"}
    assert len(passed) == 3


def test_subscriptions_are_apart() -> None:
    """A second subscription begins with a shut gate and a fresh detector."""
    stream = reactivex.from_iterable([packets(500), packets(500, start=1)]).pipe(gate_by_motion("packets"))
    for _ in range(2):
        assert [item if item is END else item.start for _, item in play(stream)] == [0.0, END]


def test_packets_open_it_without_decoding() -> None:
    """A camera that spends ten times its quiet bytes is let through; no picture is decoded."""
    sizes = [100, 100, 1000, 1000, 100, 100]
    windows = [packets(*[size] * 5, start=at) for at, size in enumerate(sizes)]
    blind = [window.keep([replace(frame, pixels=Damaged()) for frame in window.frames]) for window in windows]
    assert through(blind, "packets") == [0.0, 2.0, 3.0]


def test_the_busiest_second_counts() -> None:
    """A second of motion in a long quiet window is enough; key frames do not count."""
    long = Window((*packets(*[90] * 9, start=1).frames, *packets(*[900] * 9, start=2).frames), 1.0, 3.0)
    assert spending(long) == [90.0, 900.0]
    assert through([packets(*[90] * 9), long], "packets") == [0.0, 1.0]


def test_the_quiet_level_rises_slowly_and_falls_at_once() -> None:
    """What is quiet doubles in ten minutes, at most to what is spent, and falls with the first quieter second."""
    assert quiet_level(100.0, 1e9, 300.0) == pytest.approx(141.42, abs=0.01)
    assert quiet_level(100.0, 120.0, 600.0) == 120.0
    assert quiet_level(100.0, 40.0, 0.0) == 40.0
    assert quiet_level(100.0, 200.0, -5.0) == 100.0


def test_a_new_epoch_is_learnt_anew() -> None:
    """After a camera was connected anew its first window goes through, and sets what is quiet."""
    windows = [packets(100), packets(900, start=1, epoch=1), packets(900, start=2, epoch=1)]
    motion = PacketMotion()
    assert [motion(window) for window in windows] == [inf, inf, 1.0]


def test_windows_without_packets_go_through() -> None:
    """Arrays have no packets, and key frames alone say nothing: such windows all go through."""
    assert through(windows_of(3), "packets") == [0.0, 1.0, 2.0]
    assert through([packets(start=at) for at in range(3)], "packets") == [0.0, 1.0, 2.0]


def test_pixels_see_a_thing_that_moves() -> None:
    """A square that moves opens the gate, one that stands does not; the first window has something to compare."""
    still, moving = [5] * 4, [5, 45, 85, 125]
    windows = [
        Window(tuple(picture(at * 2 + k / 2, left) for k, left in enumerate(lefts)), at * 2.0, at * 2 + 2.0)
        for at, lefts in enumerate([still, moving, [125] * 4, [125] * 4])
    ]
    assert through(windows) == [2.0]


def test_pixels_compare_across_windows() -> None:
    """Windows of one frame are compared with the frame before; the very first goes through."""
    frames = [picture(float(at), left) for at, left in enumerate([5, 5, 80, 80])]
    windows = [Window((frame,), frame.time, frame.time + 1.0) for frame in frames]
    assert through(windows) == [0.0, 2.0]


def test_pixels_look_at_two_frames_a_second_and_the_last() -> None:
    """Of a window with many frames few are decoded, the last always."""
    looked: list[float] = []

    class Seen(Damaged):
        def __init__(self, time: float) -> None:
            self._time = time

        def picture(self) -> Any:
            looked.append(self._time)
            raise DecodeError("seen")

    frames = [replace(frame, pixels=Seen(frame.time)) for frame in frames_at([at / 10 for at in range(10)])]
    assert PixelMotion()(Window(tuple(frames), 0.0, 1.0)) == inf
    assert looked == [0.0, 0.5, 0.9]


def test_a_window_that_cannot_be_decoded_goes_through() -> None:
    """Where nothing can be seen nothing is shut out."""
    frames = [replace(frame, pixels=Damaged()) for frame in frames_at([0.0, 0.5])]
    assert through([Window(tuple(frames), 0.0, 1.0)]) == [0.0]


def test_a_detector_that_raises_ends_the_stream() -> None:
    """What a detector raises is the stream's error."""

    def bad(_window: Window) -> float:
        raise RuntimeError("no idea")

    ((_, error),) = play(reactivex.from_iterable(windows_of(2)).pipe(gate_by_motion(bad, open_at=1.0)))
    assert str(error) == "no idea"


def test_an_error_goes_on() -> None:
    """An error of the source is the stream's."""
    ((_, error),) = play(reactivex.throw(OSError("gone")).pipe(gate_by_motion()))
    assert str(error) == "gone"


def test_leaving_early_leaves_the_source() -> None:
    """A subscriber that leaves gets nothing more, and the source is left."""
    left: list[bool] = []
    source = video_of(frames_at([0.0, 1.0, 2.0, 3.0])).pipe(ops.finally_action(lambda: left.append(True)))
    gate = gate_by_motion(lambda _: 1.0, open_at=1.0)
    assert [time for time, _ in play(source.pipe(buffer_by_time(1.0), gate), seconds=1.5)] == [1.0]
    assert left == [True]


@pytest.mark.parametrize(
    ("args", "how", "said"),
    [
        (("sound",), {}, "not 'sound'"),
        ((max,), {}, "needs open_at"),
        (("pixels",), {"open_at": 1.0, "shut_at": 2.0}, "not 2.0 and 1.0"),
        (("pixels",), {"open_at": float("nan")}, "not nan and nan"),
        (("pixels",), {"keep_alive": 0.0}, "not 0.0"),
        (("pixels",), {"keep_alive": float("nan")}, "not nan"),
    ],
)
def test_arguments_are_checked_at_once(args: Any, how: dict[str, Any], said: str) -> None:
    """What makes no sense is a ValueError when the step is made."""
    with pytest.raises(ValueError, match=said):
        gate_by_motion(*args, **how)


@given(
    levels=st.lists(st.floats(0.0, 10.0), min_size=1, max_size=40),
    open_at=st.floats(0.0, 10.0),
    keep_alive=st.none() | st.integers(1, 10),
)
@settings(max_examples=200)
def test_its_laws_hold(levels: list[float], open_at: float, keep_alive: int | None) -> None:
    """What opens goes through, what is below both does not but as a sign of life; the rest is told of, none twice."""
    told: list[float] = []
    passed = through(
        windows_of(len(levels)),
        by_script(*levels),
        open_at=open_at,
        keep_alive=keep_alive,
        on_drop=lambda window, _: told.append(window.start),
    )
    assert sorted(passed + told) == [float(at) for at in range(len(levels))]
    assert all(at in passed for at, level in enumerate(levels) if level >= open_at)
    if keep_alive is None:
        assert all(levels[int(at)] >= open_at / 2 for at in passed)
    else:
        assert passed[0] == 0.0
        assert all(
            after - before <= keep_alive for before, after in zip(passed, [*passed[1:], len(levels)], strict=True)
        )


def test_what_changes_a_little_is_no_motion() -> None:
    """Pixels that change by less than twenty levels are noise, all over the picture though it be."""
    motion = PixelMotion()
    levels = [np.full((48, 64, 3), level, np.uint8) for level in (100, 110, 118, 160)]
    windows = [Window((Frame.of(image, float(at)),), float(at), at + 1.0) for at, image in enumerate(levels)]
    assert [motion(window) for window in windows] == [inf, 0.0, 0.0, 1.0]
