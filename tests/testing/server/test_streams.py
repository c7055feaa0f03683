from __future__ import annotations

from typing import Any

import httpx
import pytest
from asking import DIALECTS, NATIVE, OPENAI, events, stream
from conftest import WATCHDOG

from rxvlm.testing.server import FakeServer, Reply

pytestmark = pytest.mark.usefixtures("no_threads_left")


def test_a_stream_of_dashscope_comes_word_by_word(client: httpx.Client) -> None:
    """Thoughts first, then words, each as what is new; at the end why, and every event has the usage."""
    with FakeServer(Reply("two words", reasoning="let me see")) as server:
        response = stream(server, client, NATIVE)
    assert response.headers["content-type"] == "text/event-stream;charset=UTF-8"
    assert response.text.startswith("id:1\nevent:result\n:HTTP_STATUS/200\ndata:{")
    choices = [event["output"]["choices"][0] for event in events(response)]
    assert "".join(choice["message"]["reasoning_content"] for choice in choices) == "let me see"
    assert [choice["message"]["content"] for choice in choices[3:]] == [[{"text": "two"}], [{"text": " words"}], []]
    assert [choice["finish_reason"] for choice in choices] == ["null"] * 5 + ["stop"]
    assert all(event["usage"] for event in events(response))


def test_a_stream_of_openai_comes_word_by_word(client: httpx.Client) -> None:
    """Each event has what is new, the last says why it ended, and then it is DONE."""
    with FakeServer("two words\n") as server:
        response = stream(server, client, OPENAI)
    heard = events(response)
    deltas = [event["choices"][0]["delta"]["content"] for event in heard]
    assert deltas == ["two", " words", "\n", ""]
    assert [event["choices"][0]["finish_reason"] for event in heard] == [None, None, None, "stop"]
    assert {event["object"] for event in heard} == {"chat.completion.chunk"}
    assert not any("usage" in event for event in heard)
    assert response.text.endswith("\n\ndata: [DONE]\n\n")


def test_openai_tells_the_usage_of_a_stream_who_asks_for_it(client: httpx.Client) -> None:
    """It is one more event, without a choice."""
    with FakeServer(Reply(usage={"prompt_tokens": 7})) as server:
        last = events(stream(server, client, OPENAI, stream_options={"include_usage": True}))[-1]
    assert (last["choices"], last["usage"]) == ([], {"prompt_tokens": 7})


@DIALECTS
def test_a_connection_outlives_a_stream(client: httpx.Client, path: str) -> None:
    """Nothing is left on it that the next reply could be taken for."""
    with FakeServer() as server:
        assert [len(events(stream(server, client, path))) for _ in range(3)] == [4, 4, 4]
        assert [request.connection for request in server.chats] == [0, 0, 0]


@DIALECTS
def test_an_error_comes_before_a_stream(client: httpx.Client, path: str) -> None:
    """Where the status is an error nothing is streamed."""
    with FakeServer(Reply(status=429)) as server:
        response = stream(server, client, path)
    assert (response.status_code, response.headers["content-type"]) == (429, "application/json")


@pytest.mark.parametrize(("fault", "words"), [("stream_error", 1), ("business_error", 0)])
def test_an_error_comes_within_a_stream(client: httpx.Client, fault: Any, words: int) -> None:
    """After the first word, or before it, the status of the whole being 200."""
    with FakeServer(Reply(status=429, code="Throttling", message="tpm", fault=fault)) as server:
        native, openai = stream(server, client, NATIVE), stream(server, client, OPENAI)
    assert (native.status_code, openai.status_code) == (200, 200)
    assert f"id:{words + 1}\nevent:error\n:HTTP_STATUS/429\n" in native.text
    assert [len(events(response)) for response in (native, openai)] == [words + 1] * 2
    assert events(native)[-1] | {"request_id": ""} == {"code": "Throttling", "message": "tpm", "request_id": ""}
    assert events(openai)[-1]["error"]["code"] == "Throttling"
    assert "[DONE]" not in openai.text


@DIALECTS
@pytest.mark.parametrize("fault", ["stream_drop", "drop_body"])
def test_a_stream_breaks_off(client: httpx.Client, path: str, fault: Any) -> None:
    """The connection is closed without the end of the body."""
    with FakeServer(Reply(fault=fault)) as server, pytest.raises(httpx.RemoteProtocolError):
        stream(server, client, path)


@DIALECTS
def test_a_stream_stalls_after_the_first_word(client: httpx.Client, path: str) -> None:
    """One event comes, then nothing until the client hangs up."""
    asked: dict[str, Any] = {"json": {"messages": [], "stream": True}, "headers": {"X-DashScope-SSE": "enable"}}
    with FakeServer(Reply(fault="stream_stall")) as server:
        with client.stream("POST", server.url + path, **asked) as response:
            lines = response.iter_lines()
            assert any(line.startswith("data:") for line in lines)
            (request,) = server.wait_for(1)
            assert not request.hung_up.is_set()
        assert request.hung_up.wait(WATCHDOG)


@DIALECTS
@pytest.mark.parametrize("fault", ["malformed", "no_choices", "partial", "trickle"])
def test_other_faults_are_those_of_the_events(client: httpx.Client, path: str, fault: Any) -> None:
    """What spoils an answer spoils each of its events."""
    with FakeServer(Reply(fault=fault)) as server:
        response = stream(server, client, path)
    if fault == "malformed":
        with pytest.raises(ValueError, match=r"delimiter|Expecting|Unterminated"):
            events(response)
    else:
        choices = [event.get("output", event)["choices"] for event in events(response)]
        reasons = [choice["finish_reason"] for one in choices for choice in one]
        assert (choices == [[]] * 4) == (fault == "no_choices")
        assert ("stop" in reasons) == (fault == "trickle")
