from __future__ import annotations

import json
import logging
import pickle
import random
import threading
from pathlib import Path
from typing import Any, get_args

import psutil
import pytest
from chatting import Heard, ask, jpeg_clip, model, mp4_clip
from conftest import WATCHDOG

from rxvlm.errors import (
    BadAnswerError,
    ClipTooLargeError,
    ClipTooShortError,
    ContentFilteredError,
    ModelBusyError,
    ModelDroppedError,
    ModelError,
    ModelFailedError,
    ModelNotFoundError,
    ModelRefusedError,
    ModelTimeoutError,
    ModelUnauthorizedError,
    ModelUnpaidError,
    ModelUnreachableError,
    NoVideoInputError,
    PartialAnswerError,
)
from rxvlm.models.openai_compatible import openai_compatible
from rxvlm.testing import FakeServer, Reply, Request
from rxvlm.testing.server import Fault

pytestmark = pytest.mark.usefixtures("clean_environment", "no_threads_left")

FAULTS: dict[Fault, type[ModelError] | None] = {
    "drop": ModelDroppedError,
    "reset": ModelDroppedError,
    "stall": ModelTimeoutError,
    "drop_body": ModelDroppedError,
    "stall_body": ModelTimeoutError,
    "trickle": None,
    "empty": BadAnswerError,
    "malformed": BadAnswerError,
    "html": BadAnswerError,
    "redirect": ModelNotFoundError,
    "garbage_error": ModelFailedError,
    "html_error": ModelFailedError,
    "business_error": ModelFailedError,
    "partial": PartialAnswerError,
    "no_output": BadAnswerError,
    "null_output": BadAnswerError,
    "no_choices": BadAnswerError,
    "no_content": BadAnswerError,
    "stream_error": ModelFailedError,
    "stream_drop": ModelDroppedError,
    "stream_stall": ModelTimeoutError,
}
STALLS = ("stall", "stall_body", "stream_stall")


@pytest.fixture(autouse=True)
def _soon_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rxvlm.models.wire.chat_completions.http_thread.IDLE_SECONDS", 0.05)
    monkeypatch.setattr("rxvlm.concurrency.workers.IDLE_SECONDS", 0.05)


def test_every_fault_is_tried() -> None:
    """The table below knows each fault of the fake server."""
    assert set(FAULTS) == set(get_args(Fault))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_request_and_one_error(fault: Fault, stream: bool) -> None:  # noqa: FBT001 - a parameter
    """Whatever goes wrong, one request was sent, and the error is one of ours, with the request's id if it is known.

    A bare 500 may mean that the server does not take video: then pictures were sent, too.
    """
    with FakeServer(Reply("one two", fault=fault)) as server:
        heard = ask(server, mp4_clip(), stream=stream, timeout=0.5 if fault in STALLS else WATCHDOG)
        assert len(server.requests) == 1 + (fault == "garbage_error")
    kind = FAULTS[fault]
    assert heard.ends == 1
    if kind is None:
        assert heard.text == "one two"
        return
    assert isinstance(heard.error, ModelError)
    assert type(heard.error) is kind
    assert heard.error.retryable == (kind is ModelFailedError)
    assert str(pickle.loads(pickle.dumps(heard.error))) == str(heard.error)
    if not issubclass(kind, ModelDroppedError | ModelTimeoutError):
        assert heard.error.request_id == "fake-0-1"


NO_QUOTA = "You exceeded your current quota, please check your plan and billing details. See"
CODES: list[tuple[int, str, str, type[ModelError]]] = [
    (400, "invalid_parameter_error", "requirements because: The video file is too short", ClipTooShortError),
    (400, "invalid_parameter_error", "requirements because: The video file is too long", ClipTooLargeError),
    (400, "InvalidParameter", "the range of sequence images should be (4, 512)", ClipTooLargeError),
    (400, "BadRequest.TooLarge", "Exceeded limit on max bytes per data-uri item : 10485760", ClipTooLargeError),
    (400, "InvalidParameter", "Range of input length should be [1, 129024]", ClipTooLargeError),
    (400, "InvalidParameter", "Invalid video file.", ModelRefusedError),
    (400, "InvalidParameter", "CallFailed to download multimodal content", ModelRefusedError),
    (400, "DataInspectionFailed", "Input data may contain inappropriate content.", ContentFilteredError),
    (400, "data_inspection_failed", "Input data may contain inappropriate content.", ContentFilteredError),
    (400, "content_filter", "The response was filtered", ContentFilteredError),
    (400, "Arrearage", "Access denied, please make sure your account is in good standing.", ModelUnpaidError),
    (400, "InvalidParameter", "url error, please check url!", ModelNotFoundError),
    (401, "invalid_api_key", "Incorrect API key provided.", ModelUnauthorizedError),
    (403, "AccessDenied.Unpurchased", "Access to model denied.", ModelUnauthorizedError),
    (403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted.", ModelUnpaidError),
    (404, "model_not_found", "The model `m` does not exist", ModelNotFoundError),
    (404, "model_not_supported", "Unsupported model", ModelNotFoundError),
    (402, "402", "Insufficient credits", ModelUnpaidError),
    (404, "404", "No endpoints found that support video input", NoVideoInputError),
    (400, "BadRequestError", "This model's maximum context length is 32768 tokens", ClipTooLargeError),
    (413, "", "Payload Too Large", ClipTooLargeError),
    (429, "limit_requests", "You exceeded your current requests list.", ModelBusyError),
    (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", ModelBusyError),
    (429, "Throttling.BurstRate", "Request rate increased too quickly.", ModelBusyError),
    (429, "rate_limit_exceeded", "Rate limit reached for gpt-4o", ModelBusyError),
    # The same words twice: DashScope means a limit per minute, OpenAI that there is nothing left to pay with.
    (429, "insufficient_quota", f"{NO_QUOTA} https://help.aliyun.com/zh/model-studio/error-code", ModelBusyError),
    (429, "Throttling.AllocationQuota", f"{NO_QUOTA} error-code#token-limit", ModelBusyError),
    (429, "insufficient_quota", f"{NO_QUOTA} https://platform.openai.com/docs/guides/error-codes", ModelUnpaidError),
    (429, "insufficient_quota", "Allocated quota exceeded, please increase your quota limit.", ModelBusyError),
    (429, "PrepaidBillOverdue", "The prepaid bill is overdue.", ModelUnpaidError),
    (429, "CommodityNotPurchased", "Commodity has not been purchased yet.", ModelUnpaidError),
    (500, "internal_error", "Internal Server Error", ModelFailedError),
    (500, "InternalError.Algo", "inference error", ModelFailedError),
    (500, "RequestTimeOut", "Request timed out, please try again later.", ModelTimeoutError),
    (503, "ModelUnavailable", "Model is unavailable, please try again later.", ModelFailedError),
    (503, "", "", ModelFailedError),
]


@pytest.mark.parametrize(("status", "code", "message", "kind"), CODES)
def test_a_code_of_a_provider_is_one_of_our_errors(
    status: int, code: str, message: str, kind: type[ModelError]
) -> None:
    """Each situation of the providers' tables is one of our errors, with the provider's code, words and id."""
    with FakeServer(Reply(status=status, code=code, message=message, headers={"Retry-After": "7"})) as server:
        error = ask(server, mp4_clip(), clip_as="video").error
        assert len(server.requests) == 1
    assert isinstance(error, ModelError)
    assert type(error) is kind
    assert error.retryable == issubclass(kind, ModelBusyError | ModelFailedError)
    assert error.code == code or not code
    assert message in str(error)
    assert (error.request_id, error.retry_after) == ("fake-0-1", 7.0)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (404, {"error": "model 'qwen' not found"}, ModelNotFoundError, "model 'qwen' not found"),
        (400, {"object": "error", "message": "no", "type": "BadRequestError", "code": 400}, ModelRefusedError, "no"),
        (422, {"detail": [{"loc": ["body"], "msg": "field required"}]}, ModelRefusedError, "field required"),
        (200, {"code": "Throttling", "message": "slow down", "request_id": "r"}, ModelBusyError, "slow down"),
        (200, {"error": {"code": 502, "message": "provider is down"}}, ModelFailedError, "provider is down"),
        (200, {"error": {"code": 429, "message": "upstream"}, "choices": []}, ModelBusyError, "upstream"),
    ],
)
def test_errors_are_read_as_each_server_writes_them(
    status: int, body: dict[str, Any], kind: type[ModelError], words: str
) -> None:
    """Ollama's, vLLM's, FastAPI's, and those that come with status 200."""
    with FakeServer(Reply(status=status, body=json.dumps(body).encode())) as server:
        error = ask(server, mp4_clip()).error
    assert type(error) is kind
    assert words in str(error)


def test_nobody_there_is_unreachable() -> None:
    """A refused connection is an error that may be tried again, and says where."""
    with FakeServer() as server:
        url = server.openai_url
    error = Heard(openai_compatible(url, "m").ask(jpeg_clip(), "")).wait().error
    assert isinstance(error, ModelUnreachableError)
    assert error.retryable
    assert str(error) == f"m cannot be reached at {url}: is the server running?"


def test_a_host_without_address_is_unreachable() -> None:
    """A name that nobody knows is an error in the stream."""
    asked = openai_compatible("http://nobody.invalid/v1", "m")
    error = Heard(asked.ask(jpeg_clip(), "")).wait().error
    assert type(error) is ModelUnreachableError
    assert str(error).startswith("m cannot be reached at http://nobody.invalid/v1: ")


def test_redirects_and_cookies_and_netrc_are_left_alone(clean_environment: Path) -> None:
    """A redirect is not followed, a cookie not sent back, and the key of a ``.netrc`` not used."""
    (clean_environment / ".netrc").write_text("default login somebody password wrong\n")
    (clean_environment / ".netrc").chmod(0o600)
    with FakeServer(Reply(headers={"Set-Cookie": "a=b; Path=/"})) as server:
        asked = model(server, api_key="k")
        for _ in range(2):
            assert Heard(asked.ask(jpeg_clip(), "")).wait().error is None
        second = server.chats[1].headers
    assert (second["Authorization"], second["Cookie"]) == ("Bearer k", None)


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says of proxies holds."""
    monkeypatch.delenv("NO_PROXY")
    with FakeServer("through the proxy") as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        asked = openai_compatible("http://nobody.invalid/v1", "m")
        assert Heard(asked.ask(jpeg_clip(), "")).wait().text == "through the proxy"
        assert proxy.chats[0].headers["Host"] == "nobody.invalid"


def test_a_proxy_that_cannot_be_used_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of a kind that is not known is an error in the stream, without its password."""
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", "carrier-pigeon://me:secret@127.0.0.1:1")
    error = Heard(openai_compatible("http://nobody.invalid/v1", "m").ask(jpeg_clip(), "")).wait().error
    assert isinstance(error, ModelUnreachableError)
    assert not error.retryable
    assert "secret" not in str(error)


def test_no_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Neither key nor password is in a repr, an error or a log, whatever is logged; both are sent."""
    caplog.set_level(logging.DEBUG)
    with FakeServer(Reply(status=401, message="who are you?")) as server:
        keyed = model(server, api_key="sk-secret")
        login = openai_compatible(server.openai_url.replace("http://", "HTTP://me:p%40ss/secret@"), "m")
        errors = [Heard(asked.ask(jpeg_clip(), "")).wait().error for asked in (keyed, login)]
        sent = [request.headers["Authorization"] for request in server.chats]
    assert sent == ["Bearer sk-secret", "Basic bWU6cEBzcy9zZWNyZXQ="]
    shown = [repr(keyed), repr(login), *map(repr, errors), *map(str, errors), caplog.text]
    assert "127.0.0.1" in caplog.text
    assert not [one for one in shown for secret in ("secret", "p%40ss", "bWU6") if secret in one]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_many_asks_at_once_with_random_faults(stream: bool) -> None:  # noqa: FBT001 - a parameter
    """None is lost, none is doubled, each has its own answer or error, and threads and sockets are those of before."""
    faults: list[Fault | None] = [fault for fault in FAULTS if fault not in STALLS]
    plan: list[Fault | None] = random.Random(stream).choices([*faults, *[None] * 20, "stall"], k=200)
    before, sockets = set(threading.enumerate()), psutil.Process().num_fds()

    def reply(request: Request) -> Reply:
        prompt = request.json["messages"][0]["content"][-1]["text"]
        return Reply(prompt, fault=plan[int(prompt.split()[1])])

    clip, left = jpeg_clip(2, size=(64, 48)), 0
    with FakeServer(reply) as server:
        asked = model(server, stream=stream)
        heard = [Heard(asked.ask(clip, f"number {number}")) for number in range(len(plan))]
        for number, one in enumerate(heard):
            if plan[number] != "stall":
                one.wait()
        server.wait_for(len(plan))
        prompts = [request.json["messages"][0]["content"][-1]["text"] for request in server.chats]
        for number, one in enumerate(heard):
            if plan[number] == "stall":
                one.call.dispose()
                left += 1
        assert all(
            request.hung_up.wait(WATCHDOG)
            for request, prompt in zip(server.chats, prompts, strict=True)
            if plan[int(prompt.split()[1])] == "stall"
        )
    assert sorted(prompts) == sorted(f"number {number}" for number in range(len(plan)))
    for number, (one, fault) in enumerate(zip(heard, plan, strict=True)):
        kind = None if fault is None or fault == "stall" else FAULTS[fault]
        assert (type(one.error) if one.error else None, one.ends) == (kind, fault != "stall"), (number, fault)
        assert one.text == f"number {number}" or fault not in (None, "trickle")
    assert left
    for thread in set(threading.enumerate()) - before:
        thread.join(WATCHDOG)
    assert set(threading.enumerate()) <= before
    assert psutil.Process().num_fds() == sockets
