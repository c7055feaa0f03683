"""How every source runs and ends: its thread, stop, dispose, a subscriber that raises."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from conftest import WATCHDOG
from reactivex import Observable

import rxvlm
from rxvlm.frame import Frame
from rxvlm.sources import Session, Video, video
from rxvlm.testing import frames_at

pytestmark = pytest.mark.usefixtures("no_threads_left")
Hear = Callable[[Observable[Any]], Any]


class Camera:
    """A live source by hand: gives a frame whenever it is told to, and notes when it is closed."""

    def __init__(self) -> None:
        self.go = threading.Semaphore(0)
        self.closed = threading.Event()
        self.subscribed = threading.Event()

    def frames(self, session: Session) -> Generator[Frame]:
        self.subscribed.set()
        try:
            for frame in frames_at(range(1000), live=True):
                while not self.go.acquire(timeout=0.01):
                    if session.ending:
                        return
                yield frame
        finally:
            self.closed.set()

    def video(self, stop: rxvlm.Stop | None = None) -> Video:
        return Video(self.frames, rxvlm.Ledger("camera"), uri="hand:", live=True, stop=stop)


def test_subscribing_returns_at_once_and_works_elsewhere() -> None:
    """Frames come on a thread of the source's own, a daemon named after it."""
    camera, heard = Camera(), threading.Event()
    seen: list[tuple[int, threading.Thread]] = []

    def on_next(frame: Frame) -> None:
        seen.append((frame.index, threading.current_thread()))
        heard.set()

    subscription = camera.video().subscribe(on_next)
    camera.go.release()
    assert heard.wait(WATCHDOG)
    subscription.dispose()
    index, thread = seen[0]
    assert index == 0
    assert thread.daemon
    assert thread.name == "rxvlm-camera"


def test_every_subscription_opens_anew(films: Callable[[str], Path], hear: Hear) -> None:
    """A source is cold: whoever subscribes gets it from the beginning."""
    source = video(films("mjpeg"))
    assert len(hear(source).items) == len(hear(source).items) == 90


def test_stop_completes_on_the_sources_own_thread() -> None:
    """A stop ends the stream gently: it completes, the source is closed."""
    camera, stop, ended = Camera(), rxvlm.Stop(), threading.Event()
    threads: list[str] = []

    def completed() -> None:
        threads.append(threading.current_thread().name)
        ended.set()

    source = camera.video(stop)
    source.subscribe(lambda _: None, None, completed)
    assert camera.subscribed.wait(WATCHDOG)
    stop.set()
    assert ended.wait(WATCHDOG)
    assert camera.closed.wait(WATCHDOG)
    assert threads == ["rxvlm-camera"]
    assert source.ledger.snapshot().state == "ended"


def test_dispose_delivers_and_counts_nothing_more() -> None:
    """After a disposal returned no frame is delivered or counted, and the source is closed."""
    camera, first = Camera(), threading.Event()
    frames: list[Frame] = []
    source = camera.video()

    def on_next(frame: Frame) -> None:
        frames.append(frame)
        first.set()

    subscription = source.subscribe(on_next)
    camera.go.release()
    assert first.wait(WATCHDOG)
    subscription.dispose()
    before = (len(frames), source.ledger.snapshot().captured)
    camera.go.release(10)
    assert camera.closed.wait(WATCHDOG)
    assert (len(frames), source.ledger.snapshot().captured) == before == (1, 1)


def test_dispose_from_inside_a_frame() -> None:
    """A subscriber may leave while it is being told of a frame."""
    camera = Camera()
    frames: list[Frame] = []
    subscribed: list[Any] = []

    def on_next(frame: Frame) -> None:
        frames.append(frame)
        subscribed[0].dispose()

    subscribed.append(camera.video().subscribe(on_next))
    camera.go.release(5)
    assert camera.closed.wait(WATCHDOG)
    assert len(frames) == 1


def test_a_subscriber_that_raises_ends_its_own_stream(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, its source is closed, and nobody else notices."""
    camera, other = Camera(), Camera()
    heard = threading.Event()

    def bad(_: Frame) -> None:
        raise RuntimeError("no appetite")

    good = other.video().subscribe(lambda _: heard.set())
    with caplog.at_level(logging.ERROR, "rxvlm"):
        camera.video().subscribe(bad)
        camera.go.release()
        assert camera.closed.wait(WATCHDOG)
    other.go.release()
    assert heard.wait(WATCHDOG)
    good.dispose()
    assert "no appetite" in caplog.text


def test_pace_follows_the_frames_times(films: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """At a pace each frame waits for its moment, and a disposal does not wait with it."""
    waits: list[float] = []

    def wait(_: Session, seconds: float) -> bool:
        waits.append(seconds)
        return False

    monkeypatch.setattr(Session, "wait", wait)
    done = threading.Event()
    video(films("mjpeg"), pace=1e-3).subscribe(lambda _: None, None, done.set)
    assert done.wait(WATCHDOG)
    assert len(waits) == 90
    assert waits[-1] == pytest.approx(89 / 25 / 1e-3, rel=0.1)


def test_dispose_ends_a_wait(films: Callable[[str], Path]) -> None:
    """A frame that is due in an hour holds up neither stop nor dispose."""
    first = threading.Event()
    subscription = video(films("mjpeg"), pace=1e-5).subscribe(lambda _: first.set())
    assert first.wait(WATCHDOG)
    subscription.dispose()


@pytest.mark.parametrize("pace", [0, -1.0, float("nan")])
def test_a_pace_is_above_0(pace: float) -> None:
    """A pace that is none is refused at once."""
    with pytest.raises(ValueError, match="pace"):
        video("x.mp4", pace=pace)


def test_a_video_knows_itself() -> None:
    """Name, address and whether it is live can be asked before anything is opened."""
    film, camera = video("a/yard.mp4"), video("demo:gate", name="front")
    assert (film.name, film.uri, film.live) == ("yard", "a/yard.mp4", False)
    assert (camera.name, camera.uri, camera.live) == ("front", "demo:gate", True)
    assert repr(camera) == "Video('front', 'demo:gate', live)"
