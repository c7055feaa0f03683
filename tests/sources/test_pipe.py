"""What can be read only once is played as a film: stdin, FIFOs, TCP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import WATCHDOG
from film import full_decode

from rxvlm.errors import NoVideoError, SourceError, SourceRefusedError, UriError
from rxvlm.sources import video
from rxvlm.uri import address, by_name

pytestmark = pytest.mark.usefixtures("no_threads_left")
Films = Callable[[str], Path]
Hear = Callable[..., Any]
FILM = "h264-open-groups-ts"


def check(heard: Any, path: Path) -> None:
    """Check that a film came as a whole, and that it ended."""
    expected = [image for _, image in full_decode(path)]
    assert heard.error is None
    assert heard.ended
    assert len(heard.items) == len(expected)
    assert np.array_equal(heard.items[7].image, expected[7])


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_fifo_is_a_film(films: Films, hear: Hear, tmp_path: Path) -> None:
    """A FIFO is waited for, played once, and ends with its writer."""
    fifo = tmp_path / "film.ts"
    os.mkfifo(fifo)
    writer = in_background(lambda: fifo.write_bytes(films(FILM).read_bytes()))
    source = video(fifo)
    assert source.live is False
    check(hear(source), films(FILM))
    writer.join(WATCHDOG)


def test_a_fifo_without_a_writer_is_left_at_once(tmp_path: Path) -> None:
    """Disposing does not wait for a writer; the thread ends, too."""
    fifo = tmp_path / "film.ts"
    os.mkfifo(fifo)
    video(fifo).subscribe().dispose()


@pytest.mark.parametrize("listen", [False, True], ids=["connect", "listen"])
def test_tcp_is_a_film(films: Films, hear: Hear, listen: bool) -> None:  # noqa: FBT001 - pytest passes it
    """A server's film, or with ``?listen`` a client's, is played once, and ends with the connection."""
    data = films(FILM).read_bytes()
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def serve() -> None:
        with server, server.accept()[0] as peer:
            peer.sendall(data)

    def push() -> None:
        sent = False
        while not sent:
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)) as peer:
                peer.sendall(data)
                sent = True

    if listen:
        server.close()
    other = in_background(push if listen else serve)
    check(hear(video(f"tcp://127.0.0.1:{port}{'?listen' if listen else ''}")), films(FILM))
    other.join(WATCHDOG)


def test_a_tcp_address_where_nobody_listens(hear: Hear) -> None:
    """A film that is not there is an error at once."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert isinstance(hear(video(f"tcp://127.0.0.1:{port}")).error, SourceRefusedError)
    assert isinstance(hear(video("tcp://127.0.0.1")).error, SourceError)


def test_bytes_that_are_no_video(hear: Hear, tmp_path: Path) -> None:
    """A writer that writes no video is an error."""
    fifo = tmp_path / "words"
    os.mkfifo(fifo)
    writer = in_background(lambda: fifo.write_bytes(b"words " * 1000))
    assert isinstance(hear(video(fifo)).error, NoVideoError)
    writer.join(WATCHDOG)


@pytest.mark.parametrize("as_file", [False, True], ids=["piped", "redirected"])
def test_stdin_is_a_film(films: Films, as_file: bool) -> None:  # noqa: FBT001 - pytest passes it
    """``-`` is stdin, piped or redirected; each window is answered once, and the run ends."""
    command = [sys.executable, "-m", "rxvlm", "watch", "-", "--every", "1", "--frames", "2"]
    if as_file:
        with films("h264-bframes").open("rb") as film:
            done = subprocess.run(command, stdin=film, capture_output=True, timeout=WATCHDOG, check=False)
    else:
        data = films(FILM).read_bytes()
        done = subprocess.run(command, input=data, capture_output=True, timeout=WATCHDOG, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.decode().splitlines()] == ["stdin"] * 4


def test_stdin_is_given_once() -> None:
    """Two cameras cannot read one stdin; its name is said."""
    assert by_name(["-", "demo:yard"]) == {"stdin": "-", "yard": "demo:yard"}
    with pytest.raises(UriError, match="once"):
        by_name(["-", "-"])


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("srt://cam:9000?mode=caller", "ffmpeg -i srt://cam:9000?mode=caller -c copy -f mpegts - | rxvlm watch -"),
        ("onvif://admin:s3cret@cam/onvif", "RTSP"),
    ],
)
def test_what_cannot_be_opened_says_what_to_do(uri: str, words: str) -> None:
    """An address of a kind that FFmpeg lacks is an error with the way out, and without the password."""
    with pytest.raises(UriError) as raised:
        address(uri)
    assert words in str(raised.value)
    assert "s3cret" not in str(raised.value)
