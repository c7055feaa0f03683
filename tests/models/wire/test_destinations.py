from __future__ import annotations

import logging
import threading

import pytest

from rxvlm.models.wire import destinations
from rxvlm.models.wire.destinations import note_destination


@pytest.fixture(autouse=True)
def none_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the hosts that earlier tests named."""
    monkeypatch.setattr(destinations, "_told", set())


def test_a_host_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log has one warning a host, whatever the path, the port, the login and the case."""
    for url in ("https://api.openai.com/v1", "https://k:s3cret@API.openai.com:443/x", "http://gpu:1/v1"):
        note_destination(url)
    assert caplog.messages == ["clips go to api.openai.com", "clips go to gpu"]
    assert {(record.name, record.levelno) for record in caplog.records} == {("rxvlm", logging.WARNING)}


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/v1", "http://localhost:1/v1", "http://[::1]:8000/v1"])
def test_this_machine_is_not_told(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing leaves the machine, so nothing is said."""
    note_destination(url)
    assert not caplog.messages


def test_many_threads_tell_a_host_once(caplog: pytest.LogCaptureFixture) -> None:
    """Cameras that begin together give one warning."""
    threads = [threading.Thread(target=note_destination, args=("http://gpu/v1",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert caplog.messages == ["clips go to gpu"]
