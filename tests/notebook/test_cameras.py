"""What is told of a camera: its trouble, its losses in the words of the pipe, and how far a film is."""

from __future__ import annotations

from pathlib import Path

import pytest
from answering import answer
from conftest import wait_until
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Ledger, collect, video, vlm_from, watch
from rxvlm import operators as rxo
from rxvlm.ledger import Tally
from rxvlm.notebook.cameras import CameraFacts
from rxvlm.notebook.page import Page

CARS = Path(__file__).parents[2] / "notebooks" / "clips" / "cars.mp4"


def test_a_camera_that_is_not_reached_says_why(caplog: pytest.LogCaptureFixture) -> None:
    """In the card; the log has no warning of it then."""
    ledger = Ledger("door")
    page = Page(3, {"door": ledger})
    ledger.state("waiting", "rtsp://10.0.0.9/main refused the connection")
    (told,) = page.cameras()
    assert told["troubled"]
    assert told["why"] == "waiting: rtsp://10.0.0.9/main refused the connection; it is tried again"
    assert not caplog.records
    page.end("stopped")
    ledger.state("live")
    ledger.state("stalled", "nothing comes")
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_losses_are_told_in_the_words_of_the_pipe() -> None:
    """The step is called as the user wrote it, not as the step that it is made of."""
    frames = video("demo:yard?seconds=8&fps=4")
    page = Page(3, {"yard": frames.ledger})
    never = VirtualTimeScheduler()  # nothing is encoded on it, since nobody starts it
    clips = frames.pipe(
        rxo.buffer_by_time(1.0), rxo.encode_mp4(64, capacity=1, overflow="drop_oldest", scheduler=never)
    )
    subscription = clips.subscribe()
    wait_until(lambda: "6 windows lost: encode_mp4 had no room" in page.cameras()[0]["lost"])
    subscription.dispose()


def test_a_film_says_how_far_it_is() -> None:
    """Position, length, windows done and left, and the time that is left at the speed so far."""
    now = [0.0]
    camera = CameraFacts("cars", clock=lambda: now[0])
    before = camera.told(Tally("cars", "playing", "", captured=1, live=False, length=30.0))["progress"]
    assert before == {"share": 0.0, "words": "0:00 of 0:30, 0 windows done"}
    camera.answered(answer(end=10.0).clip)
    now[0] = 4.0
    told = camera.told(Tally("cars", "playing", "", captured=9, live=False, length=30.0, windows=2))["progress"]
    assert told["words"] == "0:10 of 0:30, 2 windows done, 4 left, about 8 s left"
    over = camera.told(Tally("cars", "ended", "", captured=9, live=False, length=30.0, windows=6))["progress"]
    assert over == {"share": 1.0, "words": "0:30 of 0:30, 6 windows done"}
    assert camera.told(Tally("gate", "live", "", captured=9, live=True))["progress"] is None


def test_a_whole_film_is_told_to_its_end() -> None:
    """Of a real film, through `watch`."""
    stream = watch(str(CARS), vlm_from(lambda *_: "a car"), every=10.0)
    page = Page(3, stream.origin.ledgers)
    for analysis in collect(stream):
        page.take(analysis)
    (told,) = page.cameras()
    assert told["progress"] == {"share": 1.0, "words": "0:30 of 0:30, 3 windows done"}
    assert told["lost"] == []
