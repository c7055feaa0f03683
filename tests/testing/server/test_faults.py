from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from asking import DIALECTS, NATIVE, OPENAI, ask, knock, read, said
from conftest import WATCHDOG

from rxvlm.testing.server import FakeServer, Reply

pytestmark = pytest.mark.usefixtures("no_threads_left")


def test_drop_closes_without_a_reply() -> None:
    """The connection ends, and nothing came."""
    with FakeServer(Reply(fault="drop")) as server, knock(server) as line:
        assert read(line) == b""


def test_reset_aborts_without_a_reply() -> None:
    """The connection is reset."""
    with FakeServer(Reply(fault="reset")) as server, knock(server) as line, pytest.raises(ConnectionResetError):
        read(line)


@pytest.mark.parametrize("reply", [Reply(fault="stall"), Reply(seconds=3600.0)], ids=["stall", "slow"])
def test_whoever_waits_gets_nothing_until_the_server_closes(reply: Reply) -> None:
    """A stall never replies, and neither does an answer that is closed away."""
    with FakeServer(reply) as server, knock(server) as line:
        (request,) = server.wait_for(1)
        server.close()
        assert read(line) == b""
        assert not request.hung_up.is_set()


@pytest.mark.parametrize(
    "reply",
    [Reply(fault="stall"), Reply(seconds=3600.0), Reply(fault="stall_body"), Reply(fault="trickle", seconds=3600.0)],
    ids=["stall", "slow", "stall_body", "trickle"],
)
def test_the_server_sees_who_hangs_up(reply: Reply) -> None:
    """A client that closes before the end of the reply has hung up."""
    with FakeServer(reply) as server:
        with knock(server):
            (request,) = server.wait_for(1)
        assert request.hung_up.wait(WATCHDOG)
        server.wait_until(lambda: server.connections == 0)


def test_whoever_has_the_whole_reply_has_not_hung_up(client: httpx.Client) -> None:
    """Leaving after the answer is no hanging up."""
    with FakeServer() as server:
        ask(server, client)
        client.close()
        server.wait_until(lambda: server.connections == 0)
        assert not server.chats[0].hung_up.is_set()


@pytest.mark.parametrize("fault", ["drop_body", "stall_body", "stream_drop", "stream_stall"])
def test_half_a_body_comes(fault: Any) -> None:
    """The head promises all of it, and the connection ends after the half, at once or when the server closes."""
    with FakeServer(Reply(fault=fault)) as server, knock(server) as line:
        (request,) = server.wait_for(1)
        heard = b""
        while b"\r\n\r\n" not in heard or len(heard.partition(b"\r\n\r\n")[2]) < promised(heard) // 2:
            heard += line.recv(1)
        if "stall" in fault:
            server.close()
        assert read(line) == b""
        assert not request.hung_up.is_set()


def promised(heard: bytes) -> int:
    return int(re.search(rb"Content-Length: (\d+)", heard)[1])  # pyright: ignore[reportOptionalSubscript] - or it fails


def test_a_trickle_is_one_byte_at_a_time() -> None:
    """The first byte of the body comes, and the next only after the pause."""
    with FakeServer(Reply(fault="trickle", seconds=3600.0)) as server:
        server.then(Reply(fault="trickle", body=b"slow"))
        with knock(server) as line:
            whole = b""
            while not whole.endswith(b"\r\n\r\nslow"):
                whole += line.recv(1)


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("empty", 200, "application/json"),
        ("malformed", 200, "application/json"),
        ("html", 200, "text/html"),
        ("html_error", 502, "text/html"),
        ("garbage_error", 500, "application/json"),
    ],
)
@DIALECTS
def test_what_is_no_json(client: httpx.Client, fault: Any, status: int, kind: str, path: str) -> None:
    """The body cannot be read, on a connection that lives."""
    with FakeServer(Reply(fault=fault)) as server:
        response = ask(server, client, path)
        ask(server, client, path)
        assert {request.connection for request in server.requests} == {0}
    assert (response.status_code, response.headers["content-type"]) == (status, kind)
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert (response.content == b"") == (fault == "empty")


def test_a_redirect_leads_to_nothing(client: httpx.Client) -> None:
    """A client that follows it is seen, and finds nothing."""
    with FakeServer(Reply(fault="redirect")) as server:
        assert client.get(server.url + ask(server, client).headers["location"]).status_code == 404
        assert [request.path for request in server.requests] == [OPENAI, "/elsewhere"]


@DIALECTS
def test_a_business_error_has_status_200(client: httpx.Client, path: str) -> None:
    """The error stands in a body that claims success; so does a stream's where nothing is streamed."""
    with FakeServer(Reply(fault="business_error", code="Odd"), Reply(fault="stream_error", code="Odd")) as server:
        for response in (ask(server, client, path), ask(server, client, path)):
            assert (response.status_code, response.json().get("error", response.json())["code"]) == (200, "Odd")


@DIALECTS
def test_a_partial_answer_is_marked(client: httpx.Client, path: str) -> None:
    """The head says so, and why it ended is not said."""
    with FakeServer(Reply("a ca", fault="partial")) as server:
        response = ask(server, client, path)
    assert response.headers["x-dashscope-partialresponse"] == "true"
    assert said(response)["finish_reason"] in (None, "null")


def test_what_is_missing_from_an_answer(client: httpx.Client) -> None:
    """Each of these faults takes away what clients rely on."""
    faults: Any = ["no_output", "null_output", "no_choices", "no_content"]
    with FakeServer() as server:
        server.then(*(Reply(fault=fault) for fault in faults))
        native = [ask(server, client, NATIVE).json() for _ in faults]
        server.then(*(Reply(fault=fault) for fault in faults))
        openai = [ask(server, client).json() for _ in faults]
    assert "output" not in native[0]
    assert [answer["output"] for answer in native[1:3]] == [None, {"choices": []}]
    assert native[3]["output"]["choices"][0]["message"]["content"] == []
    assert "choices" not in openai[0]
    assert [answer["choices"] for answer in openai[1:3]] == [None, []]
    assert openai[3]["choices"][0]["message"]["content"] is None
