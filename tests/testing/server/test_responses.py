from __future__ import annotations

import httpx
import pytest
from asking import NATIVE, OPENAI, ask, question, said

from rxvlm.models.wire.tokens import text_tokens
from rxvlm.testing.server import FakeServer, Reply

pytestmark = pytest.mark.usefixtures("no_threads_left")


def test_an_answer_of_dashscope(client: httpx.Client) -> None:
    """It looks as DashScope's does, thoughts and tokens too."""
    with FakeServer(Reply("a cat", reasoning="hm", finish_reason="length")) as server:
        response = ask(server, client, NATIVE)
    assert response.headers["x-request-id"] == server.chats[0].id
    asked, thought, spoken = text_tokens("What is it?"), text_tokens("hm"), text_tokens("a cat")
    message = {"role": "assistant", "content": [{"text": "a cat"}], "reasoning_content": "hm"}
    assert response.json() == {
        "output": {"choices": [{"message": message, "finish_reason": "length"}]},
        "usage": {
            "input_tokens": asked,
            "output_tokens": spoken + thought,
            "total_tokens": asked + spoken + thought,
            "input_tokens_details": {"text_tokens": asked},
            "output_tokens_details": {"text_tokens": spoken, "reasoning_tokens": thought},
        },
        "request_id": server.chats[0].id,
    }


def test_an_answer_of_openai(client: httpx.Client) -> None:
    """It looks as OpenAI's does, at either of its addresses."""
    with FakeServer("a cat") as server:
        response = ask(server, client)
        other = client.post(f"{server.url}/compatible-mode/v1/chat/completions", json=question(OPENAI))
    read = response.json()
    assert (read["object"], read["model"], said(response)["finish_reason"]) == ("chat.completion", "m", "stop")
    assert said(response)["message"] == {"role": "assistant", "content": "a cat"} == said(other)["message"]
    assert read["usage"]["prompt_tokens"] == text_tokens("What is it?")
    assert read["usage"]["completion_tokens"] == text_tokens("a cat")


def test_usage_can_be_dictated_or_left_out(client: httpx.Client) -> None:
    """What the Reply says of tokens is said, and nothing if it says nothing."""
    with FakeServer(Reply(usage={"prompt_tokens": 7}), Reply(usage={})) as server:
        assert ask(server, client).json()["usage"] == {"prompt_tokens": 7}
        assert "usage" not in ask(server, client).json()


@pytest.mark.parametrize(
    ("status", "native", "openai"),
    [(429, "Throttling.RateQuota", "limit_requests"), (418, "InvalidParameter", "invalid_parameter_error")],
)
def test_an_error_is_written_as_the_provider_does(client: httpx.Client, status: int, native: str, openai: str) -> None:
    """Its code is the usual one of the status, and the head says what it was told to."""
    with FakeServer(Reply(status=status, message="not now", headers={"Retry-After": "2"})) as server:
        first, second = ask(server, client, NATIVE), ask(server, client)
        one, two = (request.id for request in server.chats)
    assert first.json() == {"code": native, "message": "not now", "request_id": one}
    error = {"message": "not now", "type": openai, "param": None, "code": openai}
    assert second.json() == {"error": error, "request_id": two}
    for response in (first, second):
        assert (response.status_code, response.headers["retry-after"]) == (status, "2")


def test_an_error_has_the_code_that_it_is_given(client: httpx.Client) -> None:
    """A code is said as it is, and the words are the status's own if there are none."""
    with FakeServer(Reply(status=400, code="Arrearage")) as server:
        assert ask(server, client, NATIVE).json()["code"] == "Arrearage"
        assert ask(server, client).json()["error"]["message"] == "Bad Request"


def test_a_body_can_be_given_whole(client: httpx.Client) -> None:
    """It stands for everything that the server would write, with a status and faults of its own."""
    with FakeServer(Reply(status=503, body=b"<sorry>", content_type="text/xml")) as server:
        response = ask(server, client)
    assert (response.status_code, response.content, response.headers["content-type"]) == (503, b"<sorry>", "text/xml")
