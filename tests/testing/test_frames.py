from __future__ import annotations

import numpy as np
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm.testing import END, frames_at, play, video_of


def test_frames_have_their_times_and_numbers() -> None:
    """frames_at makes a frame for each moment, numbered, of the source and size asked for."""
    frames = frames_at([0.0, 0.5], source="yard", size=(32, 16))
    assert [(frame.time, frame.index, frame.source, frame.shape) for frame in frames] == [
        (0.0, 0, "yard", (16, 32, 3)),
        (0.5, 1, "yard", (16, 32, 3)),
    ]
    assert [frame.captured for frame in frames] == [None, None]


def test_live_frames_were_captured_on_the_virtual_clock() -> None:
    """A live frame's time of capture is its time, as video_of gives it on a clock that begins at 0."""
    assert [frame.captured for frame in frames_at([0.0, 2.5], live=True)] == [0.0, 2.5]


def test_frames_can_be_told_apart_by_their_pictures() -> None:
    """Each frame is plain grey, and no two of the first 256 are alike."""
    greys = [np.unique(frame.image).tolist() for frame in frames_at([0.0] * 256, size=(2, 2))]
    assert len({grey[0] for grey in greys}) == 256
    assert all(len(grey) == 1 for grey in greys)


def test_a_video_gives_each_frame_at_its_time() -> None:
    """video_of gives frames on the clock of the subscription, from its beginning, then ends."""
    frames = frames_at([0.5, 2.0, 2.0])
    assert play(video_of(frames)) == [(0.5, frames[0]), (2.0, frames[1]), (2.0, frames[2]), (2.0, END)]
    assert play(video_of(frames), scheduler=VirtualTimeScheduler(10.0))[0] == (10.5, frames[0])
    assert play(video_of([])) == [(0.0, END)]


def test_a_video_can_be_left() -> None:
    """A video that is left from inside a delivery gives no more, and keeps no timer."""
    clock = VirtualTimeScheduler(0.0)
    frames = frames_at([0.0, 1.0, 2.0])
    heard = play(video_of(frames).pipe(ops.take(2)), seconds=1.5, scheduler=clock)
    assert heard == [(0.0, frames[0]), (1.0, frames[1]), (1.0, END)]
    clock.advance_to(10.0)
    assert len(heard) == 3
