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
from reactivex.abc import ObserverBase

import rxvlm
from rxvlm.frame import Frame
from rxvlm.sources import Session, Video, video
from rxvlm.sources.running import capture
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
    """A source is cold: each subscriber gets it from the beginning."""
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
    """The error is logged, its source is closed, and no other stream is disturbed."""
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


class SlowListener(ObserverBase[Frame]):
    """Takes so many seconds for each frame, on a clock by hand, and leaves or stops its session with the last."""

    def __init__(self, *seconds: float, at_the_end: str = "") -> None:
        self.now = 0.0
        self._seconds = list(seconds)
        self._at_the_end = at_the_end

    def on_next(self, value: Frame) -> None:  # noqa: ARG002 - RxPY's name for it
        self.now += self._seconds.pop(0)
        if self._at_the_end and not self._seconds:
            getattr(self.session, self._at_the_end)()

    def on_error(self, error: Exception) -> None:
        raise error

    def on_completed(self) -> None: ...

    def listen(self, *, live: bool, pauses: float = 0.0) -> None:
        """Hear a frame for each of the seconds; the source itself pauses before every one."""

        def frames(_: Session) -> Generator[Frame]:
            for frame in frames_at(range(len(self._seconds)), live=True):
                self.now += pauses
                yield frame

        self.session = Session(self, frames, rxvlm.Ledger("yard"), live=live, clock=lambda: self.now)
        self.session.run()


def test_a_subscriber_that_holds_a_live_source_up_is_warned(caplog: pytest.LogCaptureFixture) -> None:
    """A delivery that takes more than a second is a warning: which camera, how long, what to do."""
    SlowListener(0.5, 3.0, 1.0).listen(live=True)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith("yard was held up for 3.0 s by what listens to it: ")
    assert "on_backpressure_buffer(...)" in record.getMessage()


def test_a_subscriber_that_holds_a_live_source_up_is_warned_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """However many deliveries are slow, there is a warning a minute."""
    SlowListener(*[10.0] * 13).listen(live=True)
    assert len(caplog.records) == 3  # after 10, 70 and 130 s


def test_what_waits_by_itself_is_not_held_up(caplog: pytest.LogCaptureFixture) -> None:
    """No warning of a file, of a source that waits for its network, nor of a delivery that was the last."""
    SlowListener(3.0, 3.0).listen(live=False)
    SlowListener(0.0, 0.0).listen(live=True, pauses=30.0)
    SlowListener(3.0, at_the_end="stop").listen(live=True)
    SlowListener(3.0, at_the_end="dispose").listen(live=True)
    assert caplog.records == []


def test_a_live_video_looks_after_its_listener(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `video` gives of a live source warns; what it gives of a file does not."""
    monkeypatch.setattr(capture, "HELD_UP_SECONDS", -1.0)
    rxvlm.collect(video("demo:yard?seconds=1"))
    assert caplog.records == []
    rxvlm.collect(video("demo:yard", name="front"), 2)
    assert [record.getMessage()[:18] for record in caplog.records] == ["front was held up "]


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
    assert repr(camera).startswith("Stream of camera 'front' (demo:gate); nothing runs until it is subscribed to")


def test_no_state_comes_after_the_end() -> None:
    """A state that a source is just setting while it is disposed of comes before the end, or not at all."""
    setting, go = threading.Event(), threading.Event()
    told: list[str] = []

    def tell(_name: str, state: str, _reason: str) -> None:
        if state == "live":
            setting.set()
            assert go.wait(WATCHDOG)
        told.append(state)

    def frames(session: Session) -> Generator[Frame]:
        session.state("live")
        session.state("stalled", "after the disposal")
        yield from ()

    source = Video(frames, rxvlm.Ledger("camera", tell), uri="hand:", live=True)
    subscription = source.subscribe()
    assert setting.wait(WATCHDOG)
    subscription.dispose()
    go.set()
    for thread in threading.enumerate():
        if thread.name == "rxvlm-camera":
            thread.join(WATCHDOG)
    assert told == ["live", "ended"]
    assert source.ledger.snapshot().state == "ended"
