from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from chatting import Heard, ask, decoded, jpeg_clip, model, mp4_clip, parts

from rxvlm.clip import Clip
from rxvlm.errors import (
    BadAnswerError,
    ClipTooLargeError,
    ContentFilteredError,
    ModelFailedError,
    ModelRefusedError,
    ModelUnauthorizedError,
    NoVideoInputError,
    PartialAnswerError,
    VideoIgnoredError,
)
from rxvlm.models.openai_compatible import openai_compatible
from rxvlm.models.schemas.json_schema import with_schema
from rxvlm.models.wire.chat_completions.capabilities import SERVERS, Server
from rxvlm.testing import FakeServer, Reply
from rxvlm.vlm import Piece, Usage

pytestmark = pytest.mark.usefixtures("clean_environment", "no_threads_left")
NO_VIDEO = Reply(status=400, message="unknown variant `video_url`, expected one of `text`, `image_url`")
SCHEMA = {"type": "object", "properties": {"cars": {"type": "integer"}}}


@pytest.fixture(autouse=True)
def _soon_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rxvlm.models.wire.chat_completions.http_thread.IDLE_SECONDS", 0.05)
    monkeypatch.setattr("rxvlm.concurrency.workers.IDLE_SECONDS", 0.05)


def test_a_question_is_sent_when_somebody_listens() -> None:
    """Nothing is sent before subscription; each subscription asks anew."""
    with FakeServer("one", "two") as server:
        answer = model(server).ask(mp4_clip(), "What happens?")
        assert server.requests == []
        assert [Heard(answer).wait().text for _ in range(2)] == ["one", "two"]
        assert len(server.chats) == 2


def test_a_video_is_sent_as_it_is() -> None:
    """An MP4 goes inline and unchanged, with the prompt behind it and the length said before."""
    clip = mp4_clip()
    with FakeServer() as server:
        ask(server, clip)
        [request] = server.chats
    video, text = parts(request)
    assert video["type"] == "video_url"
    assert decoded(video["video_url"]["url"]) == ("data:video/mp4;base64", clip.data)
    assert text == {"type": "text", "text": "What happens?"}
    assert request.json.keys() == {"model", "messages"}
    assert request.headers["Content-Length"] == str(len(request.body))
    assert request.headers["Transfer-Encoding"] is None


def test_pictures_are_numbered_and_dated() -> None:
    """Each picture stands behind its number, and its seconds since the first."""
    clip = jpeg_clip(3, fps=4.0)
    with FakeServer() as server:
        ask(server, clip)
        *pictures, text = parts(server.chats[0])
    assert text["text"] == "What happens?"
    assert [one["text"] for one in pictures[::2]] == [
        "Frame 1, t=0.00 s:",
        "Frame 2, t=0.25 s:",
        "Frame 3, t=0.50 s:",
    ]
    assert [decoded(one["image_url"]["url"]) for one in pictures[1::2]] == [
        ("data:image/jpeg;base64", data) for data in clip.contents
    ]


def test_a_list_of_frames_says_its_rate() -> None:
    """DashScope takes pictures as one video, with the rate they were taken at."""
    with FakeServer() as server:
        ask(server, jpeg_clip(5, fps=4.0), server="dashscope", api_key="k")
        video, _ = parts(server.chats[0])
    assert (video["type"], len(video["video"]), video["fps"]) == ("video", 5, 4.0)


def test_a_video_becomes_pictures_off_the_thread_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip is mended on a worker: it may take long, and other calls go on."""
    threads: list[str] = []
    jpegs = Clip.jpegs

    def noted(clip: Clip) -> Clip:
        threads.append(threading.current_thread().name)
        return jpegs(clip)

    monkeypatch.setattr(Clip, "jpegs", noted)
    with FakeServer() as server:
        ask(server, mp4_clip(3), server="ollama")
        assert len(parts(server.chats[0])) == 7
    assert threads == ["rxvlm-models"]


def test_parameters_go_along() -> None:
    """What the caller gives is sent, and overrides what a server is usually told; None leaves that out."""
    with FakeServer() as server:
        ask(server, mp4_clip(), temperature=0.1, media_io_kwargs={"video": {"fps": 1}}, server="vllm")
        ask(server, mp4_clip(), server="dashscope", api_key="k", enable_thinking=None)
        first, second = (request.json for request in server.chats)
    assert (first["temperature"], first["media_io_kwargs"]) == (0.1, {"video": {"fps": 1}})
    assert "enable_thinking" not in second


def test_an_answer_carries_its_facts() -> None:
    """The piece of an answer has its tokens, those of the video too, and how and by whom it was given."""
    with FakeServer(Reply("a cat", finish_reason="length")) as server:
        [piece] = ask(server, mp4_clip()).pieces
        request = server.chats[0]
    assert piece == Piece("a cat", None, None, Usage(326, 2, 322), request.id, "length")


def body(**fields: Any) -> Reply:
    choice = {"message": {"role": "assistant", "content": "a cat"}, "finish_reason": "stop"}
    return Reply(body=json.dumps({"choices": [choice], **fields}).encode())


def test_a_server_that_says_little_is_understood() -> None:
    """Usage, model and id may be missing; another model than the one asked is named."""
    with FakeServer(body(), body(model="another", id="chatcmpl-1", usage={"prompt_tokens": 900})) as server:
        first, second = ask(server, mp4_clip()), ask(server, mp4_clip())
    assert first.pieces == [Piece("a cat", request_id="fake-0-1", finish_reason="stop")]
    assert (second.pieces[0].model, second.pieces[0].usage) == ("another", Usage(900, 0))


def test_content_in_parts_is_joined() -> None:
    """Some servers give the text in parts, as it is given to them."""
    content = [{"type": "text", "text": "a "}, {"type": "text", "text": "cat"}]
    with FakeServer(body(choices=[{"message": {"content": content}, "finish_reason": "stop"}])) as server:
        assert ask(server, mp4_clip()).text == "a cat"


@pytest.mark.parametrize(
    ("choice", "kind"),
    [
        ({"message": {"content": ""}, "finish_reason": "length"}, PartialAnswerError),
        ({"message": {"content": None, "reasoning_content": "hm"}, "finish_reason": "stop"}, BadAnswerError),
        ({"message": {"content": "a"}, "finish_reason": "content_filter"}, ContentFilteredError),
        ({"message": {"content": None, "refusal": "I will not"}, "finish_reason": "stop"}, ContentFilteredError),
        ({"message": {"content": "a"}, "finish_reason": "error"}, ModelFailedError),
    ],
)
def test_an_answer_that_is_none(choice: dict[str, Any], kind: type[Exception]) -> None:
    """What has no text, or ended badly, is an error and no answer."""
    with FakeServer(body(choices=[choice])) as server:
        heard = ask(server, mp4_clip())
    assert type(heard.error) is kind
    assert heard.pieces == []


def test_an_answer_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than any answer has are an error."""
    monkeypatch.setattr("rxvlm.models.wire.chat_completions.response_body.MOST_BYTES", 1000)
    with FakeServer("a" * 1000) as server:
        assert type(ask(server, mp4_clip()).error) is BadAnswerError


def test_a_stream_comes_in_pieces() -> None:
    """Words come as they are written; the last piece has the facts, the usage among them."""
    with FakeServer("one two three") as server:
        pieces = ask(server, mp4_clip(), stream=True, server="vllm").pieces
        request = server.chats[0]
    assert [piece.text for piece in pieces] == ["one", " two", " three", ""]
    assert pieces[-1] == Piece("", None, None, Usage(326, 4, 322), request.id, "stop")
    assert pieces[:-1] == [Piece(piece.text) for piece in pieces[:-1]]


def events(*lines: str, ending: str = "\n\n") -> Reply:
    return Reply(body=(ending.join(lines)).encode(), content_type="text/event-stream; charset=utf-8")


DELTA = 'data: {"choices":[{"delta":{"content":"%s"}}]}'


def test_what_else_is_in_a_stream_is_passed_over() -> None:
    """Comments, names of events and empty lines mean nothing; line ends are those of bytes, not of letters."""
    reply = events(
        ": OPENROUTER PROCESSING", "event: message", "data:", DELTA % "a\u2028b\x85", "data: [DONE]", ending="\r\n"
    )
    with FakeServer(reply) as server:
        heard = ask(server, mp4_clip(), stream=True)
    assert (heard.text, heard.error) == ("a\u2028b\x85", None)


@pytest.mark.parametrize("end", ['data: {"choices":[{"delta":{},"finish_reason":"stop"}]}', "data: [DONE]"])
def test_either_end_of_a_stream_will_do(end: str) -> None:
    """A stream is whole once it said why it ended, or that it is done."""
    with FakeServer(events(DELTA % "a cat", end)) as server:
        heard = ask(server, mp4_clip(), stream=True)
    assert (heard.text, heard.error) == ("a cat", None)


def test_a_stream_without_end_is_cut_short() -> None:
    """A stream that stops without saying so is no whole answer."""
    with FakeServer(events(DELTA % "a ca")) as server:
        heard = ask(server, mp4_clip(), stream=True)
    assert heard.text == "a ca"
    assert type(heard.error) is PartialAnswerError


def test_a_server_may_stream_or_not() -> None:
    """What comes is understood, whichever was asked for."""
    with FakeServer(body(), events(DELTA % "a cat", "data: [DONE]")) as server:
        assert ask(server, mp4_clip(), stream=True).text == "a cat"
        assert ask(server, mp4_clip()).text == "a cat"


def test_a_refused_video_goes_again_as_pictures() -> None:
    """A server that knows no video is asked once more, and never again with a video."""
    with FakeServer(NO_VIDEO, "ok") as server:
        asked = model(server)
        assert Heard(asked.ask(mp4_clip(), "What happens?")).wait().text == "ok"
        assert [parts(request)[-2]["type"] for request in server.chats] == ["video_url", "image_url"]
        held = with_schema(asked, SCHEMA)
        assert Heard(held.ask(mp4_clip(), "What happens?")).wait().text == "ok"
        assert [parts(request)[-2]["type"] for request in server.chats[2:]] == ["image_url"]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "unknown variant `video_url`, expected one of `text`, `image_url`"),
        (400, "'url' field must be a base64 encoded image."),
        (400, "unsupported content[].type"),
        (400, "At most 0 video(s) may be provided in one prompt."),
        (422, "Input should be 'image_url' [type=literal_error, input_value='video_url']"),
        (400, "Message content parts of type 'video_url' are not supported."),
    ],
)
def test_words_that_mean_no_video(status: int, message: str) -> None:
    """What servers say to a video that they do not know leads to pictures."""
    with FakeServer(Reply(status=status, code="invalid_request_error", message=message), "ok") as server:
        assert ask(server, mp4_clip()).text == "ok"
        assert len(server.chats) == 2


def test_a_form_that_was_asked_for_is_kept_to() -> None:
    """Who asks for a video gets no pictures, but the server's refusal."""
    with FakeServer(NO_VIDEO) as server:
        assert type(ask(server, mp4_clip(), clip_as="video").error) is NoVideoInputError
        assert len(server.chats) == 1


def test_pictures_are_not_refused_twice() -> None:
    """A server that takes neither is asked twice, and the refusal of the pictures is the error."""
    with FakeServer(NO_VIDEO, Reply(status=400, message="this model takes text only")) as server:
        assert "takes text only" in str(ask(server, mp4_clip()).error)
        assert len(server.chats) == 2


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("clip", [mp4_clip(), jpeg_clip(), mp4_clip(4)], ids=["video", "pictures", "short"])
def test_a_video_that_was_dropped_is_noticed(clip: Clip, stream: bool) -> None:  # noqa: FBT001 - a parameter
    """Usage that holds no more than the text is an error that says so."""
    blind = Reply("I see nothing", usage={"prompt_tokens": 25, "completion_tokens": 3})
    with FakeServer(blind) as server:
        heard = ask(server, clip, server="vllm", stream=stream)
    assert type(heard.error) is VideoIgnoredError
    assert "25 tokens" in str(heard.error)
    assert heard.error.request_id == "fake-0-1"


@pytest.mark.parametrize(
    ("settings", "usage"),
    [
        ({"server": "vllm"}, {"prompt_tokens": 90}),
        ({"server": "vllm"}, {}),
        ({"server": "vllm"}, {"prompt_tokens": 0}),
        ({"server": "ollama"}, {"prompt_tokens": 25}),
    ],
)
def test_a_video_that_was_seen_is_believed(settings: dict[str, Any], usage: dict[str, int]) -> None:
    """A frugal server, one that counts nothing, and one that does not count pictures: all are believed."""
    with FakeServer(Reply("a cat", usage=usage)) as server:
        assert ask(server, mp4_clip(), **settings).text == "a cat"


@pytest.mark.parametrize(
    ("server", "wanted"),
    [
        ("openai", {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}),
        ("dashscope", {"type": "json_object"}),
        ("any", None),
    ],
)
def test_a_schema_is_asked_for_as_the_server_can(server: str, wanted: object) -> None:
    """Where a server keeps a schema it is told of it, where it keeps to JSON it is told that."""
    with FakeServer() as fake:
        plain = model(fake, server=server, api_key="k")
        assert Heard(with_schema(plain, SCHEMA).ask(mp4_clip(), "Count the cars.")).wait().text
        assert Heard(plain.ask(mp4_clip(), "Count the cars.")).wait().text
        asked, unasked = (request.json for request in fake.chats)
    assert asked.get("response_format") == wanted
    assert "response_format" not in unasked


def test_json_is_named_where_it_must_be() -> None:
    """Servers that keep to JSON refuse a prompt that does not name it."""
    with FakeServer() as server:
        held = with_schema(model(server, server="dashscope", api_key="k"), SCHEMA)
        for prompt in ("Count the cars.", "Count the cars, as Json."):
            Heard(held.ask(mp4_clip(), prompt)).wait()
        assert [parts(request)[-1]["text"] for request in server.chats] == [
            "Count the cars.\nAnswer in JSON.",
            "Count the cars, as Json.",
        ]


@pytest.mark.parametrize(
    ("make", "settings", "kind"),
    [
        (jpeg_clip, {"clip_as": "video"}, ModelRefusedError),
        (jpeg_clip, {"server": Server("small", forms=("images",), most_images=7)}, ClipTooLargeError),
    ],
)
def test_what_cannot_be_sent_is_not(make: Callable[[], Clip], settings: dict[str, Any], kind: type[Exception]) -> None:
    """A clip beyond the server's limits is an error, and nothing is sent."""
    with FakeServer() as server:
        assert type(ask(server, make(), **settings).error) is kind
        assert server.requests == []


def test_a_short_video_is_mended_for_dashscope() -> None:
    """A video of less than 2 s stands still at its end: DashScope takes no shorter one."""
    with FakeServer() as server:
        heard = ask(server, mp4_clip(2, fps=4.0), server="dashscope", api_key="k")
    assert heard.error is None
    assert heard.pieces[0].usage is not None
    assert heard.pieces[0].usage.video == 322  # the tokens of 2 s at 4 frames a second


def test_the_name_is_the_callers() -> None:
    """Tables call it what the caller does, else what the server does."""
    assert openai_compatible("http://127.0.0.1:1/v1", "qwen").name == "qwen"
    assert openai_compatible("http://127.0.0.1:1/v1", "qwen", name="left").name == "left"


@pytest.mark.parametrize(
    "settings",
    [
        {"timeout": 0},
        {"clip_as": "gif"},
        {"server": "grandma"},
        {"messages": []},
        {"base_url": "localhost:8000/v1"},
        {"base_url": "http:///v1"},
        {"base_url": "http://host:port/v1"},
        {"base_url": "http://host/v1?key=secret"},
        {"base_url": "http://user:secret@host/v1", "api_key": "k"},
        {"api_key": "two\nlines"},
        {"api_key": "naïve"},
    ],
)
def test_misuse_is_said_at_once(settings: dict[str, Any]) -> None:
    """What can never work is a ValueError, and names no secret."""
    given: dict[str, Any] = {"base_url": "http://127.0.0.1:1/v1", "model": "m", **settings}
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - each has its words
        openai_compatible(**given)
    assert not any(secret in str(raised.value) for secret in ("secret", "lines", "naïve"))


def test_a_parameter_that_is_no_json_is_said_at_once() -> None:
    """What cannot be sent is a TypeError."""
    with pytest.raises(TypeError):
        openai_compatible("http://127.0.0.1:1/v1", "m", stop={1})


@pytest.mark.parametrize("server", ["openai", "openrouter", "dashscope"])
def test_a_missing_key_is_said_at_once(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes nobody without a key is not asked without one; the error names the variable."""
    variable = SERVERS[server].key
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ModelUnauthorizedError, match=variable):
        openai_compatible("http://127.0.0.1:1/v1", "m", server=server)
    with FakeServer() as fake:
        monkeypatch.setenv(variable, " from-the-environment\n")
        ask(fake, jpeg_clip(), server=server)
        ask(fake, jpeg_clip(), server=server, api_key="from-the-caller")
        sent = [request.headers["Authorization"] for request in fake.chats]
    assert sent == ["Bearer from-the-environment", "Bearer from-the-caller"]


def test_a_key_goes_to_its_own_server_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that need no key are sent none that is meant for another."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with FakeServer() as server:
        ask(server, jpeg_clip())
        assert server.chats[0].headers["Authorization"] is None
