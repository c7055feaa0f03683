"""RTMP and HLS by a server that somebody else wrote: nginx. `.ci/run` installs it, elsewhere these are skipped."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import av
import pytest
from av.error import FFmpegError
from camera_watch import watched
from conftest import WATCHDOG

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
if "RXVLM_NEEDS_NGINX" not in os.environ and not (Path(NGINX).exists() and MODULE.exists()):
    pytest.skip("no nginx with RTMP here", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("no_threads_left")
CONFIGURATION = """
load_module {module};
daemon off; master_process off; error_log {folder}/error.log; pid {folder}/pid;
events {{ }}
rtmp {{ server {{ listen 127.0.0.1:{rtmp}; application live {{
    live on; hls on; hls_path {folder}/hls; hls_fragment 1s; hls_playlist_length 6s;
}} }} }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
    server {{ listen 127.0.0.1:{http}; root {folder}; }}
}}
"""


@dataclass
class Nginx:
    """A server that is published to, and the ports that it listens at."""

    rtmp: int
    http: int


@pytest.fixture
def nginx(tmp_path: Path, films: Callable[[str], Path]) -> Generator[Nginx]:
    """Run nginx, and publish a film to it again and again, as a camera does."""
    ports: list[int] = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports.append(free.getsockname()[1])
    served = Nginx(*ports)
    text = CONFIGURATION.format(module=MODULE, folder=tmp_path, rtmp=served.rtmp, http=served.http)
    (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
    tmp_path.chmod(0o755)
    process = subprocess.Popen([NGINX, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)])
    over = threading.Event()
    publisher = threading.Thread(target=publish, args=(films("h264-camera"), served, over))
    publisher.start()
    try:
        yield served
    finally:
        over.set()
        publisher.join(WATCHDOG)
        process.kill()
        process.wait()


def publish(film: Path, served: Nginx, over: threading.Event) -> None:
    """Publish until the test is over; the server may not listen yet."""
    until = time.monotonic() + WATCHDOG
    while not over.wait(0.05) and time.monotonic() < until:
        with suppress(FFmpegError):
            play(film, f"rtmp://127.0.0.1:{served.rtmp}/live/cam", over)


def play(film: Path, address: str, over: threading.Event) -> None:
    """Send a film in real time, again and again, its timestamps going on."""
    with av.open(address, "w", "flv") as target, av.open(str(film), "r") as source:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.size]
        length = round(source.streams.video[0].duration or 0)
        ticks, began = float(packets[0].time_base), time.monotonic()
        for lap, packet in product(range(1000), packets):
            copy = av.Packet(bytes(packet))
            copy.pts, copy.dts = (packet.pts or 0) + lap * length, (packet.dts or 0) + lap * length
            copy.time_base, copy.is_keyframe, copy.stream = packet.time_base, packet.is_keyframe, stream
            if over.wait(max(0.0, began + copy.dts * ticks - time.monotonic())):
                return
            target.mux(copy)


def test_rtmp(nginx: Nginx) -> None:
    """A camera behind RTMP is live, and its times run as it films."""
    with watched(f"rtmp://127.0.0.1:{nginx.rtmp}/live/cam") as camera:
        camera.until_more(40)
        assert camera.ledger.live is True
        assert camera.frames[5].image.shape == camera.frames[5].shape == (120, 160, 3)
        assert camera.frames[35].time - camera.frames[5].time == pytest.approx(30 / 25, abs=0.1)


def test_hls(nginx: Nginx) -> None:
    """The same camera behind HLS is waited for until its playlist is there, and is live."""
    with watched(f"http://127.0.0.1:{nginx.http}/hls/cam.m3u8") as camera:
        camera.until_more(40)
        assert camera.ledger.live is True
