"""Webcams, by a capture of our own that behaves as OpenCV's does: no machine of the tests has a camera."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import pytest
from film import card

import rxvlm
from rxvlm.frame import Frame
from rxvlm.media import jpeg
from rxvlm.media.picture import Image
from rxvlm.sources import Video
from rxvlm.sources.device import frames_of_device

pytestmark = pytest.mark.usefixtures("no_threads_left")


class Webcam:
    """A webcam that sends test cards as JPEG, YUYV or BGR, and is lost after some of them."""

    def __init__(self, form: str = "jpeg", pictures: int = 5) -> None:
        self.form, self.left = form, pictures
        self.convert = 1.0
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def set(self, property_: int, value: float) -> bool:
        if property_ == cv2.CAP_PROP_CONVERT_RGB:
            self.convert = value
        return True

    def read(self) -> tuple[bool, Image | None]:
        if not self.left:
            return False, None
        self.left -= 1
        image = card(self.left, 64, 48)
        if self.convert or self.form == "bgr":
            return True, image
        if self.form == "jpeg":
            return True, np.frombuffer(jpeg.encode(image, 95), np.uint8).reshape(1, -1)
        return True, image[:, :, :2].copy()

    def release(self) -> None:
        self.released = True


def watched(opened: Callable[[int], Webcam], frames: int) -> tuple[list[Frame], Video]:
    source = Video(partial(_frames, opened), rxvlm.Ledger("camera0"), uri="0", live=True)
    return rxvlm.collect(source, frames), source


def _frames(opened: Callable[[int], Webcam], session: rxvlm.sources.Session):  # noqa: ANN202 - a generator of frames
    return frames_of_device(0, "camera0", session, opened)


def test_a_cameras_own_jpegs_pass_undecoded() -> None:
    """JPEG from the camera stays compressed until its pixels are needed."""
    webcam = Webcam("jpeg")
    frames, _ = watched(lambda _: webcam, 3)
    assert all(frame.size > 500 for frame in frames)
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 3
    assert np.abs(frames[0].image.astype(int) - card(4, 64, 48)).mean() < 12
    assert frames[1].picture().width == 64
    assert all((frame.captured or 0) > 1.7e9 for frame in frames)


@pytest.mark.parametrize("form", ["yuyv", "bgr"])
def test_other_forms_are_converted_by_opencv(form: str) -> None:
    """A camera that makes no JPEGs gives pixels."""
    frames, _ = watched(lambda _: Webcam(form), 3)
    assert {frame.size for frame in frames} == {0}
    assert frames[0].image.shape == (48, 64, 3)


def test_a_device_that_is_not_there_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real OpenCV opens nothing: the ledger says why, and the next try finds a camera."""
    monkeypatch.setattr("rxvlm.concurrency.backoff.FIRST", 0.001)
    tries: list[int] = []
    states: list[tuple[str, str]] = []

    class Absent(Webcam):
        def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
            return False

    def opened(number: int) -> Webcam:
        tries.append(number)
        return Absent() if len(tries) < 3 else Webcam()

    ledger = rxvlm.Ledger("camera0", lambda _, state, reason: states.append((state, reason)))
    source = Video(partial(_frames, opened), ledger, uri="0", live=True)
    assert len(rxvlm.collect(source, 2)) == 2
    assert tries == [0, 0, 0]
    assert states[0][0] == "waiting"
    assert "/dev/video0 cannot be opened" in states[0][1]


def test_a_device_that_does_not_exist_is_waited_for_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    """The real OpenCV writes nothing of its own over a table; the ledger says what is missing."""
    waiting = threading.Event()
    ledger = rxvlm.Ledger("camera", lambda *_: waiting.set())
    subscription = rxvlm.video(987, ledger=ledger).subscribe(lambda _: None)
    assert waiting.wait(60)
    assert ledger.snapshot().reason == "there is no /dev/video987"
    subscription.dispose()
    assert capfd.readouterr() == ("", "")


def test_the_device_is_released() -> None:
    """After a disposal the device is released, and can be opened again."""
    webcam = Webcam()
    watched(lambda _: webcam, 2)
    for thread in threading.enumerate():
        if thread.name.startswith("rxvlm"):
            thread.join(60)
    assert webcam.released
