"""What tests of clients ask about, and how they hear the answer."""

from __future__ import annotations

import base64
import threading
from typing import Any

from av import VideoFrame
from conftest import WATCHDOG
from reactivex import Observable

from rxvlm.clip import JPEG, MP4, Clip
from rxvlm.media import jpeg, mp4
from rxvlm.models.openai_compatible import ChatVlm, openai_compatible
from rxvlm.testing import FakeServer, frames_at
from rxvlm.vlm import Piece

START = 100.0  # seconds of the source's time at which the clips begin


def mp4_clip(count: int = 8, fps: float = 2.0, size: tuple[int, int] = (320, 240)) -> Clip:
    times = [START + index / fps for index in range(count)]
    pictures = [VideoFrame.from_ndarray(frame.image, format="bgr24") for frame in frames_at(times, size=size)]
    data = mp4.encode(zip(times, pictures, strict=True), size=size, most=count)
    return Clip(data, MP4, tuple(times), *size, START, START + count / fps)


def jpeg_clip(count: int = 8, fps: float = 2.0, size: tuple[int, int] = (320, 240)) -> Clip:
    times = [START + index / fps for index in range(count)]
    data = tuple(jpeg.encode(frame.image, 80) for frame in frames_at(times, size=size))
    return Clip(data, JPEG, tuple(times), *size, START, START + count / fps)


def huge_clip() -> Clip:
    """Give more bytes than sockets hold: whoever sends it to a server that does not read must wait."""
    return Clip((b"x" * 30_000_000,), JPEG, (0.0,), 320, 240, 0.0, 1.0)


class Heard:
    """What a subscription gives, as it comes."""

    def __init__(self, answer: Observable[Piece]) -> None:
        self.pieces: list[Piece] = []
        self.error: Exception | None = None
        self.began, self.over = threading.Event(), threading.Event()
        self.ends = 0
        self.call = answer.subscribe(self._piece, self._failed, self._end)

    def wait(self) -> Heard:
        assert self.over.wait(WATCHDOG), "the answer did not end"
        return self

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def _piece(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.began.set()

    def _failed(self, error: Exception) -> None:
        self.error = error
        self._end()

    def _end(self) -> None:
        self.ends += 1
        self.over.set()
        self.began.set()


def model(fake: FakeServer, **settings: Any) -> ChatVlm:
    """Make a model of a fake server."""
    given: dict[str, Any] = {"base_url": fake.openai_url, "model": "some-model", "timeout": WATCHDOG, **settings}
    made = openai_compatible(**given)
    assert isinstance(made, ChatVlm)
    return made


def ask(fake: FakeServer, clip: Clip, prompt: str = "What happens?", **settings: Any) -> Heard:
    """Ask a fake server, and wait for the end of the answer."""
    return Heard(model(fake, **settings).ask(clip, prompt)).wait()


def parts(request: Any) -> list[dict[str, Any]]:
    """Give the parts of a question."""
    return request.json["messages"][0]["content"]


def decoded(url: str) -> tuple[str, bytes]:
    """Give the head of a data address, and its bytes."""
    head, _, data = url.partition(",")
    return head, base64.b64decode(data, validate=True)
