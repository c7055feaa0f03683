"""HTTP addresses that are watched: films, snapshots and cameras as they are, against real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from camera_watch import watched
from conftest import WATCHDOG
from film import FILMS, full_decode, make_film
from odd_cameras import Odd, endless, jpeg_of, serving, whole

import rxvlm
from rxvlm.errors import SourceBrokenError, SourceError, UriError
from rxvlm.sources import video
from rxvlm.sources.running.capture import Session

pytestmark = pytest.mark.usefixtures("no_threads_left")
Films = Callable[[str], Path]
MULTIPART = "multipart/x-mixed-replace; boundary=frame"


def part(index: int, before: bytes = b"--frame\r\n", kind: bytes = b"Content-Type: image/jpeg\r\n") -> bytes:
    jpeg = jpeg_of(index)
    return before + kind + b"Content-Length: %d\r\n\r\n" % len(jpeg) + jpeg + b"\r\n"


CAMERAS = {
    "plain": (MULTIPART, lambda: map(part, count())),
    "no first boundary": (MULTIPART, lambda: (part(at, b"" if not at else b"--frame\r\n") for at in count())),
    "no type": (MULTIPART, lambda: (part(at, kind=b"") for at in count())),
    "image/jpg": (MULTIPART, lambda: (part(at, kind=b"Content-Type: image/jpg\r\n") for at in count())),
    "no boundary named": ("multipart/x-mixed-replace", lambda: map(part, count())),
    "JPEGs one after the other": ("video/x-motion-jpeg", lambda: map(jpeg_of, count())),
    "JPEGs as one picture": ("image/jpeg", lambda: map(jpeg_of, count())),
}


@pytest.mark.parametrize(("kind", "parts"), CAMERAS.values(), ids=CAMERAS)
def test_a_camera_of_jpegs(kind: str, parts: Callable[[], Any]) -> None:
    """However a camera sends its JPEGs, they are its frames; one connection at a time is enough."""
    with serving(endless(kind, parts), one_client=True) as odd, watched(f"{odd.uri}/video") as camera:
        camera.until_more(5)
        assert camera.ledger.live is True
        assert {frame.shape for frame in camera.frames} == {(120, 160, 3)}
        assert camera.frames[2].image.shape == (120, 160, 3)
        assert not np.array_equal(camera.frames[0].image, camera.frames[4].image)
        camera.subscription.dispose()
        odd.over.set()


def test_a_camera_of_jpegs_that_changes_its_size() -> None:
    """Pictures of another size are frames of another shape."""
    sizes = {0: (160, 120), 1: (320, 240)}
    with (
        serving(
            endless(MULTIPART, lambda: (b"--frame\r\n\r\n" + jpeg_of(at, sizes[at // 3 % 2]) for at in count()))
        ) as odd,
        watched(f"{odd.uri}/video") as camera,
    ):
        camera.until_more(8)
        assert {frame.shape for frame in camera.frames} == {(120, 160, 3), (240, 320, 3)}
        assert all(frame.image.shape == frame.shape for frame in camera.frames)
        camera.subscription.dispose()
        odd.over.set()


def test_multipart_without_jpegs_is_said() -> None:
    """A camera whose parts are no JPEGs is waited for, with what came as the reason."""
    png = endless(MULTIPART, lambda: (b"--frame\r\nContent-Type: image/png\r\n\r\n" + bytes(900_000) for _ in count()))
    with serving(png) as odd, watched(f"{odd.uri}/video") as camera:
        camera.until(lambda one: any("without a JPEG" in reason for _, reason in one.states))
        camera.subscription.dispose()
        odd.over.set()


@pytest.mark.parametrize("name", ["h264-bframes", "mpeg4-avi", "h264-open-groups-ts", "vp8"])
def test_a_film_is_played_once(films: Films, name: str, hear: Callable[..., Any]) -> None:
    """A body of known length is a film: its frames are those of a full decode, without byte ranges too, and it ends."""
    path = films(name)
    ledger = rxvlm.Ledger("film")
    with serving(whole(path.read_bytes(), "application/octet-stream")) as odd:
        source = video(f"{odd.uri}/film", ledger=ledger)
        assert source.live is None
        assert odd.asked == []
        heard = hear(source)
        assert len(odd.asked) == 2
    assert heard.ended
    assert source.live is False
    expected = [image for _, image in full_decode(path)]
    assert len(heard.items) == len(expected)
    assert np.array_equal(heard.items[5].image, expected[5])
    assert ledger.snapshot().state == "ended"


def test_a_film_whose_index_is_at_its_end(tmp_path: Path, hear: Callable[..., Any]) -> None:
    """Where FFmpeg would have to go back and the server cannot, the error says so, and what to do."""
    path = make_film(tmp_path / "long.mp4", FILMS["mjpeg"], [at / 25 for at in range(150)], (640, 480))
    assert path.stat().st_size > 1_000_000
    with serving(whole(path.read_bytes(), "video/mp4")) as odd:
        heard = hear(video(f"{odd.uri}/film"))
    assert isinstance(heard.error, SourceError)
    assert "faststart" in str(heard.error)


def test_a_film_that_breaks_off(films: Films, hear: Callable[..., Any]) -> None:
    """A film whose connection is cut ends with an error, after the frames that came."""
    data = films("h264-open-groups-ts").read_bytes()

    def cut(_odd: Odd, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data[: len(data) // 2])
        request.connection.shutdown(socket.SHUT_RDWR)

    with serving(cut) as odd:
        heard = hear(video(f"{odd.uri}/film.ts"))
    assert isinstance(heard.error, SourceBrokenError)
    assert heard.items


def test_a_film_waits_for_the_model(films: Films) -> None:
    """A film over HTTP is asked about in full, however slow the model: nothing is dropped, and the run ends."""
    ledger = rxvlm.Ledger("film")
    slow = threading.Event()

    def model(*_: object) -> str:
        slow.wait(0.05)
        return "seen"

    with serving(whole(films("h264-bframes").read_bytes(), "video/mp4")) as odd:
        answers = rxvlm.collect(
            rxvlm.watch(f"{odd.uri}/x.mp4", rxvlm.vlm_from(model), every=0.2, frames=1, ledger=ledger)
        )
    assert [round(answer.clip.start, 3) for answer in answers] == [round(at * 0.2, 3) for at in range(18)]
    tally = ledger.snapshot()
    assert (tally.captured, tally.analysed) == (90, 90)


@pytest.mark.parametrize("playlist", ["v.m3u8", "all.m3u8"])
def test_a_playlist_with_an_end_is_a_film(
    tmp_path: Path, films: Films, hear: Callable[..., Any], playlist: str
) -> None:
    """HLS with an end is played once; so is a playlist that lists such a one."""
    options = {"hls_time": "1", "hls_playlist_type": "vod"}
    with (
        av.open(str(films("h264-camera")), "r") as source,
        av.open(str(tmp_path / "v.m3u8"), "w", "hls", options=options) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    (tmp_path / "all.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\nv.m3u8\n", encoding="utf-8")
    types = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}

    def answer(odd: Odd, request: BaseHTTPRequestHandler) -> None:
        path = tmp_path / request.path.strip("/")
        whole(path.read_bytes(), types[path.suffix])(odd, request)

    with serving(answer) as odd:
        played = video(f"{odd.uri}/{playlist}")
        heard = hear(played)
    assert (len(heard.items), heard.ended, played.live) == (90, True, False)


def snapshots(odd: Odd, request: BaseHTTPRequestHandler) -> None:
    """Answer with a picture that changes with every third request, and tell when it is the same."""
    number = (len(odd.asked) - 1) // 3
    if request.headers.get("if-none-match") == f'"{number}"':
        request.send_response(304)
        request.end_headers()
        return
    whole(jpeg_of(number), "image/jpeg", headers={"ETag": f'"{number}"'})(odd, request)


def test_snapshots_are_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of pictures is asked each second, or as its fragment says, and a picture that is the same not sent."""
    waits: list[float] = []

    def wait(session: Session, seconds: float) -> bool:
        waits.append(seconds)
        return session.ending

    monkeypatch.setattr(Session, "wait", wait)
    with serving(snapshots) as odd, watched(f"{odd.uri}/snap.jpg#every=7.5") as camera:
        camera.until_more(9)
        camera.subscription.dispose()
        paths = {asked.path for asked in odd.asked}
        assert [asked.headers.get("if-none-match") for asked in odd.asked[:4]] == [None, None, '"0"', '"0"']
    assert paths == {"/snap.jpg"}
    assert 7.0 < max(waits) <= 7.5
    assert camera.ledger.live is True
    same = [np.array_equal(a.image, b.image) for a, b in zip(camera.frames, camera.frames[1:], strict=False)]
    assert True in same
    assert False in same


@pytest.mark.parametrize("every", ["0", "-1", "soon", "nan", "1e9"])
def test_seconds_between_snapshots(every: str) -> None:
    """What is no number of seconds above 0 is an error at once."""
    with pytest.raises(UriError, match="every"):
        video(f"http://127.0.0.1:9/snap.jpg#every={every}")


def test_what_does_not_answer_is_waited_for() -> None:
    """Until an address answers it is waited for; whether it is live is unknown as long."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with watched(f"http://127.0.0.1:{port}/x") as camera:
        camera.until_state("waiting")
        assert camera.ledger.live is None
        assert "refuses" in camera.states[-1][1]


def test_wrong_arguments_are_said_at_once() -> None:
    """Though `watch` composes when the address was looked at, it checks its arguments when it is called."""
    with pytest.raises(TypeError):
        rxvlm.watch("http://127.0.0.1:9/x", "no model")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="every"):
        rxvlm.watch("http://127.0.0.1:9/x", rxvlm.models.opencv(), every=0.0)


def test_a_live_address_is_not_waited_for_by_a_slow_model() -> None:
    """Behind a camera over HTTP the oldest windows are dropped, as behind any camera."""
    ledger, dropped = rxvlm.Ledger("cam"), threading.Event()
    hold = threading.Event()

    def model(*_: object) -> str:
        hold.wait(WATCHDOG)
        return "seen"

    with serving(endless(*CAMERAS["plain"])) as odd:
        watching = rxvlm.watch(f"{odd.uri}/video", rxvlm.vlm_from(model), every=0.2, frames=1, ledger=ledger)
        subscription = watching.subscribe()
        while not ledger.snapshot().dropped.get("overflow"):
            assert not dropped.wait(0.05)
        subscription.dispose()
        hold.set()
        odd.over.set()
