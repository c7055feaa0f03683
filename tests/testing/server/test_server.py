from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from asking import NATIVE, OPENAI, ask, question, said
from conftest import WATCHDOG

from rxvlm import testing
from rxvlm.testing.server import FakeServer, Reply, Request

pytestmark = pytest.mark.usefixtures("no_threads_left")


def test_replies_come_in_turn_and_the_last_for_ever(client: httpx.Client) -> None:
    """A text, a Reply or a function says what the model says."""
    with FakeServer("one", Reply("two"), lambda request: f"{len(request.body)} bytes") as server:
        texts = [said(ask(server, client))["message"]["content"] for _ in range(4)]
        size = len(server.chats[2].body)
    assert texts == ["one", "two", f"{size} bytes", f"{size} bytes"]


def test_another_script_replaces_the_first(client: httpx.Client) -> None:
    """What was not said yet is forgotten; without replies it is the plain one again."""
    with FakeServer("one", "two") as server:
        assert said(ask(server, client))["message"]["content"] == "one"
        server.then()
        assert said(ask(server, client))["message"]["content"] == "a quiet yard"


def test_a_function_that_fails_fails_the_test(client: httpx.Client) -> None:
    """What it raises is raised at the end of with; the client meanwhile was given a 500."""

    def wrong(request: Request) -> Reply:
        raise AssertionError(request.path)

    with pytest.raises(AssertionError, match=OPENAI), FakeServer(wrong) as server:
        assert ask(server, client).status_code == 500


def test_a_request_is_remembered_as_it_came(client: httpx.Client) -> None:
    """Its method, path, query, head, body, number and connection are there, and no repr shows its key."""
    with FakeServer() as server:
        client.post(
            f"{server.openai_url}/chat/completions?a=b", json=question(OPENAI), headers={"Authorization": "Bearer sk-1"}
        )
        client.get(f"{server.openai_url}/models")
        asked, listed = server.requests
    assert (asked.route, asked.method, asked.path, asked.query) == ("chat", "POST", OPENAI, {"a": "b"})
    assert asked.headers["authorization"] == "Bearer sk-1"
    assert asked.json == question(OPENAI)
    assert (listed.route, listed.body, listed.json) == ("models", b"", None)
    assert listed.at >= asked.at
    assert "sk-1" not in repr(asked)
    assert asked.id != listed.id


def test_a_body_may_come_in_chunks(client: httpx.Client) -> None:
    """A body of unknown length is read whole, and the connection goes on."""

    def bits() -> Iterator[bytes]:
        yield b'{"messages"'
        yield b": []}"

    with FakeServer() as server:
        for _ in range(2):
            client.post(f"{server.openai_url}/chat/completions", content=bits())
        assert [(request.body, request.connection) for request in server.chats] == [(b'{"messages": []}', 0)] * 2


@pytest.mark.parametrize("head", ["Content-Length: 9\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"])
def test_half_a_request_is_none(head: str) -> None:
    """Who leaves before the end of the question has not asked."""
    with FakeServer() as server:
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as line:
            line.sendall(f"POST {OPENAI} HTTP/1.1\r\n{head}".encode())
            server.wait_until(lambda: server.connections == 1)
        server.wait_until(lambda: server.connections == 0)
        assert server.requests == []


@pytest.mark.parametrize(("method", "path"), [("GET", NATIVE), ("GET", "/"), ("POST", "/v1/completions")])
def test_where_nothing_is_there_is_a_404(client: httpx.Client, method: str, path: str) -> None:
    """Other addresses have nothing, and use up no reply."""
    with FakeServer("one", "two") as server:
        assert client.request(method, server.url + path).status_code == 404
        assert said(ask(server, client))["message"]["content"] == "one"


@pytest.mark.parametrize("body", [b"", b"{", b"[1]"])
def test_a_question_is_a_json_object(client: httpx.Client, body: bytes) -> None:
    """Anything else is refused, whatever the script says."""
    with FakeServer() as server:
        response = client.post(f"{server.openai_url}/chat/completions", content=body)
    assert (response.status_code, response.json()["error"]["message"]) == (400, "the body is not a JSON object")


def test_connections_have_numbers(client: httpx.Client) -> None:
    """One connection serves many requests; another client has another."""
    with FakeServer() as server, httpx.Client(trust_env=False) as other:
        ask(server, client)
        ask(server, client)
        ask(server, other)
        assert [request.connection for request in server.requests] == [0, 0, 1]
        assert server.connections == 2
        other.close()
        server.wait_until(lambda: server.connections == 1)


def test_questions_at_once_are_counted() -> None:
    """Two that are held until both are there are two at once."""
    with FakeServer() as server, httpx.Client(trust_env=False, timeout=WATCHDOG) as client:

        def together(_: Request) -> Reply:
            server.wait_for(2)
            return Reply()

        server.then(together)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: ask(server, client), range(2)))
        assert server.most_at_once == 2


@pytest.mark.parametrize("reply", [Reply(), Reply(fault="trickle"), Reply(status=429)])
def test_a_question_is_over_before_its_client_can_know(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    """Who asks again at once is not counted twice."""
    known, early = threading.Event(), list[bool]()
    with FakeServer(reply) as server:
        over = server._record.on_reply_end

        def late(request: Request) -> None:
            early.append(known.wait(0.1))
            over(request)

        monkeypatch.setattr(server._record, "on_reply_end", late)
        ask(server, client)
        known.set()
    assert early[0] is False


def test_waiting_in_vain_says_what_came(client: httpx.Client) -> None:
    """Who waits too long is told what the server has seen."""
    with FakeServer() as server:
        ask(server, client)
        with pytest.raises(TimeoutError, match="within 0 s; the fake server has seen 1 questions in 1 requests"):
            server.wait_for(2, timeout=0.0)


def test_only_the_last_requests_are_kept(client: httpx.Client) -> None:
    """A server that runs for long forgets."""
    with FakeServer(keep=2) as server:
        for _ in range(3):
            ask(server, client)
        assert [request.id for request in server.requests] == ["fake-0-2", "fake-0-3"]


def test_it_can_go_away_and_come_back(client: httpx.Client) -> None:
    """Closed, it refuses; started again, it is where it was, and goes on with its script."""
    server = FakeServer("one", "two").start()
    assert said(ask(server, client))["message"]["content"] == "one"
    server.close()
    with pytest.raises(httpx.ConnectError):
        ask(server, client)
    with server:
        assert said(ask(server, client))["message"]["content"] == "two"
        assert [request.connection for request in server.requests] == [0, 1]
    server.close()


def test_a_function_may_close_the_server(client: httpx.Client) -> None:
    """A server that dies in the middle of a question leaves it without a reply."""
    with FakeServer() as server:

        def die(_: Request) -> Reply:
            server.close()
            return Reply()

        server.then(die)
        with pytest.raises(httpx.RemoteProtocolError):
            ask(server, client)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Reply(fault="explode"), "there is no fault 'explode', only drop, "),  # pyright: ignore[reportArgumentType] - the point
        (lambda: Reply(seconds=-1.0), "0 seconds or more, not -1"),
    ],
)
def test_a_reply_that_makes_no_sense_is_refused(wrong: Callable[[], Reply], words: str) -> None:
    """It is refused where it is written, not on a thread of the server."""
    with pytest.raises(ValueError, match=words):
        wrong()


def test_it_runs_once_and_has_an_address_then() -> None:
    """There is no address before the start, and no second start."""
    server = FakeServer()
    with pytest.raises(RuntimeError, match="no address before"):
        _ = server.url
    with server, pytest.raises(RuntimeError, match="is already running"):
        server.start()


def test_it_is_there_for_users() -> None:
    """It is shipped with what else tests need."""
    assert (testing.FakeServer, testing.Reply, testing.Request) == (FakeServer, Reply, Request)


def test_its_import_is_light() -> None:
    """It loads none of the packages that take time."""
    heavy = ["cv2", "av", "numpy", "reactivex", "httpx", "dashscope", "requests", "pydantic"]
    code = f"import sys, rxvlm.testing.server; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_run_by_hand(client: httpx.Client, sign: signal.Signals) -> None:
    """It prints its addresses and a line for each request, until it is interrupted."""
    command = [sys.executable, "-m", "rxvlm.testing.server", "--port", "0", "--text", "a dog"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("DashScope: http://127.0.0.1:")
            address = re.search(r"http\S+", process.stdout.readline())
            assert address is not None
            response = client.post(f"{address[0]}/chat/completions", json=question(OPENAI))
            assert said(response)["message"]["content"] == "a dog"
            assert process.stdout.readline().startswith(f"POST {OPENAI}  ")
        finally:
            process.send_signal(sign)
        assert process.wait(WATCHDOG) == 0
