"""How pushed arrays become frames: which are taken, when, and with which time."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from conftest import WATCHDOG
from film import card
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.media.held_bytes import MAX_BYTES
from rxvlm.media.picture import bgr
from rxvlm.processor.frame_copies import FrameCopies
from rxvlm.processor.frame_queue import FrameQueue, Timeline, check_image
from rxvlm.processor.queue_bounds import AdaptiveBounds


class Taker:
    """A queue on virtual time, and the frames that it delivered."""

    def __init__(self, width: int | None = None, max_bytes: int = MAX_BYTES) -> None:
        self.clock = VirtualTimeScheduler(100.0)
        self.ledger, self.bounds = Ledger("yard"), AdaptiveBounds()
        copies = FrameCopies("yard", width, max_bytes)
        self.queue = FrameQueue(self.ledger, self.bounds, copies, self.clock, self.clock)
        self.frames: list[Frame] = []
        self.ended = False

    def listen(self) -> None:
        self.queue.frames.subscribe(self.frames.append, on_completed=self._end)

    def run(self) -> None:
        self.clock.advance_by(1.0)

    def _end(self) -> None:
        self.ended = True


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (None, "not NoneType: did the read fail"),
        ([[[0, 0, 0]]], "not list"),
        (np.zeros((4, 4, 3)), "not float64"),
        (np.zeros((4, 4), np.uint8), r"not \(4, 4\)"),
        (np.zeros((4, 4, 4), np.uint8), r"not \(4, 4, 4\)"),
        (np.zeros((0, 4, 3), np.uint8), "not empty"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(image: Any, said: str) -> None:
    """The error says what was expected, and what came."""
    with pytest.raises(ValueError, match=r"BGR uint8 array of shape \(height, width, 3\).*" + said):
        check_image(image, None)


@pytest.mark.parametrize("timestamp", [float("nan"), float("inf")])
def test_a_timestamp_is_a_number(timestamp: float) -> None:
    """NaN and infinity are errors of the caller."""
    with pytest.raises(ValueError, match="number of seconds"):
        check_image(card(0, 8, 8), timestamp)


def test_timestamps_begin_anywhere() -> None:
    """Timestamps may count from anywhere; time is counted from the first."""
    for first in (1.7e9, 0.0, -5.0):
        line = Timeline()
        assert [line.place(first + after) for after in (0.0, 0.5, 2.25)] == [0.0, 0.5, 2.25]


def test_a_timestamp_that_goes_back_a_little_is_late() -> None:
    """A timestamp that goes back by at most a second is refused, and changes nothing."""
    line = Timeline()
    assert [line.place(stamp) for stamp in (10.0, 12.0, 11.9, 11.0, 12.0, 12.5)] == [0.0, 2.0, None, None, 2.0, 2.5]
    assert line.epoch == 0


def test_a_timestamp_that_goes_back_further_is_a_new_beginning() -> None:
    """When a film is played again, time continues by one frame's distance, in a new epoch."""
    line = Timeline()
    assert [line.place(stamp) for stamp in (50.0, 50.5, 52.0, 0.0, 0.5)] == [0.0, 0.5, 2.0, 3.0, 3.5]
    assert line.epoch == 1


def test_frames_have_what_they_were_pushed_with() -> None:
    """A frame has its number, time, timestamp, camera, and the clock's time when it was pushed."""
    taker = Taker()
    taker.listen()
    assert taker.queue.push(card(0, 8, 6), 50.0)
    assert taker.queue.push(card(1, 8, 6), 50.5)
    taker.run()
    assert [(frame.index, frame.time, frame.source, frame.captured, frame.shape) for frame in taker.frames] == [
        (0, 0.0, "yard", 100.0, (6, 8, 3)),
        (1, 0.5, "yard", 100.0, (6, 8, 3)),
    ]


def test_without_a_timestamp_it_is_the_clocks() -> None:
    """A frame without a timestamp gets the clock's time."""
    taker = Taker()
    taker.listen()
    taker.queue.push(card(0, 8, 6), None)
    taker.run()
    taker.queue.push(card(1, 8, 6), None)
    taker.run()
    assert [frame.time for frame in taker.frames] == [0.0, 1.0]


def test_frames_are_copies() -> None:
    """Writing into an array after pushing it does not change the frame."""
    taker = Taker()
    taker.listen()
    image = card(3, 8, 6)
    taker.queue.push(image, 0.0)
    before = image.copy()
    image[:] = 0
    taker.run()
    assert np.array_equal(taker.frames[0].image, before)


@pytest.mark.parametrize("view", [lambda image: image[::-1], lambda image: image[:, ::2], lambda image: image[2:, 3:]])
def test_views_are_pictures_too(view: Any) -> None:
    """Flipped, strided and cropped views are copied correctly."""
    for width in (None, 20):
        taker = Taker(width)
        taker.listen()
        image = view(card(3, 64, 48))
        taker.queue.push(image, 0.0)
        taker.run()
        assert np.abs(taker.frames[0].image.mean() - image.mean()) < 6


def test_wide_frames_are_scaled_as_they_come() -> None:
    """Wide frames become YUV 4:2:0 with even sides; narrow ones stay the same to the pixel."""
    taker = Taker(width=33)
    taker.listen()
    wide, small = card(0, 64, 48), card(1, 33, 25)
    taker.queue.push(wide, 0.0)
    taker.queue.push(small, 1.0)
    taker.run()
    scaled, same = taker.frames
    assert (scaled.shape, scaled.picture().format.name) == ((24, 32, 3), "yuv420p")
    expected = bgr(Frame.of(wide, 0.0).picture(), 32).astype(float)
    assert np.abs(scaled.image.astype(float) - expected).mean() < 12
    assert np.array_equal(same.image, small)


def test_beyond_the_bound_the_newest_is_lost_and_counted() -> None:
    """While no frame is taken, as many as the bound wait, and each further one is refused."""
    taker = Taker()
    taker.listen()
    taken = [taker.queue.push(card(0, 8, 8), float(at)) for at in range(105)]
    assert taken == [True] * 100 + [False] * 5
    assert len(taker.queue) == 100
    taker.run()
    assert [frame.index for frame in taker.frames] == list(range(100))
    tally = taker.ledger.snapshot()
    assert (tally.captured, tally.dropped, tally.waiting) == (105, {"overflow": 5}, 100)


@pytest.mark.parametrize(("width", "each"), [(None, 64 * 48 * 3), (32, 32 * 24 * 3 // 2)])
def test_frames_are_bounded_in_bytes_wherever_they_are_held(
    width: int | None, each: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Bytes count as long as frames are referred to, behind the queue too; a refusal is counted, and told once."""
    taker = Taker(width, max_bytes=3 * each)
    taker.listen()
    assert [taker.queue.push(card(0, 64, 48), float(at)) for at in range(5)] == [True] * 3 + [False] * 2
    taker.run()
    assert (len(taker.frames), len(taker.queue)) == (3, 0)
    assert not taker.queue.push(card(0, 64, 48), 5.0)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["yard"]
    assert "a frame is refused" in caplog.text
    assert "max_bytes" in caplog.text
    taker.frames.clear()
    assert taker.queue.push(card(0, 64, 48), 6.0)
    assert taker.ledger.snapshot().dropped == {"overflow": 3}


def test_a_frame_for_which_there_is_no_memory_is_lost_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    """An array that the system has no room to copy is refused, and does not raise."""
    taker = Taker(max_bytes=1 << 62)
    taker.listen()
    huge = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (1 << 25, 1 << 25, 3))
    assert not taker.queue.push(huge, 0.0)
    assert taker.queue.push(card(0, 8, 8), 1.0)
    assert taker.ledger.snapshot().dropped == {"overflow": 1}
    assert "there is no memory" in caplog.text


def test_a_frame_that_is_too_many_is_not_scaled_first() -> None:
    """A refused frame is not scaled, so that an overloaded caller does no extra work."""
    taker = Taker(width=16)
    taker.listen()
    taker.bounds.adjust(frames=1)
    taker.queue.push(card(0, 64, 48), 0.0)
    assert not taker.queue.push(card(1, 64, 48), 1.0)
    taker.run()
    assert [frame.shape for frame in taker.frames] == [(12, 16, 3)]


def test_a_bound_that_shrinks_loses_the_newest_with_the_next() -> None:
    """Frames over a smaller bound are lost and counted when the next frame comes, which is lost, too."""
    taker = Taker()
    taker.listen()
    for at in range(80):
        taker.queue.push(card(0, 8, 8), float(at))
    taker.bounds.adjust(frames=50)
    assert not taker.queue.push(card(0, 8, 8), 80.0)
    taker.run()
    assert [frame.index for frame in taker.frames] == list(range(51))  # one was on its way
    assert taker.ledger.snapshot().dropped == {"overflow": 30}


def test_a_late_frame_is_lost_and_counted() -> None:
    """A late frame is refused and counted as ``late``; its number is not used again."""
    taker = Taker()
    taker.listen()
    assert [taker.queue.push(card(0, 8, 8), stamp) for stamp in (1.0, 2.0, 1.5, 2.5)] == [True, True, False, True]
    taker.run()
    assert [frame.index for frame in taker.frames] == [0, 1, 3]
    assert taker.ledger.snapshot().dropped == {"late": 1}


def test_a_new_beginning_is_a_new_epoch_and_said(caplog: pytest.LogCaptureFixture) -> None:
    """Timestamps that start again are logged once, and their frames have a new epoch."""
    taker = Taker()
    taker.listen()
    for stamp in (8.0, 9.0, 0.0, 1.0):
        taker.queue.push(card(0, 8, 8), stamp)
    taker.run()
    assert [(frame.time, frame.epoch) for frame in taker.frames] == [(0.0, 0), (1.0, 0), (2.0, 1), (3.0, 1)]
    assert [record.getMessage() for record in caplog.records] == [
        "timestamps of yard go back to 0.0: time starts again, in a new epoch",
    ]


def test_what_has_ended_takes_no_more() -> None:
    """After the end a push is refused and not counted; what waits is delivered, then the completion."""
    taker = Taker()
    taker.listen()
    taker.queue.push(card(0, 8, 8), 0.0)
    taker.queue.end()
    taker.queue.end()
    assert taker.queue.ended
    assert not taker.queue.push(card(0, 8, 8), 1.0)
    taker.run()
    assert (len(taker.frames), taker.ended, taker.ledger.snapshot().captured) == (1, True, 1)


def test_many_threads_push_at_once() -> None:
    """Frames pushed by many threads come once each, in the order of their numbers and times."""
    taker = Taker()
    taker.bounds.adjust(frames=1000)
    taker.listen()
    ready = threading.Barrier(8)

    def push() -> None:
        ready.wait(WATCHDOG)
        for _ in range(50):
            assert taker.queue.push(card(0, 8, 8), None)

    threads = [threading.Thread(target=push) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WATCHDOG)
    taker.run()
    assert [frame.index for frame in taker.frames] == list(range(400))
