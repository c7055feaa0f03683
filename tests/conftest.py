"""What tests share: films, and a way to run a stream to its end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from film import FILMS, make_film
from hypothesis import settings
from reactivex import Observable

WATCHDOG = 60.0
settings.register_profile("no deadline", deadline=None)  # a machine may be busy: no test asserts a duration
settings.load_profile("no deadline")
collect_ignore = ["gst_server.py"]  # run by the system's python3, in a process of its own


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for what nothing tells of, under a watchdog."""
    began, pause = time.monotonic(), threading.Event()
    while not holds():
        assert time.monotonic() < began + WATCHDOG, "it did not happen"
        pause.wait(0.01)


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that makes a video of `FILMS`, by name: 90 pictures at 25 per second, made once a session."""
    folder = tmp_path_factory.mktemp("films")

    def film(name: str) -> Path:
        path = folder / f"{name}{FILMS[name].suffix}"
        return path if path.exists() else make_film(path, FILMS[name], [index / 25 for index in range(90)])

    return film


@dataclass
class Heard:
    """The items that a stream emitted, and how it ended."""

    items: list[Any] = field(default_factory=list[Any])
    error: Exception | None = None
    ended: bool = False


@pytest.fixture
def hear() -> Callable[[Observable[Any]], Heard]:
    """Subscribe to a stream that works on threads, and wait for its end under a watchdog."""

    def run(stream: Observable[Any]) -> Heard:
        heard, over = Heard(), threading.Event()

        def failed(error: Exception) -> None:
            heard.error = error
            over.set()

        def completed() -> None:
            heard.ended = True
            over.set()

        subscription = stream.subscribe(heard.items.append, failed, completed)
        assert over.wait(WATCHDOG), "the stream did not end"
        subscription.dispose()
        return heard

    return run


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """Restore what signals do: the command line, run by a test in this process, ends the process on Ctrl-C."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def no_threads_left() -> Iterator[None]:
    """Check that every thread that the library started during the test has ended when the test ends."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("rxvlm"):
            # A thread that is just being started cannot be joined, but is in the list.
            wait_until(lambda thread=thread: thread not in threading.enumerate())


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Hide the machine's own keys and proxies from clients; give the home folder that they see."""
    for name in list(os.environ):
        if name.upper().startswith("DASHSCOPE_") or name.upper().endswith("_PROXY") or name == "NETRC":
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HOME", str(home))
    return home
