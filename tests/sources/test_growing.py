"""Files that still grow: followed to where they no longer do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import av
import pytest
from av import VideoFrame
from film import card
from reactivex import Observable

import rxvlm
from rxvlm.concurrency.threads import daemon
from rxvlm.errors import NoVideoError, SourceNotFoundError
from rxvlm.sources import Session, growing, video

Hear = Callable[[Observable[Any]], Any]
PICTURES, SIZE = 100, (320, 240)
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
KINDS = {
    "fragments.mp4": ("libx264", FRAGMENTS),
    "index-first.mp4": ("libx264", {"movflags": "faststart"}),
    "film.mkv": ("libx264", {}),
    "film.ts": ("libx264", {}),
    "film.flv": ("libx264", {}),
    "film.avi": ("mpeg4", {}),
}


def recorded(path: Path, codec: str, options: dict[str, str]) -> bytes:
    """Record a film of four seconds, with a key frame each 0.4 s, and return its bytes."""
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.gop_size, stream.bit_rate = "yuv420p", 10, 4_000_000
        for index in range(PICTURES):
            picture = VideoFrame.from_ndarray(card(index, *SIZE), format="bgr24")
            picture.pts = index
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_added_is_played(kind: str, hear: Hear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A film that grows twice while it is played is played whole: first after its beginning, then in mid picture."""
    data = recorded(tmp_path / kind, *KINDS[kind])
    path = tmp_path / f"growing-{kind}"
    path.write_bytes(data[:100])
    pieces = iter([data[100 : len(data) * 2 // 3], data[len(data) * 2 // 3 :]])

    def add(more: bytes) -> None:
        with path.open("ab") as file:
            file.write(more)

    class Recorder(growing._Reader):  # pyright: ignore[reportPrivateUsage] - more is written when all has been read
        def read(self, size: int = 4096) -> bytes:
            if found := self._file.read(size):
                return found
            if more := next(pieces, b""):
                daemon("recorder")(partial(add, more)).start()
            else:
                monkeypatch.setattr(growing, "IDLE_SECONDS", 0.0)
            return super().read(size)

    monkeypatch.setattr(growing, "_Reader", Recorder)
    heard = hear(video(path, follow=True))
    assert (len(heard.items), heard.error) == (PICTURES, None)


def test_a_complete_film_with_its_index_at_the_end(hear: Hear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An MP4 that can only be read when it is complete is played as without following."""
    monkeypatch.setattr(growing, "IDLE_SECONDS", 0.0)
    recorded(tmp_path / "film.mp4", "libx264", {})
    heard = hear(video(tmp_path / "film.mp4", follow=True))
    assert (len(heard.items), heard.error) == (PICTURES, None)


def test_what_is_no_film(hear: Hear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that stays empty and one that is not there are the errors that they are without following."""
    monkeypatch.setattr(growing, "IDLE_SECONDS", 0.0)
    (tmp_path / "empty.ts").touch()
    assert isinstance(hear(video(tmp_path / "empty.ts", follow=True)).error, NoVideoError)
    assert isinstance(hear(video(tmp_path / "none.ts", follow=True)).error, SourceNotFoundError)


def test_stopping_ends_the_waiting(hear: Hear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gentle stop while more is waited for ends a film without an error, also one of which much is missing."""
    data = recorded(tmp_path / "film.mp4", "libx264", {"movflags": "faststart"})
    (tmp_path / "film.mp4").write_bytes(data[: len(data) // 2])
    monkeypatch.setattr(growing, "IDLE_SECONDS", 3600.0)
    stop = rxvlm.Stop()

    class Stopped(growing._Reader):  # pyright: ignore[reportPrivateUsage] - the stop comes when all has been read
        def read(self, size: int = 4096) -> bytes:
            found = self._file.read(size)
            if not found:
                stop.set()
            return found or super().read(size)

    monkeypatch.setattr(growing, "_Reader", Stopped)
    heard = hear(video(tmp_path / "film.mp4", follow=True, stop=stop))
    assert heard.items
    assert heard.error is None


def test_the_end_is_waited_for_once(hear: Hear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg asks for more several times at the end of a file; only the first time is it waited for."""
    recorded(tmp_path / "film.ts", "libx264", {})
    waits: list[float] = []

    def wait(_: Session, seconds: float) -> bool:
        waits.append(seconds)
        return True  # as if the wait were over

    monkeypatch.setattr(Session, "wait", wait)
    assert len(hear(video(tmp_path / "film.ts", follow=True)).items) == PICTURES
    assert len(waits) == 1
