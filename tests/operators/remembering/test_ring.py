"""The newest frames of a camera, and recordings among them."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import reactivex
from hypothesis import given
from hypothesis import strategies as st

from rxvlm import Frame
from rxvlm import operators as rxo
from rxvlm.operators.remembering.recording import Recording
from rxvlm.operators.remembering.ring import Ring, bytes_of
from rxvlm.testing import frames_at, play

SECOND = 10**6


def packets(count: int, *, group: int = 5, size: int = 100) -> list[Frame]:
    """Return one frame a second, as if each had a packet, with a key frame at the beginning of each group."""
    frames = frames_at(float(at) for at in range(count))
    return [replace(frame, size=size, keyframe=at % group == 0) for at, frame in enumerate(frames)]


def indices(frames: list[Frame]) -> list[int]:
    return [frame.index for frame in frames]


def test_it_reaches_back_to_the_key_frame_before() -> None:
    """Whole groups are kept: the oldest is the one in which the reach begins."""
    gone: list[Frame] = []
    ring = Ring(7 * SECOND, 10**6, gone.append)
    for frame in packets(20):
        ring.add(frame)
    assert indices(ring.since(0)) == list(range(10, 20))  # 19 - 7 = 12 lies in the group that begins at 10
    assert indices(gone) == list(range(10))
    assert ring.whole_from == 10 * SECOND


def test_it_is_bounded_in_bytes() -> None:
    """Beyond the bound the oldest group goes, whatever the reach; the newest group stays in any case."""
    ring = Ring(100 * SECOND, 1000, lambda _: None)
    for frame in packets(20):
        ring.add(frame)
    assert indices(ring.since(0)) == list(range(10, 20))
    large = Ring(100 * SECOND, 10, lambda _: None)
    for frame in packets(7):
        large.add(frame)
    assert indices(large.since(0)) == [5, 6]


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 20), st.integers(1, 3000))
def test_whatever_it_keeps_is_the_newest(keys: list[bool], reach: int, capacity: int) -> None:
    """What is kept is an unbroken run up to the newest frame; each other frame is forgotten once, in order."""
    gone: list[Frame] = []
    ring = Ring(reach * SECOND, capacity, gone.append)
    frames = [replace(frame, keyframe=key) for frame, key in zip(packets(len(keys)), keys, strict=True)]
    for frame in frames:
        ring.add(frame)
        assert [*gone, *ring.since(0)] == frames[: frame.index + 1]
    kept = ring.since(0)
    assert sum(map(bytes_of, kept)) <= capacity or not any(frame.keyframe for frame in kept[1:])
    ring.clear()
    assert gone == frames


def test_a_picture_that_is_drawn_counts_as_a_jpeg_would() -> None:
    """A picture in memory counts with its bytes, a packet with its own, one that is drawn when it is looked at less."""
    drawn = frames_at([0.0], size=(70, 10))[0]
    assert bytes_of(drawn) == 100
    assert bytes_of(replace(drawn, size=7)) == 7
    held = Frame.of(np.zeros((10, 70, 3), np.uint8), 0.0)
    assert bytes_of(held) == bytes_of(replace(held, size=7)) == 2100
    behind = play(reactivex.of(replace(held, size=7)).pipe(rxo.mask([[(0, 0), (9, 0), (9, 9)]]), rxo.resize(60)))[0][1]
    assert bytes_of(cast("Frame", behind)) == 60 * 9 * 3


def test_pictures_in_memory_are_forgotten_one_by_one() -> None:
    """Of a camera whose pictures are decoded as they come, no picture holds another, key frame or not."""
    ring = Ring(100 * SECOND, 3 * 2100, lambda _: None)
    for at in range(20):
        ring.add(replace(Frame.of(np.zeros((10, 70, 3), np.uint8), float(at), index=at), size=7, keyframe=at == 0))
    assert indices(ring.since(0)) == [17, 18, 19]


def test_a_recording_has_its_beginning() -> None:
    """Beyond its bound a recording takes nothing more, and counts what it leaves out; it ends with what it has."""
    recording = Recording(2 * SECOND, None, capacity=300)
    recording.add(packets(10))
    assert indices(list(recording.frames)) == [2, 3, 4]
    recording.finish(9 * SECOND)
    window = recording.window()
    assert window is not None
    assert (window.start, window.end, recording.left_out) == (2.0, 4.0, 5)
    recording.finish(4 * SECOND)
    window = recording.window()
    assert window is not None
    assert (window.start, window.end, recording.left_out, len(window.frames)) == (2.0, 4.0, 0, 2)


def test_a_recording_says_what_is_missing() -> None:
    """What the ring has forgotten is missing at the beginning, and the window does not claim it."""
    recording = Recording(2 * SECOND, 8 * SECOND, capacity=10**6, whole_from=5 * SECOND)
    recording.add(packets(9)[5:])
    window = recording.window()
    assert recording.missing == 3.0
    assert recording.is_over
    assert window is not None
    assert (window.start, window.end, indices(list(window.frames))) == (5.0, 8.0, [5, 6, 7])
    assert Recording(0, SECOND, capacity=10).window() is None
