from __future__ import annotations

import base64
import logging
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import reactivex
from conftest import WATCHDOG, wait_until
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import errors
from rxvlm.clip import Clip
from rxvlm.errors import ModelError, ModelUnauthorizedError
from rxvlm.models.dashscope import DashScopeVlm, dashscope
from rxvlm.models.schemas.json_schema import with_schema
from rxvlm.operators import buffer_by_time, encode_jpegs, encode_mp4, flat_map_bounded
from rxvlm.testing import frames_at
from rxvlm.testing.server import FakeServer, Reply, Request
from rxvlm.vlm import Piece, Usage

pytestmark = pytest.mark.usefixtures("clean_environment", "no_threads_left")

Hear = Callable[[Observable[Any]], Any]
KEY = "sk-very-secret"
TIMES = [at / 4 for at in range(16)]


def filmed(encode: Any, times: list[float], size: tuple[int, int] = (64, 48)) -> Clip:
    frames = reactivex.from_iterable(frames_at(times, size=size))
    return frames.pipe(buffer_by_time(max(times) + times[1] - times[0]), encode, ops.first()).run()


@pytest.fixture(scope="module")
def film() -> Clip:
    return filmed(encode_mp4(), TIMES)


@pytest.fixture(scope="module")
def jpegs() -> Clip:
    return filmed(encode_jpegs(), TIMES)


def model_at(server: FakeServer, **settings: Any) -> DashScopeVlm:
    made: dict[str, Any] = {"api_key": KEY, "base_url": server.dashscope_url, "timeout": WATCHDOG, **settings}
    return dashscope(**made)


def sent(request: Request) -> tuple[dict[str, Any], str]:
    """Give the clip's part and the text of a question."""
    (message,) = request.json["input"]["messages"]
    clip, text = message["content"]
    return clip, text["text"]


# What is asked, and what is answered.


def test_a_question_is_asked_and_answered(hear: Hear, film: Clip) -> None:
    """One request with the clip inline, its own rate and no thinking; one piece with all the facts."""
    with FakeServer("a cat") as server:
        heard = hear(model_at(server).ask(film, "What is it?"))
        (request,) = server.requests
    assert heard.items == [Piece("a cat", None, "qwen3-vl-plus", Usage(37, 2, 34), request.id, "stop")]
    clip, text = sent(request)
    assert clip["fps"] == film.fps == 4.0
    assert base64.b64decode(clip["video"].removeprefix("data:video/mp4;base64,")) == film.data
    assert text == "\nWhat is it?"
    assert request.json["parameters"] == {"enable_thinking": False}
    assert request.headers["Authorization"] == f"Bearer {KEY}"


def test_asking_is_cold(hear: Hear, film: Clip) -> None:
    """Nothing is sent before subscription, and every subscription asks anew."""
    with FakeServer() as server:
        answer = model_at(server).ask(film, "What?")
        assert server.requests == []
        hear(answer)
        hear(answer)
        assert len(server.requests) == 2


def test_a_list_of_pictures_goes_with_its_rate(hear: Hear, jpegs: Clip) -> None:
    """As one video, made of frames."""
    with FakeServer() as server:
        hear(model_at(server).ask(jpegs, "What?"))
        clip, _ = sent(server.chats[0])
    assert clip["fps"] == 4.0
    assert [base64.b64decode(url.removeprefix("data:image/jpeg;base64,")) for url in clip["video"]] == list(
        jpegs.contents
    )


def test_a_video_may_go_as_frames(hear: Hear, film: Clip) -> None:
    """Where the user insists."""
    with FakeServer() as server:
        hear(model_at(server, clip_as="frames").ask(film, "What?"))
        clip, _ = sent(server.chats[0])
    assert len(clip["video"]) == len(film.times)


@pytest.mark.parametrize("clip_as", ["auto", "frames"])
def test_more_pictures_than_a_request_may_hold_are_refused(hear: Hear, clip_as: str) -> None:
    """Nothing is sent."""
    clip = filmed(encode_jpegs(), [at / 10 for at in range(251)], size=(8, 8))
    with FakeServer() as server:
        error = hear(model_at(server, clip_as=clip_as).ask(clip, "What?")).error
        assert server.requests == []
    assert isinstance(error, errors.ClipTooLargeError)
    assert "at most 250 pictures, not 251" in str(error)


def test_a_clip_goes_by_upload_only_where_asked_for(hear: Hear, film: Clip, jpegs: Clip) -> None:
    """Each file is uploaded once, with the policy's fields, and named in the question."""
    with FakeServer() as server:
        model = model_at(server, clip_as="upload")
        for clip in (film, jpegs):
            assert hear(model.ask(clip, "What?")).items[-1].usage.video == 34
        first, second = (sent(request)[0]["video"] for request in server.chats)
        routes = Counter(request.route for request in server.requests)
        assert server.uploads[first.removeprefix("oss://")] == film.data
        assert tuple(server.uploads[one.removeprefix("oss://")] for one in second) == jpegs.data
        storing = [request for request in server.requests if request.route == "oss"]
    assert routes == {"policy": 2, "oss": 17, "chat": 2}
    assert {request.headers["Authorization"] for request in storing} == {None}


@pytest.mark.parametrize(
    ("route", "reply", "kind"),
    [
        ("policy", Reply(status=401), errors.ModelUnauthorizedError),
        ("policy", Reply(body=b"{}"), errors.BadAnswerError),
        ("oss", Reply(status=403), errors.ModelUnauthorizedError),
        ("oss", Reply(status=204), errors.ModelRefusedError),
        ("oss", Reply(fault="drop"), errors.ModelDroppedError),
    ],
)
def test_an_upload_that_fails_asks_nothing(
    hear: Hear, film: Clip, route: Any, reply: Reply, kind: type[ModelError]
) -> None:
    """The error is one of ours, and the question is never sent."""
    with FakeServer() as server:
        server.then(reply, route=route)
        error = hear(model_at(server, clip_as="upload").ask(film, "What?")).error
        assert server.chats == []
        assert Counter(request.route for request in server.requests)[route] == 1
    assert type(error) is kind


def test_an_upload_can_be_hung_up(film: Clip) -> None:
    """As every other phase of a call."""
    with FakeServer() as server:
        server.then(Reply(fault="stall"), route="oss")
        asking = model_at(server, clip_as="upload").ask(film, "What?").subscribe()
        server.wait_until(lambda: len(server.requests) == 2)
        asking.dispose()
        assert server.requests[1].hung_up.wait(WATCHDOG)
        server.wait_until(lambda: server.connections == 0)
        assert server.chats == []


@pytest.mark.parametrize("form", ["{}", "file://{}", "oss://bucket{}"])
def test_a_prompt_that_looks_like_a_path_is_never_uploaded(hear: Hear, film: Clip, tmp_path: Path, form: str) -> None:
    """It is a text, whatever it names."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    prompt = form.format(secret)
    with FakeServer() as server:
        hear(model_at(server).ask(film, prompt))
        (request,) = server.requests
        assert sent(request)[1] == f"\n{prompt}"
        assert "X-DashScope-OssResourceResolve" not in request.headers


@pytest.mark.parametrize(
    ("times", "fps"), [([0.0, 0.25, 0.5, 0.75], 4.0), ([0.0, 0.02], 10.0), ([0.0, 20.0, 40.0], 0.1)]
)
def test_the_rate_is_that_of_the_clip(hear: Hear, times: list[float], fps: float) -> None:
    """As far as it may be said: 0.1 to 10 a second; a short clip is padded to 2 s at its own."""
    with FakeServer() as server:
        hear(model_at(server).ask(filmed(encode_mp4(), times), "What?"))
        clip, _ = sent(server.chats[0])
    assert clip["fps"] == fps


def test_parameters_reach_the_request(hear: Hear, film: Clip) -> None:
    """Those that say how the clip is looked at stand with the clip."""
    with FakeServer() as server:
        model = model_at(
            server, temperature=0.1, max_tokens=9, fps=1, max_frames=8, max_pixels=100_000, workspace="ws-1"
        )
        hear(model.ask(film, "What?"))
        (request,) = server.chats
    assert request.json["parameters"] == {"enable_thinking": False, "temperature": 0.1, "max_tokens": 9}
    assert request.headers["X-DashScope-WorkSpace"] == "ws-1"
    clip, _ = sent(request)
    assert {one: clip[one] for one in clip if one != "video"} == {"fps": 1, "max_frames": 8, "max_pixels": 100_000}


def test_a_stream_gives_words_as_they_come(hear: Hear, film: Clip) -> None:
    """The facts come with the last piece."""
    with FakeServer("a black cat") as server:
        heard = hear(model_at(server, stream=True).ask(film, "What?"))
        (request,) = server.chats
    *words, last = heard.items
    assert words == [Piece("a"), Piece(" black"), Piece(" cat")]
    assert last == Piece("", None, "qwen3-vl-plus", Usage(36, 3, 34), request.id, "stop")
    assert request.json["parameters"]["incremental_output"] is True


def test_thoughts_are_no_part_of_the_answer(hear: Hear, film: Clip) -> None:
    """A thinking model streams, and what it thinks is left out."""
    with FakeServer(Reply("a cat", reasoning="it has whiskers")) as server:
        heard = hear(model_at(server, thinking=True).ask(film, "What?"))
        parameters = server.chats[0].json["parameters"]
    assert "".join(piece.text for piece in heard.items) == "a cat"
    assert parameters == {"enable_thinking": True, "incremental_output": True}


@pytest.mark.parametrize("model", ["qvq-max", "qwen3-omni-flash"])
def test_models_that_only_stream_do(hear: Hear, film: Clip, model: str) -> None:
    """Whatever the user says."""
    with FakeServer() as server:
        assert hear(model_at(server, model=model).ask(film, "What?")).ended
        assert server.chats[0].headers["X-DashScope-SSE"] == "enable"


# JSON.


@pytest.mark.parametrize(
    ("prompt", "text"),
    [("What? Answer as json.", "\nWhat? Answer as json."), ("What?", "\nWhat?\nAnswer in JSON.")],
)
def test_a_model_is_held_to_json(hear: Hear, film: Clip, prompt: str, text: str) -> None:
    """By the parameter; the prompt must say the word, and does."""
    with FakeServer("{}") as server:
        hear(with_schema(model_at(server, temperature=0), {"type": "object"}).ask(film, prompt))
        (request,) = server.chats
    assert request.json["parameters"]["response_format"] == {"type": "json_object"}
    assert request.json["parameters"]["temperature"] == 0
    assert sent(request)[1] == text


def test_a_model_that_takes_a_schema_is_given_it(hear: Hear, film: Clip) -> None:
    """The prompt stays as it is."""
    schema = {"type": "object", "properties": {"cats": {"type": "integer"}}}
    with FakeServer("{}") as server:
        hear(with_schema(model_at(server, takes_schema=True), schema).ask(film, "What?"))
        (request,) = server.chats
    held = {"name": "answer", "schema": schema, "strict": True}
    assert request.json["parameters"]["response_format"] == {"type": "json_schema", "json_schema": held}
    assert sent(request)[1] == "\nWhat?"


def test_a_thinking_model_is_asked_in_words_alone() -> None:
    """The two exclude each other."""
    model = dashscope(api_key=KEY, thinking=True)
    assert with_schema(model, {}) is model


# What goes wrong: status, body and codes are the tests of `wire`; here is that each arrives, after one request.

FAULTS: list[tuple[Any, type[ModelError], bool]] = [
    ("drop", errors.ModelDroppedError, False),
    ("reset", errors.ModelDroppedError, False),
    ("drop_body", errors.ModelDroppedError, False),
    ("stream_drop", errors.ModelDroppedError, False),
    ("empty", errors.BadAnswerError, False),
    ("malformed", errors.BadAnswerError, False),
    ("html", errors.BadAnswerError, False),
    ("redirect", errors.ModelNotFoundError, False),
    ("garbage_error", errors.ModelFailedError, True),
    ("html_error", errors.ModelFailedError, True),
    ("business_error", errors.ModelFailedError, True),
    ("stream_error", errors.ModelFailedError, True),
    ("partial", errors.PartialAnswerError, False),
    ("no_output", errors.BadAnswerError, False),
    ("null_output", errors.BadAnswerError, False),
    ("no_choices", errors.BadAnswerError, False),
    ("no_content", errors.BadAnswerError, False),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("fault", "kind", "retryable"), FAULTS)
def test_every_fault_is_one_request_and_one_error(
    hear: Hear, film: Clip, fault: Any, kind: type[ModelError], *, retryable: bool, stream: bool
) -> None:
    """Never a second request, and always an error of ours; one that can be told apart by its request says which."""
    with FakeServer(Reply("two words", fault=fault)) as server:
        error = hear(model_at(server, stream=stream).ask(film, "What?")).error
        (request,) = server.requests
    assert (type(error), error.retryable) == (kind, retryable)
    assert error.request_id in ("", request.id)
    assert bool(error.request_id) != (kind is errors.ModelDroppedError)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", ["stall", "stall_body", "stream_stall", "trickle"])
def test_the_deadline_is_for_the_whole_call(film: Clip, fault: Any, *, stream: bool) -> None:
    """However little comes, and whenever: after so many seconds it is an error, and the server is hung up on."""
    clock, heard, ended = VirtualTimeScheduler(0.0), list[Any](), threading.Event()

    def fail(error: Exception) -> None:
        heard.append(error)
        ended.set()

    with FakeServer(Reply(fault=fault, seconds=0.05 if fault == "trickle" else 0.0)) as server:
        model_at(server, stream=stream).ask(film, "What?").subscribe(lambda _: None, fail, scheduler=clock)
        (request,) = server.wait_for(1)
        clock.advance_to(WATCHDOG - 1)
        assert heard == []
        clock.advance_to(WATCHDOG)
        assert ended.wait(WATCHDOG)
        assert request.hung_up.wait(WATCHDOG)
        assert len(server.requests) == 1
    (error,) = heard
    assert (type(error), error.retryable) == (errors.ModelTimeoutError, False)
    assert str(error) == f"qwen3-vl-plus did not answer within {WATCHDOG:g} s"


@pytest.mark.parametrize("fault", ["stall", "stall_body", "trickle"])
@pytest.mark.parametrize("stream", [False, True])
def test_disposing_hangs_up(film: Clip, fault: Any, *, stream: bool) -> None:
    """The server sees it, nothing more is given, and no connection is left."""
    heard = list[Any]()
    with FakeServer(Reply(fault=fault, seconds=0.05 if fault == "trickle" else 0.0)) as server:
        asking = model_at(server, stream=stream).ask(film, "What?").subscribe(heard.append, heard.append)
        (request,) = server.wait_for(1)
        asking.dispose()
        given = len(heard)
        assert request.hung_up.wait(WATCHDOG)
        server.wait_until(lambda: server.connections == 0)
    assert len(heard) == given


def test_a_deadline_while_it_connects_waits_for_no_connection(film: Clip) -> None:
    """A server that takes no more connections: the error comes at once all the same."""
    clock, heard = VirtualTimeScheduler(0.0), list[Any]()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            model = dashscope(api_key=KEY, base_url=f"http://127.0.0.1:{port}/api/v1", timeout=0.5)
            model.ask(film, "What?").subscribe(heard.append, heard.append, scheduler=clock)
            clock.advance_to(0.5)
            (error,) = heard
    assert (type(error), error.retryable) == (errors.ModelTimeoutError, True)


def test_nobody_there_may_be_asked_again(hear: Hear, film: Clip) -> None:
    """Nothing was sent, so nothing is billed."""
    with FakeServer() as server:
        model = model_at(server)
    error = hear(model.ask(film, "What?")).error
    assert (type(error), error.retryable) == (errors.ModelUnreachableError, True)


def test_a_busy_server_says_when_to_come_again(hear: Hear, film: Clip) -> None:
    """The error has its code, its words, its request and its seconds."""
    with FakeServer(Reply(status=429, message="slow down", headers={"Retry-After": "2"})) as server:
        error = hear(model_at(server).ask(film, "What?")).error
        (request,) = server.requests
    assert isinstance(error, errors.ModelBusyError)
    assert (error.code, error.request_id, error.retry_after) == ("Throttling.RateQuota", request.id, 2.0)
    assert "slow down" in str(error)


def test_a_clip_that_cannot_be_mended_is_never_sent(hear: Hear, jpegs: Clip) -> None:
    """The local gate costs nothing."""
    with FakeServer() as server:
        error = hear(model_at(server, clip_as="video").ask(jpegs, "What?")).error
        assert server.requests == []
    assert isinstance(error, errors.ModelRefusedError)


def test_what_the_sdk_fails_at_is_an_error_of_ours(hear: Hear, film: Clip) -> None:
    """An answer of a shape that nobody foresaw."""
    with FakeServer(Reply(body=b'{"output": {"choices": ["yes"]}}')) as server:
        error = hear(model_at(server).ask(film, "What?")).error
    assert type(error) is errors.BadAnswerError
    assert "the SDK failed with TypeError" in str(error)


# Secrets.


@pytest.mark.parametrize("stream", [False, True])
def test_the_key_is_in_no_repr_and_no_error(hear: Hear, film: Clip, *, stream: bool) -> None:
    """Even where the server repeats it; and no request clings to the error."""
    with FakeServer(Reply(status=401, message=f"no such key: {KEY}")) as server:
        model = model_at(server, stream=stream)
        error = hear(model.ask(film, "What?")).error
    assert KEY not in repr(model)
    assert KEY not in repr(error)
    assert "no such key: ***" in str(error)
    assert (error.__cause__, error.__context__, error.__traceback__) == (None, None, None)


def test_debug_logs_show_no_clip_and_no_key(hear: Hear, film: Clip, caplog: pytest.LogCaptureFixture) -> None:
    """The SDK writes its whole request at DEBUG: a mark stands there for the clip."""
    assert isinstance(film.data, bytes)
    with caplog.at_level(logging.DEBUG), FakeServer() as server:
        hear(model_at(server).ask(film, "What is it?"))
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert "Request body:" in text
    assert "What is it?" in text
    assert base64.b64encode(film.data[:300]).decode() not in text
    assert KEY not in text


def test_expected_errors_are_not_logged(hear: Hear, film: Clip, caplog: pytest.LogCaptureFixture) -> None:
    """The SDK writes a traceback of each that it sees: it sees none."""
    with FakeServer(Reply(status=500), Reply(fault="drop"), Reply(fault="malformed")) as server:
        for _ in range(3):
            hear(model_at(server).ask(film, "What?"))
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


# Its making.


def test_without_a_key_it_cannot_be_made() -> None:
    """One sentence that names the variable to set."""
    with pytest.raises(ModelUnauthorizedError, match="there is no key for DashScope: set DASHSCOPE_API_KEY"):
        dashscope()


def test_the_key_is_found_where_the_sdk_finds_it(
    monkeypatch: pytest.MonkeyPatch, clean_environment: Path, tmp_path: Path
) -> None:
    """An argument before the variable, that before the file it names, that before the one in the home folder."""
    (clean_environment / ".dashscope").mkdir()
    (clean_environment / ".dashscope" / "api_key").write_text("sk-home\n")
    assert dashscope().key == "sk-home"
    named = tmp_path / "key"
    named.write_text(" sk-file \n")
    monkeypatch.setenv("DASHSCOPE_API_KEY_FILE_PATH", str(named))
    assert dashscope().key == "sk-file"
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-variable\n")
    assert dashscope().key == "sk-variable"
    assert dashscope(api_key="sk-argument").key == "sk-argument"


def test_a_key_that_no_header_can_hold_is_refused() -> None:
    """And not repeated."""
    with pytest.raises(ModelUnauthorizedError) as failed:
        dashscope(api_key="sk-one\nsk-two")
    assert "sk-" not in str(failed.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"model": ""},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"clip_as": "gif"},
        {"base_url": "dashscope.aliyuncs.com"},
        {"request_timeout": 5},
        {"session": None},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    """At once, when the model is made."""
    with pytest.raises(ValueError, match=r"dashscope|base_url"):
        dashscope(**settings, api_key=KEY)


def test_the_address_comes_from_the_environment(hear: Hear, film: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the SDK reads it."""
    with FakeServer() as server:
        monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", server.dashscope_url)
        assert hear(dashscope(api_key=KEY).ask(film, "What?")).ended
        assert len(server.chats) == 1


def test_a_model_pickles(hear: Hear, film: Clip) -> None:
    """It goes to where cameras are watched."""
    with FakeServer() as server:
        model = pickle.loads(pickle.dumps(model_at(server, name="front", temperature=0)))
        assert model.name == "front"
        assert hear(model.ask(film, "What?")).ended


def run(code: str, *arguments: str) -> str:
    """Run code in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, timeout=WATCHDOG
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_making_one_loads_nothing_heavy() -> None:
    """The SDK is loaded by the first question, or when it is warmed."""
    code = f"""
import sys, threading
from rxvlm.models.dashscope import dashscope
model = dashscope(api_key="{KEY}")
print([name for name in ("dashscope", "requests", "httpx", "aiohttp", "pydantic") if name in sys.modules])
model.warm()
until = threading.Event()
while "dashscope.aigc.multimodal_conversation" not in sys.modules:
    until.wait(0.01)
"""
    assert run(code) == "[]"


FORKED = f"""
import os, sys, threading
import reactivex
from reactivex import operators as ops
from rxvlm.models.dashscope import dashscope
from rxvlm.operators import buffer_by_time, encode_mp4
from rxvlm.testing import frames_at

clip = reactivex.from_iterable(frames_at([0.0, 1.0])).pipe(buffer_by_time(2.0), encode_mp4(), ops.first()).run()
model = dashscope(api_key="{KEY}", base_url=sys.argv[1], timeout={WATCHDOG})
ask = lambda: "".join(piece.text for piece in model.ask(clip, "What?").pipe(ops.to_list()).run())
answers = [ask()]
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    os.write(writing, ask().encode())
    os._exit(0)
answers += [os.read(reading, 100).decode(), ask()]
os.waitpid(child, 0)
print(answers)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_it_works_after_a_fork() -> None:
    """Parent and child ask with the same model, each on threads and connections of its own."""
    with FakeServer("one", "two", "three") as server:
        answers = run(FORKED, server.dashscope_url)
        assert len({request.connection for request in server.chats}) == 3
    assert sorted(answers.strip("[]").replace("'", "").split(", ")) == ["one", "three", "two"]


# Many at once.

FATES: list[tuple[Reply, type[ModelError] | None]] = [
    *[(Reply("fine"), None)] * 6,
    *((Reply(fault=fault), kind) for fault, kind, _ in FAULTS),
    (Reply(status=429), errors.ModelBusyError),
    (Reply(status=503), errors.ModelFailedError),
    (Reply(fault="stall"), errors.ModelTimeoutError),
    (Reply(fault="stall_body"), errors.ModelTimeoutError),
]


def test_a_storm_loses_nothing_and_doubles_nothing(hear: Hear, film: Clip) -> None:
    """64 at a time of 600 asks, with faults of all kinds: each one request and one end, and nothing is left."""
    asks = range(600)

    def fate(number: int) -> tuple[Reply, type[ModelError] | None]:
        return FATES[number * 7 % len(FATES)]

    def reply(request: Request) -> Reply:
        return fate(int(sent(request)[1]))[0]

    def ask(number: int) -> Observable[tuple[int, type | None]]:
        kind = fate(number)[1]
        model = model_at(server, timeout=0.5 if kind is errors.ModelTimeoutError else WATCHDOG, stream=number % 2 == 0)
        ended = model.ask(film, str(number)).pipe(ops.last(), ops.map(lambda _: (number, None)))
        return ended.pipe(ops.catch(lambda error, _: reactivex.just((number, type(error)))))

    files = psutil.Process().num_fds()
    with FakeServer(reply) as server:
        many = flat_map_bounded(ask, max_concurrent=64, capacity=len(asks), overflow="error")
        heard = hear(reactivex.from_iterable(asks).pipe(many))
        questions = Counter(int(sent(request)[1]) for request in server.chats)
        server.wait_until(lambda: server.connections == 0)
    assert sorted(heard.items) == [(number, fate(number)[1]) for number in asks]
    assert questions == Counter(asks)
    wait_until(lambda: psutil.Process().num_fds() == files)


def test_a_model_without_video_is_asked_with_pictures(hear: Hear, film: Clip) -> None:
    """A video that is refused as such leads to pictures, each with its number; that is remembered."""
    refused = Reply(status=400, code="InvalidParameter", message="The model does not support video input")
    with FakeServer(refused, "a cat", "a dog") as server:
        model = model_at(server)
        assert [hear(model.ask(film, "?")).items[0].text for _ in range(2)] == ["a cat", "a dog"]
        questions = [request.json["input"]["messages"][0]["content"] for request in server.requests]
    kinds = [[next(iter(part)) for part in question] for question in questions]
    assert kinds[0] == ["video", "text"]
    assert kinds[1] == kinds[2] == ["text", "image"] * len(film.times) + ["text"]
    assert questions[1][2]["text"] == "\nFrame 2, t=0.25 s:"
