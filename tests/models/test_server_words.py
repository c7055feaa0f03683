"""What servers send, in their own spellings: events, errors in the middle of a stream, packed replies."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chatting import Heard, mp4_clip
from conftest import WATCHDOG

from rxvlm.clip import Clip
from rxvlm.errors import BadAnswerError, ModelError, ModelFailedError, ModelUnreachableError, PartialAnswerError
from rxvlm.models import dashscope, openai_compatible, structured
from rxvlm.testing import FakeServer, Reply
from rxvlm.text import split_thoughts
from rxvlm.vlm import Vlm

pytestmark = pytest.mark.usefixtures("clean_environment")
EVENTS = "text/event-stream"
DONE = b"data: [DONE]\n\n"


@pytest.fixture(scope="module")
def clip() -> Clip:
    return mp4_clip()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as fake:
        yield fake


Hear = Callable[..., Heard]


@pytest.fixture
def hear_chat(server: FakeServer, clip: Clip) -> Hear:
    """Return a function that gives a body as the answer of a server with OpenAI's protocol."""

    def heard(body: bytes, content_type: str = EVENTS, **reply: Any) -> Heard:
        server.then(Reply(body=body, content_type=content_type, **reply))
        made = openai_compatible(server.openai_url, "m", stream=True, timeout=WATCHDOG)
        return Heard(made.ask(clip, "What happens?")).wait()

    return heard


@pytest.fixture
def hear_dashscope(server: FakeServer, clip: Clip) -> Hear:
    """Return a function that gives a body as the answer of DashScope."""

    def heard(body: bytes, content_type: str = EVENTS, *, stream: bool = True, **reply: Any) -> Heard:
        server.then(Reply(body=body, content_type=content_type, **reply))
        made: Vlm = dashscope("m", api_key="k", base_url=server.dashscope_url, stream=stream, timeout=WATCHDOG)
        return Heard(made.ask(clip, "What happens?")).wait()

    return heard


def chunk(text: str | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "choices": [{"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}],
        **more,
    }


def output(text: str, finish: str = "null", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": [{"text": text}]}
    return {"output": {"choices": [{"message": message, "finish_reason": finish}]}, "request_id": "r", **more}


def data(said: Any, indent: int | None = None) -> bytes:
    return b"".join(f"data: {line}\n".encode() for line in json.dumps(said, indent=indent).split("\n")) + b"\n"


HELLO = [data(chunk("Hello ")), data(chunk("world")), data(chunk(None, "stop")), DONE]
PRETTY = [data(chunk("Hello "), 1), data(chunk("world"), 1), data(chunk(None, "stop"), 1), DONE]
DASHSCOPE_HELLO = [
    b"id:1\nevent:result\n:HTTP_STATUS/200\n" + data(output("Hello ")),
    b"id:2\nevent:result\n:HTTP_STATUS/200\n" + data(output("world", "stop")),
]
SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "as usual": lambda body: body,
    "byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "CR": lambda body: body.replace(b"\n", b"\r"),
    "CRLF": lambda body: body.replace(b"\n", b"\r\n"),
    "no space": lambda body: body.replace(b"data: ", b"data:"),
    "comments": lambda body: b": alive\n\n" + body.replace(b"\n\n", b"\n\n: alive\n\n"),
    "last line not ended": lambda body: body.rstrip(b"\n"),
}
TYPES = [EVENTS, "Text/Event-Stream", "text/event-stream;charset=UTF-8", "TEXT/EVENT-STREAM ; x=y", "text/plain"]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("events", [HELLO, PRETTY], ids=["one line", "several lines"])
def test_nothing_of_a_stream_is_lost(hear_chat: Hear, events: list[bytes], spelling: str) -> None:
    """Every spelling of events that the standard allows gives the whole answer."""
    assert hear_chat(SPELLINGS[spelling](b"".join(events))).text == "Hello world"


@pytest.mark.parametrize("content_type", [*TYPES, "application/octet-stream", "application/json"])
def test_the_type_of_the_body_is_not_needed(hear_chat: Hear, content_type: str) -> None:
    """Events are events, whatever their Content-Type is."""
    assert hear_chat(b"".join(HELLO), content_type).text == "Hello world"


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("content_type", TYPES)
def test_dashscope_streams_in_every_spelling(hear_dashscope: Hear, content_type: str, spelling: str) -> None:
    """The SDK gets the events in the one spelling that it reads."""
    heard = hear_dashscope(SPELLINGS[spelling](b"".join(DASHSCOPE_HELLO)), content_type)
    assert (heard.text, heard.error) == ("Hello world", None)


def test_sloppy_events_without_a_blank_line_between(hear_chat: Hear) -> None:
    """Several documents in one event are read one after the other."""
    assert hear_chat(b"".join(HELLO).replace(b"\n\n", b"\n") + b"\n").text == "Hello world"


ERROR = {"error": {"code": 503, "message": "the GPU is on fire", "type": "server_error"}}
BROKEN = {
    "error field": b"error: " + json.dumps(ERROR["error"]).encode() + b"\n\n" + DONE,
    "error field in words": b"error: the GPU is on fire\n\n" + DONE,
    "error event": b"event: error\ndata: " + json.dumps({"message": "the GPU is on fire"}).encode() + b"\n\n" + DONE,
    "error event in words": b"event: error\ndata: the GPU is on fire\n\n" + DONE,
    "error data": data(ERROR) + DONE,
    "detail": data({"detail": "the GPU is on fire"}) + DONE,
    "JSON between the events": json.dumps(ERROR).encode() + b"\n\n" + DONE,
    "pretty JSON at the end": json.dumps(ERROR, indent=1).encode(),
    "in the choice": data({"choices": [{"delta": {}, "finish_reason": "error", **ERROR}]}) + DONE,
    "words at the end": b"upstream: the GPU is on fire",
}


@pytest.mark.parametrize("begun", [b"", b"".join(HELLO[:1])], ids=["at once", "after a word"])
@pytest.mark.parametrize("how", BROKEN)
def test_what_broke_is_said_in_the_words_of_the_server(hear_chat: Hear, how: str, begun: bytes) -> None:
    """An error in a stream is an error, in whatever field or form it comes."""
    heard = hear_chat(begun + BROKEN[how])
    assert isinstance(heard.error, ModelError)
    assert "the GPU is on fire" in str(heard.error)


@pytest.mark.parametrize("cut", range(len(HELLO[0]) + 1, len(HELLO[0] + HELLO[1]) + 2, 7))
def test_an_answer_that_ends_without_its_end_is_an_error(hear_chat: Hear, cut: int) -> None:
    """A connection that ends before the server says so gives no answer, wherever it ends."""
    assert isinstance(hear_chat(b"".join(HELLO)[:cut]).error, PartialAnswerError)


@pytest.mark.parametrize("finish", ["abort", "aborted", "cancelled", "timeout", {"type": "abort", "message": "x"}])
def test_an_answer_that_the_server_gave_up_is_an_error(hear_chat: Hear, finish: Any) -> None:
    """A reason to end that is none of the model is not taken for the end."""
    assert isinstance(hear_chat(HELLO[0] + data(chunk(None, finish)) + DONE).error, PartialAnswerError)


@pytest.mark.parametrize("cut", [0, 30, 90])
def test_a_stream_of_dashscope_that_is_cut_is_an_error(hear_dashscope: Hear, cut: int) -> None:
    """The same with the SDK: a cut event is no answer."""
    heard = hear_dashscope(DASHSCOPE_HELLO[0] + DASHSCOPE_HELLO[1][:cut])
    assert isinstance(heard.error, PartialAnswerError)


def test_an_error_as_the_body_of_a_stream_of_dashscope(hear_dashscope: Hear) -> None:
    """JSON in the place of events is read."""
    body = json.dumps({"code": "InternalError", "message": "the GPU is on fire", "request_id": "r"}).encode()
    heard = hear_dashscope(body)
    assert isinstance(heard.error, ModelFailedError)
    assert "the GPU is on fire" in str(heard.error)


def deflated(body: bytes) -> bytes:
    return zlib.compress(body)


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "GZIP": gzip.compress,
    "gzip, gzip": lambda body: gzip.compress(gzip.compress(body)),
    "deflate": deflated,
    "br": lambda body: body,
    "zstd": lambda body: body,
    "identity, x-unknown": lambda body: body,
}


@pytest.mark.parametrize("encoding", PACKED)
def test_a_packed_answer_is_an_error(hear_chat: Hear, hear_dashscope: Hear, encoding: str) -> None:
    """Both clients ask for replies that are not packed, and unpack none."""
    headers = {"Content-Encoding": encoding}
    packed = PACKED[encoding]
    chat = hear_chat(packed(b"".join(HELLO)), headers=headers)
    sdk = [
        hear_dashscope(packed(b"".join(DASHSCOPE_HELLO)), headers=headers),
        hear_dashscope(
            packed(json.dumps(output("a", "stop")).encode()), "application/json", stream=False, headers=headers
        ),
    ]
    for heard in (chat, *sdk):
        assert isinstance(heard.error, BadAnswerError)
        assert f"encoding that was not asked for: {encoding}" in str(heard.error)


def test_a_packed_error_is_the_error_of_its_status(hear_chat: Hear, hear_dashscope: Hear) -> None:
    """The status says what went wrong, even if the words cannot be read."""
    for hear in (hear_chat, hear_dashscope):
        heard = hear(gzip.compress(b"{}"), "application/json", status=503, headers={"Content-Encoding": "gzip"})
        assert isinstance(heard.error, ModelFailedError)


def test_an_encoding_that_is_none_is_fine(hear_chat: Hear) -> None:
    """Identity is what was asked for."""
    assert hear_chat(b"".join(HELLO), headers={"Content-Encoding": "Identity"}).text == "Hello world"


def test_neither_client_asks_for_an_encoding(server: FakeServer, hear_chat: Hear, hear_dashscope: Hear) -> None:
    """What a server is asked for is what is read."""
    hear_chat(b"".join(HELLO))
    hear_dashscope(b"".join(DASHSCOPE_HELLO))
    assert [request.headers["Accept-Encoding"] for request in server.requests] == ["identity", "identity"]


THOUGHT = {
    "tags": {"content": "<think>\nOkay, a car?\n</think>\n\nA car passes."},
    "no opening tag": {"content": "Okay, a car?\n</think>\n\nA car passes."},
    "reasoning_content": {"content": "A car passes.", "reasoning_content": "Okay, a car?"},
    "reasoning": {"content": "A car passes.", "reasoning": "Okay, a car?"},
    "both": {"content": "A car passes.", "reasoning": "Okay, a car?", "reasoning_content": "Okay, a car?"},
    "parts": {
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "Okay, a car?"}]},
            {"type": "text", "text": "A car passes."},
        ]
    },
}


def whole(message: Any, finish: str = "stop") -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return json.dumps({"choices": [choice]}).encode()


@pytest.mark.parametrize("where", THOUGHT)
def test_thoughts_are_apart(hear_chat: Hear, where: str) -> None:
    """Wherever a server puts thoughts, they are no part of the text."""
    heard = hear_chat(whole(THOUGHT[where]), "application/json")
    assert (heard.text, heard.pieces[-1].thought) == ("A car passes.", "Okay, a car?")


@pytest.mark.parametrize("where", ["tags", "reasoning_content", "no opening tag"])
def test_thoughts_of_dashscope_are_apart(hear_dashscope: Hear, where: str) -> None:
    """The same with the SDK."""
    message = {"role": "assistant", **THOUGHT[where]}
    body = {"output": {"choices": [{"message": message, "finish_reason": "stop"}]}, "request_id": "r"}
    heard = hear_dashscope(json.dumps(body).encode(), "application/json", stream=False)
    assert (heard.text, heard.pieces[-1].thought) == ("A car passes.", "Okay, a car?")


@pytest.mark.parametrize(
    ("finish", "kind"), [("stop", BadAnswerError), ("length", PartialAnswerError)], ids=["stop", "length"]
)
@pytest.mark.parametrize(
    "message",
    [{"content": "<think>Okay, the user"}, {"content": None, "reasoning": "Okay"}, {"content": " ", "reasoning": "Ok"}],
)
def test_only_thoughts_are_an_error_that_says_so(
    hear_chat: Hear, message: dict[str, Any], finish: str, kind: type[ModelError]
) -> None:
    """A model that thought and did not answer is not shown as one that answered nothing."""
    error = hear_chat(whole(message, finish), "application/json").error
    assert type(error) is kind
    assert "only thoughts" in str(error)


def test_a_stream_is_held_back_once_a_thought_was_not_opened(server: FakeServer, clip: Clip) -> None:
    """The first time the whole answer can be split; from then on nothing is emitted before the end."""
    words = [data(chunk(text)) for text in ("Okay, ", "a car?", "</think>", "\n\nA car ", "passes.")]
    body = b"".join([*words, data(chunk(None, "stop")), DONE])
    server.then(*[Reply(body=body, content_type=EVENTS)] * 2)
    made = openai_compatible(server.openai_url, "m", stream=True, timeout=WATCHDOG)
    first, second = (Heard(made.ask(clip, "What?")).wait() for _ in range(2))
    assert split_thoughts(first.text)[0] == "A car passes."
    assert [piece.text for piece in second.pieces] == ["A car passes."]
    assert second.pieces[-1].thought == "Okay, a car?"


def test_a_stream_inside_think_is_held_back(hear_chat: Hear) -> None:
    """What comes after the thought is streamed, and the last piece has the thought."""
    words = ("<th", "ink>Okay, ", "a car?</think>", "\n\n", "A car ", "passes.")
    heard = hear_chat(b"".join([*map(data, map(chunk, words)), data(chunk(None, "stop")), DONE]))
    assert [piece.text for piece in heard.pieces] == ["A car ", "passes.", ""]
    assert heard.pieces[-1].thought == "Okay, a car?"


CAR = "\U0001f697"


def test_halves_of_a_letter_in_two_chunks_are_joined(hear_chat: Hear, hear_dashscope: Hear) -> None:
    """An emoji that a server cuts in two is whole, and half a one is replaced."""
    chat = hear_chat(data(chunk("car \ud83d")) + data(chunk("\ude97!\ud800", "stop")) + DONE)
    sdk = hear_dashscope(data(output("car \ud83d")) + data(output("\ude97!\ud800", "stop")))
    assert (chat.text, sdk.text) == (f"car {CAR}!\ufffd", f"car {CAR}!\ufffd")


def test_structured_answers_are_valid_unicode(server: FakeServer, clip: Clip) -> None:
    """A cut emoji and half a one in JSON are asked for once."""
    parts = data(chunk('{"note": "\ud83d')) + data(chunk('\ude97 \\ud800"}', "stop")) + DONE
    server.then(Reply(body=parts, content_type=EVENTS))
    made = openai_compatible(server.openai_url, "m", stream=True, timeout=WATCHDOG)
    schema = {"type": "object", "properties": {"note": {"type": "string"}}}
    (piece,) = Heard(structured(made, schema).ask(clip, "What?")).wait().pieces
    assert piece.value == {"note": f"{CAR} \ufffd"}
    assert json.loads(piece.text) == piece.value
    assert len(server.chats) == 1


@pytest.mark.parametrize("entries", ["localhost,127.0.0.1,::1/128", "127.0.0.0/8", "[::1", "*", "", "10.0.0.0/99 a,,b"])
def test_no_entry_of_no_proxy_breaks_a_call(
    hear_chat: Hear, hear_dashscope: Hear, entries: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loopback is asked directly, whatever NO_PROXY holds."""
    monkeypatch.setenv("NO_PROXY", entries)
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert hear_chat(b"".join(HELLO)).text == "Hello world"
    assert hear_dashscope(b"".join(DASHSCOPE_HELLO)).text == "Hello world"


@pytest.mark.parametrize("client", ["chat", "dashscope"])
@pytest.mark.parametrize(
    ("answers", "kind"), [(False, ModelUnreachableError), (True, ModelFailedError)], ids=["dead", "502"]
)
def test_an_error_through_a_proxy_names_it(
    clip: Clip,
    server: FakeServer,
    monkeypatch: pytest.MonkeyPatch,
    client: str,
    kind: type[ModelError],
    *,
    answers: bool,
) -> None:
    """A proxy that is dead or refuses is named, without its password."""
    proxy = f"127.0.0.1:{server.url.rpartition(':')[2]}" if answers else "127.0.0.1:9"
    server.then(Reply(status=502, message="no such host"))
    monkeypatch.setenv("HTTP_PROXY", f"http://me:s3cret@{proxy}")
    made: dict[str, Callable[[], Vlm]] = {
        "chat": lambda: openai_compatible("http://gpu.invalid/v1", "m", timeout=WATCHDOG),
        "dashscope": lambda: dashscope("m", api_key="k", base_url="http://gpu.invalid/api/v1", timeout=WATCHDOG),
    }
    error = Heard(made[client]().ask(clip, "What?")).wait().error
    assert isinstance(error, kind)
    assert f"through the proxy http://{proxy}" in str(error)
    assert "s3cret" not in str(error)
