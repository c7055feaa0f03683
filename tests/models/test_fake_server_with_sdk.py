from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dashscope
import pytest
import requests
from conftest import WATCHDOG

from rxvlm.testing.server import FakeServer, Reply

pytestmark = pytest.mark.usefixtures("clean_environment", "no_threads_left")


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def call(server: FakeServer, session: requests.Session, **asked: Any) -> Any:
    content = [*asked.pop("parts", ()), {"text": "What is it?"}]
    return dashscope.MultiModalConversation.call(
        "qwen3-vl-plus",
        [{"role": "user", "content": content}],
        api_key="sk-test",
        base_address=server.dashscope_url,
        request_timeout=WATCHDOG,
        session=session,
        **asked,
    )


def test_the_sdk_understands_an_answer(session: requests.Session) -> None:
    """The text, the reason, the tokens and the number of the request arrive."""
    with FakeServer("a cat") as server:
        answer = call(server, session)
    (request,) = server.chats
    assert answer.output.choices[0].message.content == [{"text": "a cat"}]
    assert (answer.status_code, answer.request_id, answer.output.choices[0].finish_reason) == (200, request.id, "stop")
    assert answer.usage.input_tokens == 3
    assert request.headers["authorization"] == "Bearer sk-test"


def test_the_sdk_understands_an_error(session: requests.Session) -> None:
    """Status, code, words and head arrive."""
    with FakeServer(Reply(status=429, message="not now", headers={"Retry-After": "2"})) as server:
        answer = call(server, session)
    assert (answer.status_code, answer.code, answer.message) == (429, "Throttling.RateQuota", "not now")
    assert answer.headers["Retry-After"] == "2"


def test_the_sdk_understands_a_stream(session: requests.Session) -> None:
    """Word by word, and then an error that comes in the middle."""
    with FakeServer("two words", Reply("two words", fault="stream_error", status=429)) as server:
        whole = list(call(server, session, stream=True, incremental_output=True))
        broken = list(call(server, session, stream=True, incremental_output=True))
    texts = [[part["text"] for part in answer.output.choices[0].message.content] for answer in whole]
    assert texts == [["two"], [" words"], []]
    assert [answer.output.choices[0].finish_reason for answer in whole] == ["null", "null", "stop"]
    assert [answer.code for answer in broken] == ["", "Throttling.RateQuota"]


def test_the_sdk_uploads_a_file(session: requests.Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It asks for a permission, brings the file, and asks about it."""
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(bytes(range(256)) * 9)
    with FakeServer("a cat") as server:
        monkeypatch.setattr(dashscope, "base_http_api_url", server.dashscope_url)
        answer = call(server, session, parts=[{"video": clip.as_uri(), "fps": 2}])
        assert answer.output.choices[0].message.content == [{"text": "a cat"}]
        assert [request.route for request in server.requests] == ["policy", "oss", "chat"]
        ((key, data),) = server.uploads.items()
        assert data == clip.read_bytes()
        assert server.chats[0].json["input"]["messages"][0]["content"][0] == {"video": f"oss://{key}", "fps": 2}
