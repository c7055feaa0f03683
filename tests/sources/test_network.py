"""Cameras on the network that come and go, against the tests' own RTSP and HTTP servers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Self
from urllib.parse import quote

import numpy as np
import psutil
import pytest
from camera_watch import watched
from conftest import WATCHDOG
from film import FILMS, full_decode, make_film
from http_server import HlsServer, MjpegServer
from rtsp_server import RtspServer

import rxvlm
from rxvlm.errors import (
    NoVideoError,
    SourceError,
    SourceNotFoundError,
    SourceRefusedError,
    SourceTimeoutError,
    SourceUnauthorizedError,
)
from rxvlm.sources import network, probe
from rxvlm.sources.running.reconnect import Patience

pytestmark = pytest.mark.usefixtures("no_threads_left", "hasty")
Films = Callable[[str], Path]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose patience in seconds, not in a quarter of a minute."""
    monkeypatch.setattr(network, "READ_SECONDS", 0.2)
    monkeypatch.setattr(network, "PATIENCE", Patience(stalled=0.6, lost=20.0))
    monkeypatch.setattr(network, "HTTP_SECONDS", 1.0)


def test_a_camera_gives_lazy_frames(films: Films) -> None:
    """Frames are those of the film, bit for bit, timed by the camera, dated by the wall, named after it."""
    path = films("h264-bframes")
    full = [image for _, image in full_decode(path)]
    with RtspServer(path, speed=4.0) as server, watched(server.uri) as camera:
        camera.until_more(60)
        assert all(np.array_equal(frame.image, full[at]) for at, frame in enumerate(camera.frames[:60]))
        assert {frame.shape for frame in camera.frames} == {(120, 160, 3)}
        assert {(frame.source, frame.epoch) for frame in camera.frames} == {("cam", 0)}
        assert camera.frames[50].time - camera.frames[10].time == pytest.approx(40 / 25, abs=1e-3)
        assert all((frame.captured or 0) > 1.7e9 for frame in camera.frames)
        assert camera.frames[0].keyframe
        assert camera.states == [("live", "")]


def test_a_camera_that_is_killed_and_comes_back(films: Films) -> None:
    """A lost camera is waited for; its next frames are of a new epoch, later in time, in their new size."""
    small = films("h264-bframes")
    with RtspServer(small) as server, watched(server.uri) as camera:
        camera.until_more(5)
        server.stop()
        server.drop()
        camera.until_state("waiting")
        camera.until(lambda one: "refuses" in one.states[-1][1])
        server.switch(films("h264-open-groups"))
        server.start()
        camera.until_state("live")
        camera.until_more(5)
        assert {frame.epoch for frame in camera.frames} == {0, 1}


def test_a_size_that_changes_over_a_reconnect(films: Films, tmp_path: Path) -> None:
    """A camera that comes back with another picture size is seen in that size."""
    large = make_film(tmp_path / "large.mp4", FILMS["h264-bframes"], [at / 25 for at in range(50)], (320, 240))
    with RtspServer(films("h264-bframes")) as server, watched(server.uri) as camera:
        camera.until_more(3)
        server.switch(large)
        server.drop()
        camera.until(lambda one: one.frames[-1].epoch == 1)
        assert camera.frames[0].image.shape == camera.frames[0].shape == (120, 160, 3)
        assert camera.frames[-1].image.shape == camera.frames[-1].shape == (240, 320, 3)


def test_a_stall_is_noticed_and_its_burst_is_taken(films: Films) -> None:
    """A camera that is silent is stalled; what it sends after in one go is all there, as it was filmed."""
    with RtspServer(films("h264-camera")) as server, watched(server.uri) as camera:
        camera.until_more(10)
        server.stall()
        camera.until_state("live", "stalled")
        before = len(camera.frames)
        server.resume(burst=True)
        camera.until_state("stalled", "live")
        camera.until_more(30)
        assert {frame.epoch for frame in camera.frames} == {0}
        times = [frame.time for frame in camera.frames[before - 5 : before + 30]]
        assert np.diff(times) == pytest.approx(np.full(34, 0.04), abs=1e-3)


def test_a_silence_that_lasts_is_a_reconnect(films: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that stays silent is given up, with the reason."""
    monkeypatch.setattr(network, "PATIENCE", Patience(stalled=0.5, lost=1.0))
    monkeypatch.setattr(network, "OPEN_SECONDS", 1.0)
    with RtspServer(films("h264-bframes")) as server, watched(server.uri) as camera:
        camera.until_more(3)
        server.stall()
        camera.until(lambda one: ("waiting", "no picture for 1 s") in one.states)
        camera.until(lambda one: "did not answer" in one.states[-1][1])
        server.resume()
        camera.until_state("live")


def test_timestamps_that_begin_again(films: Films) -> None:
    """A clock that is set back in mid stream does not show in the frames' time."""
    with RtspServer(films("h264-bframes"), speed=4.0) as server, watched(server.uri) as camera:
        camera.until_more(30)
        server.restart_timestamps()
        camera.until_more(60)
        assert max(np.diff([frame.time for frame in camera.frames])) < 10.0


def test_a_camera_without_key_frames_is_decoded_on_arrival(films: Films) -> None:
    """A stream that no decoder can start at is decoded as it comes, and goes on."""
    with RtspServer(films("h264-intra-refresh"), keyframes=False) as server, watched(server.uri) as camera:
        camera.until_more(30)
        assert camera.frames[-1].image.shape == (120, 160, 3)


def test_the_cameras_own_clock(films: Films) -> None:
    """Where a camera tells the wall time, frames are dated by it."""
    with RtspServer(films("h264-bframes"), rtcp=True) as server, watched(server.uri) as camera:
        camera.until_more(60)
        late = camera.frames[-20:]
        assert np.diff([frame.captured or 0.0 for frame in late]) == pytest.approx(np.full(19, 0.04), abs=1e-3)


def test_udp_where_tcp_is_refused(films: Films) -> None:
    """A camera that speaks UDP only is read over UDP."""
    with RtspServer(films("h264-bframes"), transports={"udp"}) as server, watched(server.uri) as camera:
        camera.until_more(5)


def test_a_password_is_needed_and_never_shown(films: Films) -> None:
    """With the right password frames come; with a wrong one the ledger says so, and shows neither."""
    with RtspServer(films("h264-bframes"), user="admin", password="s3 cr@t/1") as server:
        with watched(server.uri_as("admin", quote("s3 cr@t/1", safe=""))) as camera:
            camera.until_more(3)
        with watched(server.uri_as("admin", quote("wr0ng@/", safe=""))) as camera:
            camera.until_state("waiting")
            assert "wants another user name or password" in camera.states[0][1]
            shown = repr(camera.states) + repr(camera.ledger)
        assert "wr0ng" not in shown
        assert "%40" not in shown


def test_motion_jpeg() -> None:
    """Pictures over HTTP come undecoded, dated and timed by their arrival; the camera may come and go."""
    with MjpegServer() as server, watched(server.uri) as camera:
        camera.until_more(10)
        assert all(frame.keyframe and frame.size > 0 for frame in camera.frames)
        assert camera.frames[3].image.shape == camera.frames[3].shape
        spans = [(b.time - a.time) - ((b.captured or 0) - (a.captured or 0)) for a, b in pairwise(camera.frames)]
        assert max(map(abs, spans)) < 0.5
        server.drop()
        camera.until(lambda one: one.frames[-1].epoch == 1)
        server.stall()
        camera.until_state("waiting")
        assert "sends nothing any more" in camera.states[-1][1]
        server.resume()
        camera.until(lambda one: one.frames[-1].epoch == 2)


def test_hls(films: Films) -> None:
    """A playlist that grows is followed; its pictures are those of the film."""
    path = films("h264-bframes")
    with HlsServer(path, window=20, speed=4.0) as server, watched(server.uri) as camera:
        camera.until_more(60)
        assert camera.frames[10].image.shape == (120, 160, 3)
        assert np.diff([frame.time for frame in camera.frames[:40]]) == pytest.approx(np.full(39, 0.04), abs=2e-3)


def test_a_hundred_reconnects_leak_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a hundred lost connections there are as many threads and sockets as after ten."""
    monkeypatch.setattr("rxvlm.concurrency.backoff.FIRST", 0.001)
    monkeypatch.setattr("rxvlm.concurrency.backoff.EAGER_CAP", 0.001)
    me = psutil.Process()

    def held() -> tuple[int, int]:
        return threading.active_count(), me.num_fds()

    with MjpegServer() as server, watched(server.uri) as camera:
        counts: list[tuple[int, int]] = []
        for lost in range(100):
            camera.until(lambda one, lost=lost: bool(one.frames) and one.frames[-1].epoch == lost)
            if lost in (10, 99):
                counts.append(held())
            server.drop()
        assert counts[1][0] <= counts[0][0]
        assert counts[1][1] <= counts[0][1] + 2


def test_dispose_while_the_peer_is_silent() -> None:
    """A listener that never answers holds up neither dispose nor the thread's end for long."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with watched(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/cam") as camera:
            accepted, _ = silent.accept()
        assert camera.states == [("ended", "disposed")]
        accepted.close()


def test_a_slow_consumer_sees_the_newest(films: Films) -> None:
    """However slow the model, the source is always drained: what is lost is counted, answers do not age."""
    ledger, five = rxvlm.Ledger("cam"), threading.Event()
    answers: list[rxvlm.Analysis] = []
    over = threading.Event()

    def slow(*_: object) -> str:
        captured = ledger.snapshot().captured
        # A call that lasts as long as a hundred frames take to come.
        while ledger.snapshot().captured <= captured + 100 and not over.is_set():
            over.wait(0.05)
        return "seen"

    def on_next(analysis: rxvlm.Analysis) -> None:
        answers.append(analysis)
        if len(answers) == 5:
            five.set()

    with RtspServer(films("h264-bframes"), speed=8.0) as server:
        watching = rxvlm.watch(server.uri, rxvlm.vlm_from(slow), every=0.4, frames=2, ledger=ledger)
        subscription = watching.subscribe(on_next)
        assert five.wait(WATCHDOG)
        subscription.dispose()
        over.set()
    tally = ledger.snapshot()
    assert tally.dropped["overflow"] > 50
    assert tally.captured == tally.analysed + sum(tally.dropped.values())
    waited = [later.clip.start - earlier.clip.start for earlier, later in pairwise(answers)]
    assert max(waited[1:]) > 0.5  # a window was left out


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("rtsp://127.0.0.1:{port}/nowhere", SourceNotFoundError),
        ("rtsp://u:s3cret@127.0.0.1:{closed}/cam", SourceRefusedError),
        ("rtsp://127.0.0.1:{silent}/cam", SourceTimeoutError),
        ("http://127.0.0.1:{silent}/video", SourceTimeoutError),
        ("rtsp://u:s3cret@127.0.0.1:{locked}/cam", SourceUnauthorizedError),
        ("http://127.0.0.1:{words}/video", (NoVideoError, SourceError)),
    ],
)
def test_why_a_camera_cannot_be_opened(
    uri: str, error: type[Exception], films: Films, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reason is an error of its own, without the password; a probe raises it."""
    monkeypatch.setattr(network, "OPEN_SECONDS", 0.5)
    path = films("h264-bframes")
    with (
        RtspServer(path) as server,
        RtspServer(path, user="admin", password="other") as locked,
        socket.create_server(("127.0.0.1", 0)) as silent,
        socket.create_server(("127.0.0.1", 0)) as closed,
        Words() as words,
    ):
        ports = {"port": server.port, "locked": locked.port, "words": words.port}
        ports |= {"silent": silent.getsockname()[1], "closed": closed.getsockname()[1]}
        closed.close()
        with pytest.raises(error) as raised:
            probe(uri.format(**ports))
    assert "s3cret" not in str(raised.value) + repr(raised.value) + repr(raised.value.__cause__)


class Words:
    """A web server that answers everything with a few words."""

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(WATCHDOG)

    def _answer(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer:
                peer.recv(4096)
                peer.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Welcome to the camera</p>")


def test_a_probe_tells_what_a_camera_sends(films: Films) -> None:
    """Codec, size, real frame rate, key frame distance, bit rate and clock are those of the stream."""
    path = films("h264-bframes")
    with RtspServer(path, rtcp=True, speed=4.0) as server:
        found = probe(server.uri, seconds=3.0)
    assert (found.codec, found.width, found.height, found.clock) == ("h264", 160, 120, "camera")
    assert found.fps == pytest.approx(25.0, abs=0.1)
    assert found.keyframe_seconds == pytest.approx(0.96, abs=0.1)
    assert found.bit_rate > 10_000
    assert found.window_bytes == pytest.approx(found.bit_rate * 10 / 8, rel=0.1)
    assert any("10 frames a second" in advice for advice in found.advice)


def test_a_probe_of_a_file(films: Films) -> None:
    """A file is probed too; of intra refresh it says that there is nothing to start at."""
    found = probe(films("h264-intra-refresh"))
    assert found.keyframe_seconds is None
    assert found.clock == "none"
    assert probe(films("hevc")).codec == "hevc"
