"""The live servers of this test suite are what they say: a real reader reads them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import cast

import av
import live_server
import numpy as np
import psutil
import pytest
from av.container import InputContainer
from av.error import ExitError, FFmpegError, HTTPNotFoundError, HTTPUnauthorizedError
from film import FILMS, card, full_decode, make_film
from http_server import HlsServer, MjpegServer
from live_server import LiveServer, MediaClock
from rtp import Film264, kind
from rtsp_server import RtspServer

from rxvlm.media.picture import Image

Films = Callable[[str], Path]
Maker = Callable[[Films], LiveServer]

SERVERS = {
    "rtsp": lambda films: RtspServer(films("h264-bframes"), speed=4),
    "mjpeg": lambda _: MjpegServer(rate=50),
    "hls": lambda films: HlsServer(films("h264-bframes"), window=20, speed=2),
}
every_server = pytest.mark.parametrize("make", SERVERS.values(), ids=SERVERS)
both_transports = pytest.mark.parametrize("transport", ["tcp", "udp"])


def reader(uri: str, transport: str = "tcp", silence: float = 3.0) -> InputContainer:
    options = {"analyzeduration": "500000"} | ({"rtsp_transport": transport} if uri.startswith("rtsp") else {})
    return av.open(uri, "r", options=options, timeout=(3.0, silence))


def pictures(container: InputContainer) -> Iterator[Image]:
    return (cast("Image", one.to_ndarray(format="bgr24")) for one in container.decode(video=0))


def places(images: Iterable[Image], clip: Path) -> list[int]:
    """Say which picture of the clip each one is, to the bit."""
    known = {image.tobytes(): at for at, (_, image) in enumerate(full_decode(clip))}
    return [known[image.tobytes()] for image in images]


def in_turn(first: int, count: int) -> list[int]:
    return [at % 90 for at in range(first, first + count)]


@both_transports
@pytest.mark.parametrize("name", ["h264-bframes", "h264-open-groups-ts"])
def test_rtsp_gives_the_pictures_of_the_clip_over_and_over(films: Films, name: str, transport: str) -> None:
    """Every picture of the first lap and some of the second come, to the bit, with times that go on."""
    with RtspServer(films(name), speed=4) as server, reader(server.uri, transport) as container:
        shown = list(islice(container.decode(video=0), 120))
    assert places((cast("Image", one.to_ndarray(format="bgr24")) for one in shown), films(name)) == in_turn(0, 120)
    assert [one.pts for one in shown[1:]] == [3600 * at for at in range(1, 120)]


def test_large_pictures_travel_in_fragments(tmp_path: Path) -> None:
    """A picture of many packets arrives whole."""
    clip = make_film(tmp_path / "large.mp4", FILMS["h264-bframes"], [at / 25 for at in range(20)], (640, 480))
    assert len(Film264.read(clip).pictures[0].units[-1]) > 2 * 1400
    with RtspServer(clip) as server, reader(server.uri) as container:
        assert places(islice(pictures(container), 20), clip) == list(range(20))


def test_mjpeg_gives_cards(films: Films) -> None:
    """The cards come in turn, as well as JPEG keeps them."""
    with SERVERS["mjpeg"](films) as server, reader(server.uri) as container:
        for index, image in enumerate(islice(pictures(container), 40)):
            assert np.abs(image.astype(int) - card(index, 160, 120)).mean() < 6


def test_hls_goes_on_over_the_end_of_the_clip(films: Films) -> None:
    """Pictures of one segment after the other come, to the bit, and none is missing."""
    with SERVERS["hls"](films) as server, reader(server.uri) as container:
        found = places(islice(pictures(container), 150), films("h264-bframes"))
    assert found == in_turn(found[0], 150)


@every_server
def test_only_the_user_with_the_password_may_look(films: Films, make: Maker) -> None:
    """Without a password, or with a wrong one, the server says 401."""
    with make(films) as server:
        server.credentials = live_server.basic("user", "secret")
        for uri in (server.uri, server.uri_as("user", "wrong")):
            with pytest.raises(HTTPUnauthorizedError):
                reader(uri)
        with reader(server.uri_as("user", "secret")) as container:
            assert next(pictures(container)).shape == (120, 160, 3)


@every_server
def test_other_paths_are_not_found(films: Films, make: Maker) -> None:
    """Only the one address gives pictures."""
    with make(films) as server, pytest.raises(HTTPNotFoundError):
        reader(f"{server.uri}nothing")


@both_transports
def test_a_transport_can_be_refused(films: Films, transport: str) -> None:
    """Who insists on the refused one cannot read; who wishes the other one can."""
    other = {"tcp": "udp", "udp": "tcp"}[transport]
    with RtspServer(films("h264-bframes"), transports={other}, speed=4) as server:
        with pytest.raises(OSError, match="Protocol not supported"):
            reader(server.uri, transport)
        with reader(server.uri, other) as container:
            assert next(pictures(container)).shape == (120, 160, 3)


def test_stall_and_resume_lose_nothing(films: Films) -> None:
    """After a stall that the reader noticed, the next pictures are those that follow."""
    with SERVERS["rtsp"](films) as server, reader(server.uri, silence=1.5) as container:
        images = list(islice(pictures(container), 10))
        server.stall()
        with pytest.raises((TimeoutError, ExitError)):
            images.extend(pictures(container))
        server.resume()
        images.extend(islice(pictures(container), 100))
    assert places(images, films("h264-bframes")) == in_turn(0, len(images))


@every_server
def test_a_stalled_server_does_not_answer(films: Films, make: Maker) -> None:
    """A connection is taken, and nothing comes until the server goes on."""
    with make(films) as server:
        server.stall()
        with pytest.raises(FFmpegError):
            av.open(server.uri, "r", timeout=(1.0, 1.0))
        server.resume()
        with reader(server.uri) as container:
            next(pictures(container))


@pytest.mark.parametrize(("burst", "now"), [(False, 20.0), (True, 30.0)])
def test_a_burst_is_what_was_due_meanwhile(monkeypatch: pytest.MonkeyPatch, now: float, *, burst: bool) -> None:
    """A clock of double speed, held from second 10 to 15, goes on at 20 or, with a burst, at 30."""
    wall = iter([0.0, 10.0, *([15.0] * 3)])
    monkeypatch.setattr(time, "monotonic", lambda: next(wall))
    clock = MediaClock(2.0)
    clock.hold()
    clock.go_on(burst=burst)
    moment = clock.now()
    monkeypatch.undo()
    assert moment == now


@pytest.mark.parametrize("make", [SERVERS["rtsp"], SERVERS["mjpeg"]], ids=["rtsp", "mjpeg"])
def test_drop_ends_what_is_read(films: Films, make: Maker) -> None:
    """A reader's iteration ends, by error or not, and a new reader is welcome."""
    with make(films) as server:
        with reader(server.uri) as container, suppress(OSError):
            for _ in container.demux(video=0):
                server.drop()
        server.wait_for_clients(0)
        with reader(server.uri) as container:
            next(pictures(container))


@every_server
def test_a_stopped_server_starts_on_the_same_port(films: Films, make: Maker) -> None:
    """Nobody listens in between."""
    with make(films) as server:
        uri = server.uri
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            reader(uri)
        server.start()
        with reader(uri) as container:
            next(pictures(container))


def test_switch_gives_the_next_client_another_clip(films: Films, tmp_path: Path) -> None:
    """Who plays goes on with the old clip; who comes next sees the new one's size."""
    small = make_film(tmp_path / "small.mp4", FILMS["h264-bframes"], [at / 25 for at in range(50)], (64, 48))
    with SERVERS["rtsp"](films) as server, reader(server.uri) as old:
        cast("RtspServer", server).switch(small)
        with reader(server.uri) as new:
            assert next(pictures(new)).shape == (48, 64, 3)
            assert next(pictures(old)).shape == (120, 160, 3)
            server.wait_for_clients(2)


def test_timestamps_can_begin_again(films: Films) -> None:
    """The times of a stream that plays jump back to its beginning."""
    with RtspServer(films("h264-intra-refresh"), speed=4) as server, reader(server.uri) as container:
        times = (packet.pts for packet in container.demux(video=0) if packet.pts is not None)
        last = list(islice(times, 20))[-1]
        server.restart_timestamps()
        assert next(time for time in times if time < last) == 0


@both_transports
def test_sender_reports_tell_the_wall_clock(films: Films, transport: str) -> None:
    """The reader knows when the first picture was sent."""
    before = time.time()
    with RtspServer(films("h264-bframes"), rtcp=True, speed=4) as server, reader(server.uri, transport) as container:
        next(pictures(container))
        assert before - 1e-3 <= (container.start_time_realtime or 0) / 1e6 <= time.time()


def test_without_key_frames_none_ever_comes(films: Films) -> None:
    """More than a lap of an intra-refresh clip has no IDR picture, and can be decoded all the same."""
    with RtspServer(films("h264-intra-refresh"), keyframes=False, speed=4) as server:
        with reader(server.uri) as container:
            packets = list(islice(container.demux(video=0), 120))
            units = [unit for packet in packets for unit in bytes(packet).split(b"\x00\x00\x01")[1:]]
            assert 5 not in {kind(unit) for unit in units}
        with reader(server.uri) as container:
            assert next(pictures(container)).shape == (120, 160, 3)


@every_server
@both_transports
def test_nothing_is_left(films: Films, make: Maker, transport: str) -> None:
    """Threads, sockets and tasks are gone with the server, though a reader was still there and stalled."""
    threads, sockets = set(threading.enumerate()), {one.fd for one in psutil.Process().net_connections()}
    with make(films) as server:
        container = reader(server.uri, transport)
        server.stall()
    container.close()
    assert set(threading.enumerate()) <= threads
    assert {one.fd for one in psutil.Process().net_connections()} <= sockets
    assert (server.clients, server._tasks, server._writers) == (0, set(), set())


def test_a_failure_inside_is_raised_at_the_end(films: Films) -> None:
    """What goes wrong in the server's thread fails the test."""

    async def fail() -> None:
        raise ValueError("inside")

    async def spawn(server: LiveServer) -> None:
        await asyncio.wait([server.spawn(fail())])

    with pytest.raises(ValueError, match="inside"), SERVERS["mjpeg"](films) as server:
        server._thread.run(spawn(server))
