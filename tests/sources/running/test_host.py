"""Whether there is such a host: real names that can be none, and a name server by hand."""

from __future__ import annotations

import socket
import threading
from functools import partial

import pytest
from conftest import WATCHDOG

from rxvlm.errors import SourceError
from rxvlm.sources import network
from rxvlm.sources.running.host import no_such_host
from rxvlm.uri import address

NEVER = f"{'x' * 64}.invalid"  # a label has 63 letters at most: no name server is asked


@pytest.mark.parametrize("uri", [f"rtsp://u:secret@{NEVER}/1", f"http://{NEVER}:8080/live.m3u8?token=secret"])
def test_a_camera_whose_host_there_is_not(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What FFmpeg calls an input/output error says which host there is not, and no secret."""
    monkeypatch.setattr(network, "no_such_host", partial(no_such_host, seconds=WATCHDOG))
    with pytest.raises(SourceError) as raised:
        network.open_network(address(uri))
    assert isinstance(raised.value, FileNotFoundError)
    assert str(raised.value).endswith(f" cannot be reached (no such host: {NEVER})")
    assert "secret" not in str(raised.value)


def test_a_host_that_is_there() -> None:
    """Of a host that is known there is nothing to say."""
    assert no_such_host(address("rtsp://127.0.0.1:9/x"), seconds=WATCHDOG) is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (socket.EAI_NONAME, "rtsp://cam/1 cannot be reached (no such host: cam)"),
        (socket.EAI_AGAIN, "rtsp://cam/1 cannot be reached (no name server answers about cam)"),
    ],
)
def test_what_name_servers_say(code: int, said: str) -> None:
    """A name that is unknown is told from name servers that do not answer."""

    def resolve(host: str, _port: None) -> None:
        assert host == "cam"
        raise socket.gaierror(code, "as the system says it")

    assert str(no_such_host(address("rtsp://u:p@cam/1"), resolve, WATCHDOG)) == said


def test_who_cannot_tell_in_time_is_not_waited_for() -> None:
    """A name server that does not answer holds up no camera for longer than the time given."""
    silent, asked = threading.Event(), threading.Event()

    def resolve(_host: str, _port: None) -> None:
        asked.set()
        silent.wait(WATCHDOG)

    assert no_such_host(address("rtsp://cam/1"), resolve, 0.0) is None
    assert asked.wait(WATCHDOG)
    silent.set()
