from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import WATCHDOG
from film import card
from reactivex import Observable

import rxvlm
from rxvlm.sources import pushed

pytestmark = pytest.mark.usefixtures("no_threads_left")
Hear = Callable[[Observable[Any]], Any]


def test_pushed_pictures_are_frames(hear: Hear) -> None:
    """What is pushed comes out, numbered and timed, the very pixels."""
    camera = pushed("yard")
    for index in range(3):
        assert camera.push(card(index, 64, 48), time=index / 2)
    camera.end()
    frames = hear(camera).items
    assert [(frame.index, frame.time, frame.source) for frame in frames] == [
        (0, 0.0, "yard"),
        (1, 0.5, "yard"),
        (2, 1.0, "yard"),
    ]
    assert np.array_equal(frames[2].image, card(2, 64, 48))
    assert all(frame.captured > 1.7e9 for frame in frames)


def test_a_full_queue_loses_the_newest_and_says_so(hear: Hear) -> None:
    """Beyond its capacity a push gives False, and the frame is counted as lost."""
    camera = pushed(capacity=2)
    assert [camera.push(card(0, 8, 8), time=float(at)) for at in range(4)] == [True, True, False, False]
    camera.end()  # which returns at once
    assert [frame.time for frame in hear(camera).items] == [0.0, 1.0]
    tally = camera.ledger.snapshot()
    assert tally.captured == 4
    assert tally.dropped == {"overflow": 2}


def test_frames_are_bounded_in_bytes(hear: Hear, caplog: pytest.LogCaptureFixture) -> None:
    """Frames in the queue, or kept by the subscriber, count; beyond ``max_bytes`` the log says why one is refused."""
    camera = pushed("yard", max_bytes=2 * 8 * 8 * 3)
    assert [camera.push(card(0, 8, 8), time=float(at)) for at in range(3)] == [True, True, False]
    camera.end()
    frames = hear(camera).items
    assert not camera.push(card(0, 8, 8), time=4.0)
    frames.clear()
    assert camera.push(card(0, 8, 8), time=5.0)
    assert camera.ledger.snapshot().dropped == {"overflow": 2}
    assert caplog.text.count("yard: a frame is refused") == 1


def test_a_bound_is_checked() -> None:
    """A bound below 1 is an error at once, with the name of the argument."""
    with pytest.raises(ValueError, match="capacity must be at least 1, not 0"):
        pushed(capacity=0)
    with pytest.raises(ValueError, match="max_bytes must be at least 1, not 0"):
        pushed(max_bytes=0)


def test_many_threads_push(hear: Hear) -> None:
    """Pushed from many threads, every frame is there once, and time never goes back."""
    camera = pushed(capacity=1000)
    threads = [threading.Thread(target=lambda: [camera.push(card(0, 8, 8)) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WATCHDOG)
    camera.end()
    frames = hear(camera).items
    assert [frame.index for frame in frames] == list(range(400))
    assert [frame.time for frame in frames] == sorted(frame.time for frame in frames)


@pytest.mark.parametrize("leave", ["dispose", "stop"])
def test_a_source_that_waits_for_a_frame_ends_when_it_is_left(leave: str) -> None:
    """A capture thread that waits for the next frame is woken by a disposal and by a stop, at once."""
    stop = rxvlm.Stop()
    camera = pushed("waiting", stop=stop)
    subscription = camera.subscribe()
    (thread,) = (one for one in threading.enumerate() if one.name == "rxvlm-waiting")
    {"dispose": subscription.dispose, "stop": stop.set}[leave]()
    thread.join(WATCHDOG)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("image", "error"),
    [(np.zeros((4, 4), np.uint8), ValueError), (np.zeros((4, 4, 3)), TypeError), (None, TypeError)],
)
def test_what_is_no_picture_is_refused(image: Any, error: type[Exception]) -> None:
    """An array of another kind is an error of the caller, at once."""
    with pytest.raises(error):
        pushed().push(image)


def test_time_does_not_go_back() -> None:
    """A time before the last one is an error of the caller."""
    camera = pushed()
    camera.push(card(0, 8, 8), time=2.0)
    with pytest.raises(ValueError, match="goes back"):
        camera.push(card(0, 8, 8), time=1.0)


def test_it_can_be_watched(hear: Hear) -> None:
    """A pushed camera is watched as any other, and its ledger adds up."""
    camera, ledger = pushed("yard"), rxvlm.Ledger("yard")
    for index in range(30):
        camera.push(card(index, 64, 48), time=index / 10)
    camera.end()
    heard = hear(rxvlm.watch(camera, rxvlm.vlm_from(lambda clip, _: str(clip.seen)), every=1.0, ledger=ledger))
    assert [analysis.text for analysis in heard.items] == ["10", "10", "10"]
    tally = ledger.snapshot()
    assert (tally.captured, tally.analysed, tally.waiting) == (30, 30, 0)
