from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil
import pytest
from chatting import Heard, huge_clip, jpeg_clip, model
from conftest import WATCHDOG

from rxvlm.clip import Clip
from rxvlm.errors import ModelTimeoutError
from rxvlm.models.openai_compatible import openai_compatible
from rxvlm.testing import FakeServer, Reply
from rxvlm.vlm import Piece

pytestmark = pytest.mark.usefixtures("clean_environment", "no_threads_left")


@pytest.fixture(autouse=True)
def _soon_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rxvlm.models.wire.chat_completions.http_thread.IDLE_SECONDS", 0.05)
    monkeypatch.setattr("rxvlm.concurrency.workers.IDLE_SECONDS", 0.05)


@dataclass
class Phase:
    """A server that keeps a call in one phase.

    Attributes:
        url: Where it is.
        reached: Returns when a call is there.
        left: Returns when the server sees that the client is gone.
        clip: What to ask about.
        settings: Of the model.
        sent: Whether anything of the question was sent by then.
    """

    url: str
    reached: Callable[[Heard], object]
    left: Callable[[], object]
    clip: Clip
    settings: dict[str, Any]
    sent: bool = True


@contextmanager
def _connecting() -> Generator[threading.Event, None, None]:
    """Tell of a client that begins to connect, by its log."""
    begins, log = threading.Event(), logging.getLogger("httpcore.connection")

    class Note(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage().startswith("connect_tcp.started"):
                begins.set()

    handler, level = Note(), log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield begins
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


@contextmanager
def connecting() -> Generator[Phase, None, None]:
    """Nobody accepts, and no more connections fit into the queue."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        connects = stack.enter_context(_connecting())
        yield Phase(url, lambda _: connects.wait(WATCHDOG), lambda: None, jpeg_clip(2), {}, sent=False)


@contextmanager
def accepting(scheme: str, clip: Clip, *, sent: bool) -> Generator[Phase, None, None]:
    """Somebody accepts, reads one byte, and does no more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted: list[socket.socket] = []

        def reached(_heard: Heard) -> None:
            accepted.append(listener.accept()[0])
            accepted[0].settimeout(WATCHDOG)
            assert accepted[0].recv(1)

        def left() -> None:
            with accepted[0], suppress(ConnectionResetError):
                read = sum(map(len, iter(lambda: accepted[0].recv(1 << 20), b"")))
                assert read < clip.size

        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/v1"
        yield Phase(url, reached, left, clip, {}, sent=sent)


@contextmanager
def served(reply: Reply, *, streamed: bool = False) -> Generator[Phase, None, None]:
    """The fake server has the question, and takes its time."""
    with FakeServer(reply) as server:

        def reached(heard: Heard) -> None:
            server.wait_for(1)
            assert not streamed or heard.began.wait(WATCHDOG)

        def left() -> None:
            assert server.chats[0].hung_up.wait(WATCHDOG)

        yield Phase(server.openai_url, reached, left, jpeg_clip(2), {"stream": streamed})


PHASES = {
    "connecting": connecting,
    "shaking hands": lambda: accepting("https", huge_clip(), sent=False),
    "sending": lambda: accepting("http", huge_clip(), sent=True),
    "waiting": lambda: served(Reply(fault="stall")),
    "reading": lambda: served(Reply(fault="stall_body")),
    "reading a trickle": lambda: served(Reply("one two " * 1000, fault="trickle", seconds=0.001), streamed=True),
    "reading a stream": lambda: served(Reply("one two", fault="stream_stall"), streamed=True),
}


@pytest.mark.parametrize("phase", PHASES.values(), ids=PHASES)
def test_disposing_hangs_up_in_every_phase(phase: Callable[[], Any]) -> None:
    """Whatever a call is at, its connection is closed at once, and nothing more is given."""
    sockets = psutil.Process().num_fds()
    with phase() as held:
        heard = Heard(openai_compatible(held.url, "m", timeout=WATCHDOG, **held.settings).ask(held.clip, "What?"))
        held.reached(heard)
        heard.call.dispose()
        held.left()
        pieces = list(heard.pieces)
    _end_of_thread()
    assert (heard.ends, heard.pieces) == (0, pieces)
    assert psutil.Process().num_fds() == sockets


@pytest.mark.parametrize("phase", PHASES.values(), ids=PHASES)
def test_a_call_ends_in_time_in_every_phase(phase: Callable[[], Any]) -> None:
    """The time-out is for the whole call; where nothing was sent by then, it may be tried again."""
    with phase() as held:
        heard = Heard(openai_compatible(held.url, "m", timeout=0.3, **held.settings).ask(held.clip, "What?"))
        held.reached(heard)
        heard.wait()
        held.left()
    assert isinstance(heard.error, ModelTimeoutError)
    assert heard.error.retryable == (not held.sent)


def test_a_call_that_is_left_before_it_begins_sends_nothing() -> None:
    """Disposing right after subscribing is soon enough."""
    with FakeServer() as server:
        asked = model(server)
        for _ in range(20):
            Heard(asked.ask(jpeg_clip(2), "left")).call.dispose()
        Heard(asked.ask(jpeg_clip(2), "kept")).wait()
        kept = [request.json["messages"][0]["content"][-1]["text"] for request in server.chats]
    assert kept.count("kept") == 1


def test_one_listener_who_is_slow_holds_up_no_other() -> None:
    """Who takes long over a piece keeps its own call waiting, and its time-out, and nobody else's."""
    with FakeServer(Reply("one two", fault="stream_stall"), "one two") as server:
        asked = model(server, stream=True, timeout=0.3)
        slow, taken, ended = threading.Event(), threading.Event(), threading.Event()
        errors: list[Exception] = []

        def take(_piece: Piece) -> None:
            taken.set()
            assert slow.wait(WATCHDOG)
            assert not ended.is_set(), "told of the end while being given a piece"

        def failed(error: Exception) -> None:
            errors.append(error)
            ended.set()

        asked.ask(jpeg_clip(2), "").subscribe(take, failed)
        assert taken.wait(WATCHDOG)
        quick = model(server, timeout=WATCHDOG)
        assert [Heard(quick.ask(jpeg_clip(2), "")).wait().text for _ in range(3)] == ["one two"] * 3
        assert Heard(asked.ask(jpeg_clip(2), "")).wait().ends == 1
        slow.set()
        assert ended.wait(WATCHDOG)
        assert isinstance(errors[0], ModelTimeoutError)


def test_a_listener_that_raises_ends_its_own_call(caplog: pytest.LogCaptureFixture) -> None:
    """What a listener raises is logged, and its connection closed; other calls go on."""
    with FakeServer(Reply("one two", fault="stream_stall"), "fine") as server:

        def stumble(_piece: Piece) -> None:
            raise RuntimeError("no ears")

        asked = model(server, stream=True)
        asked.ask(jpeg_clip(2), "").subscribe(stumble)
        assert server.wait_for(1)[0].hung_up.wait(WATCHDOG)
        assert Heard(asked.ask(jpeg_clip(2), "")).wait().text == "fine"
    assert "no ears" in caplog.text
    assert [record.levelno for record in caplog.records if record.name == "rxvlm"] == [logging.ERROR]


def test_many_calls_share_one_thread() -> None:
    """64 calls wait on one thread, and all are answered."""
    go = threading.Event()

    def reply(_request: object) -> str:
        assert go.wait(WATCHDOG)
        return "ok"

    with FakeServer(reply) as server:
        asked = model(server)
        heard = [Heard(asked.ask(jpeg_clip(2, size=(64, 48)), "")) for _ in range(64)]
        server.wait_for(64)
        ours = [thread.name for thread in threading.enumerate() if thread.name.startswith("rxvlm-")]
        go.set()
        assert [one.wait().text for one in heard] == ["ok"] * 64
        assert server.most_at_once == 64
    assert ours.count("rxvlm-http") == 1
    assert len(ours) < 8


def test_a_connection_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls in a row share a connection; when there were none for a while it is closed, and the thread is gone."""
    monkeypatch.setattr("rxvlm.models.wire.chat_completions.http_thread.IDLE_SECONDS", 1.0)
    with FakeServer() as server:
        asked = model(server)
        for _ in range(3):
            Heard(asked.ask(jpeg_clip(2), "")).wait()
        assert {request.connection for request in server.chats} == {0}
        server.wait_until(lambda: server.connections == 0)
        _end_of_thread()
        assert Heard(asked.ask(jpeg_clip(2), "")).wait().text


def _end_of_thread() -> None:
    for thread in threading.enumerate():
        if thread.name == "rxvlm-http":
            thread.join(WATCHDOG)
            assert not thread.is_alive()


def run(code: str, url: str) -> subprocess.CompletedProcess[str]:
    begin = "from chatting import *\nimport os, sys, threading\nurl = sys.argv[1]\n"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", begin + code, url],
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
        cwd=__file__.rpartition("/models/")[0],
    )


def test_a_child_has_connections_of_its_own() -> None:
    """After a fork, parent and child ask over connections of their own, and both are answered."""
    code = """
asked = openai_compatible(url, "m")
assert Heard(asked.ask(jpeg_clip(2), "parent")).wait().text == "ok"
child = os.fork()
said = Heard(asked.ask(jpeg_clip(2), "child" if child == 0 else "parent")).wait().text
if child == 0:
    os._exit(0 if said == "ok" else 1)
assert os.waitpid(child, 0)[1] == 0
assert Heard(asked.ask(jpeg_clip(2), "parent")).wait().text == "ok"
"""
    with FakeServer("ok") as server:
        done = run(code, server.openai_url)
        asked = [(request.json["messages"][0]["content"][-1]["text"], request.connection) for request in server.chats]
    assert (done.stderr, done.returncode) == ("", 0)
    assert len(asked) == 4
    of_child = {connection for who, connection in asked if who == "child"}
    assert of_child.isdisjoint(connection for who, connection in asked if who == "parent")


def test_an_exit_waits_for_no_call() -> None:
    """The interpreter ends, quietly, with calls under way, and hangs them up."""
    code = """
asked = [openai_compatible(url, "m", stream=stream) for stream in (False, True)]
heard = [Heard(one.ask(jpeg_clip(2), "")) for one in asked]
assert heard[1].began.wait(WATCHDOG)
"""
    with FakeServer(Reply("one two", fault="stream_stall")) as server:
        done = run(code, server.openai_url)
        assert all(request.hung_up.wait(WATCHDOG) for request in server.chats)
    assert (done.stderr, done.returncode) == ("", 0)


def test_models_load_no_client() -> None:
    """Making a model loads neither httpx nor what else only a call needs."""
    code = """
from rxvlm import models
models.openai_compatible(url, "m", server="vllm")
print([name for name in ("httpx", "requests", "dashscope", "pydantic", "jsonschema") if name in sys.modules])
"""
    begin = "import sys\nurl = sys.argv[1]\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + code, "http://127.0.0.1:1/v1"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
