"""A real RTSP server that somebody else wrote. Needs GStreamer; `.ci/run` installs it, elsewhere these are skipped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from camera_watch import watched
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from film import FILMS, full_decode, make_film

from rxvlm.sources import probe

PYTHON, SERVER = "/usr/bin/python3", Path(__file__).parent / "gst_server.py"
BINDINGS = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"


def installed() -> bool:
    if not Path(PYTHON).exists():
        return False
    return subprocess.run([PYTHON, "-c", BINDINGS], capture_output=True, check=False).returncode == 0


if "RXVLM_NEEDS_GSTREAMER" not in os.environ and not installed():
    pytest.skip("no GStreamer RTSP server here", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("no_threads_left")
Films = Callable[[str], Path]


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def serving(port: int, film: Path, *login: str) -> Generator[subprocess.Popen[str]]:
    """Run the server in a process of its own, until it listens."""
    command = [PYTHON, str(SERVER), str(port), str(film), *login]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_frames_of_a_real_server(films: Films, port: int) -> None:
    """Its frames are the film's, bit for bit, dated by its clock."""
    path = films("h264-camera")
    full = [image for _, image in full_decode(path)]
    with serving(port, path), watched(f"rtsp://127.0.0.1:{port}/cam") as camera:
        camera.until_more(40)
        assert all(np.array_equal(frame.image, full[at]) for at, frame in enumerate(camera.frames[:40]))


def test_killed_and_back_with_another_size(films: Films, port: int, tmp_path: Path) -> None:
    """Killed outright it is waited for; back with another picture size it is seen in that."""
    large = make_film(tmp_path / "large.mp4", FILMS["h264-camera"], [at / 25 for at in range(50)], (320, 240))
    with serving(port, films("h264-camera")) as server, watched(f"rtsp://127.0.0.1:{port}/cam") as camera:
        camera.until_more(5)
        server.send_signal(signal.SIGKILL)
        camera.until(lambda one: "refuses" in one.states[-1][1])
        with serving(port, large):
            camera.until(lambda one: one.frames[-1].epoch == 1)
            assert camera.frames[-1].image.shape == (240, 320, 3)


def test_stopped_and_continued(films: Films, port: int) -> None:
    """Stopped it counts as stalled; continued it goes on, on the same connection or a new one."""
    with serving(port, films("h264-camera")) as server, watched(f"rtsp://127.0.0.1:{port}/cam") as camera:
        camera.until_more(5)
        server.send_signal(signal.SIGSTOP)
        camera.until_state("stalled")
        server.send_signal(signal.SIGCONT)
        camera.until_state("live")
        camera.until_more(20)


def test_a_wrong_password(films: Films, port: int) -> None:
    """A wrong password is said, and not shown; the right one opens."""
    with serving(port, films("h264-camera"), "admin:right"):
        with watched(f"rtsp://admin:wr0ng@127.0.0.1:{port}/cam") as camera:
            camera.until_state("waiting")
            assert "user name or password" in camera.states[0][1]
            assert "wr0ng" not in repr(camera.states)
        with watched(f"rtsp://admin:right@127.0.0.1:{port}/cam") as camera:
            camera.until_more(3)


def test_a_probe_of_a_real_server(films: Films, port: int) -> None:
    """What it sends is told, the distance of key frames and its clock, too."""
    with serving(port, films("h264-camera")):
        found = probe(f"rtsp://127.0.0.1:{port}/cam", seconds=3.0)
    assert (found.codec, found.width, found.height, found.clock) == ("h264", 160, 120, "camera")
    assert found.fps == pytest.approx(25.0, abs=1.0)
    assert found.keyframe_seconds == pytest.approx(0.96, abs=0.1)


def test_digest_authentication(films: Films, port: int) -> None:
    """A camera that wants a Digest login gets it; a wrong password is said, and not shown."""
    with serving(port, films("h264-camera"), "admin:right", "digest"):
        with watched(f"rtsp://admin:right@127.0.0.1:{port}/cam") as camera:
            camera.until_more(3)
        with watched(f"rtsp://admin:wr0ng@127.0.0.1:{port}/cam") as camera:
            camera.until_state("waiting")
            assert "user name or password" in camera.states[0][1]
            assert "wr0ng" not in repr(camera.states)


def test_rtsps(films: Films, port: int, tmp_path: Path) -> None:
    """A camera behind TLS, with a certificate that it signed itself, is watched as any other."""
    secured = serving(port, films("h264-camera"), "admin:right", str(certificate(tmp_path)))
    with secured, watched(f"rtsps://admin:right@127.0.0.1:{port}/cam") as camera:
        camera.until_more(10)


def certificate(folder: Path) -> Path:
    """Write a key and a certificate that is signed with it, as cameras have them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "camera.pem"
    path.write_bytes(text + signed.public_bytes(Encoding.PEM))
    return path
