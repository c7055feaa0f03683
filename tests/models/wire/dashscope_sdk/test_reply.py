from __future__ import annotations

import json
from typing import Any

import pytest

from rxvlm.errors import (
    BadAnswerError,
    ModelBusyError,
    ModelError,
    ModelFailedError,
    ModelNotFoundError,
    PartialAnswerError,
)
from rxvlm.models.wire.dashscope_sdk.reply import error_in_reply, pieces_in, usage_in
from rxvlm.vlm import Piece, Usage

HEAD = {"X-Request-Id": "r-1"}


def reply(content: Any, finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    return {"output": {"choices": [{"message": {"content": content}, "finish_reason": finish}]}, **more}


def test_an_answer_with_output_is_good() -> None:
    """Nothing is wrong with it."""
    assert error_in_reply("qwen", 200, json.dumps(reply("yes")).encode(), HEAD) is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (200, b"", BadAnswerError, "qwen did not send JSON: nothing"),
        (200, b'{"output": {"choi', BadAnswerError, 'qwen did not send JSON: {"output": {"choi'),
        (200, b"<html>Welcome</html>", BadAnswerError, "qwen did not send JSON: Welcome"),
        (200, b'{"a": "\xff"}', BadAnswerError, "qwen sent text that is not valid UTF-8"),
        (200, b"[" * 200_000, BadAnswerError, "qwen sent JSON that is nested too deep"),
        (200, b"[1]", BadAnswerError, "qwen sent an answer without output"),
        (200, b"{}", BadAnswerError, "qwen sent an answer without output"),
        (200, b'{"output": null}', BadAnswerError, "qwen sent an answer without output"),
        (200, b'{"output": "yes"}', BadAnswerError, "qwen sent an answer without output"),
        (
            200,
            b'{"code": "Throttling", "message": "slow"}',
            ModelBusyError,
            "qwen is too busy (200): Throttling: slow",
        ),
        (302, b"", ModelNotFoundError, "qwen was not found (302): the server sent no reason"),
        (500, b'{"code": "Inter', ModelFailedError, 'qwen failed (500): {"code": "Inter'),
    ],
)
def test_what_is_no_answer_is_an_error(status: int, body: bytes, kind: type[ModelError], words: str) -> None:
    """The error quotes what came instead, and names the request."""
    error = error_in_reply("qwen", status, body, HEAD)
    assert (type(error), str(error)) == (kind, words)
    assert error is not None
    assert error.request_id == "r-1"


def test_an_answer_that_the_server_cut_off_is_partial() -> None:
    """It says so in a header, and looks like a good one otherwise."""
    headers = {**HEAD, "X-DashScope-PartialResponse": "true"}
    error = error_in_reply("qwen", 200, json.dumps(reply("ye")).encode(), headers)
    assert isinstance(error, PartialAnswerError)
    assert (error.retryable, error.request_id) == (False, "r-1")


@pytest.mark.parametrize(
    "content", ["a cat", [{"text": "a cat"}], [{"text": "a "}, {"text": "cat"}], [{"image": "x"}, {"text": "a cat"}]]
)
def test_the_text_is_read_from_any_form_of_content(content: Any) -> None:
    """A string, or a list of parts, some without text."""
    (piece,) = pieces_in("qwen", [reply(content, request_id="r-1", usage={"input_tokens": 3, "output_tokens": 2})])
    assert piece == Piece("a cat", None, "qwen", Usage(3, 2), "r-1", "stop")


def test_older_models_have_no_choices() -> None:
    """Text and reason stand in the output itself."""
    (piece,) = pieces_in("qwen", [{"output": {"text": "a cat", "finish_reason": "stop", "choices": None}}])
    assert (piece.text, piece.finish_reason, piece.usage) == ("a cat", "stop", None)


def test_a_stream_gives_its_words_as_they_come() -> None:
    """Thoughts are left out; usage and reason are those said last."""
    replies: list[dict[str, Any]] = [
        reply([], "null", usage={"input_tokens": 9, "output_tokens": 1}),
        reply([{"text": "a"}], "null", usage={"input_tokens": 9, "output_tokens": 2}),
        reply([{"text": " cat"}], "stop", usage={"input_tokens": 9, "output_tokens": 3}),
        {"output": {"choices": []}, "usage": {"input_tokens": 9, "output_tokens": 4}, "request_id": "r-2"},
    ]
    pieces = list(pieces_in("qwen", replies))
    assert pieces == [Piece("a"), Piece(" cat", None, "qwen", Usage(9, 4), "r-2", "stop")]


@pytest.mark.parametrize("finish", [None, "", "null"])
def test_an_answer_without_its_end_is_partial(finish: str | None) -> None:
    """An answer without a finish reason has not ended."""
    with pytest.raises(PartialAnswerError, match="cut off before the end") as failed:
        list(pieces_in("qwen", [reply("a c", finish, request_id="r-3")]))
    assert failed.value.request_id == "r-3"


def test_an_answer_cut_by_the_users_own_limit_is_one() -> None:
    """The finish reason says that the answer was cut."""
    (piece,) = pieces_in("qwen", [reply("a c", "length")])
    assert (piece.text, piece.finish_reason) == ("a c", "length")


@pytest.mark.parametrize("empty", [reply(""), reply([]), reply(None), {"output": {"choices": []}}, {"output": {}}])
def test_nothing_said_is_no_answer(empty: dict[str, Any]) -> None:
    """An empty answer is an error, and never a text."""
    with pytest.raises(BadAnswerError, match="qwen returned an empty answer"):
        list(pieces_in("qwen", [empty]))


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        ({}, None),
        ({"input_tokens": 0, "output_tokens": 0, "characters": 0}, None),  # what the SDK makes of none
        ({"input_tokens": 5, "output_tokens": 1}, Usage(5, 1)),
        ({"input_tokens": 5, "output_tokens": 1, "video_tokens": 4}, Usage(5, 1, 4)),
        ({"input_tokens": 5, "output_tokens": 1, "input_tokens_details": {"video_tokens": 4}}, Usage(5, 1, 4)),
        ({"input_tokens": 5, "output_tokens": 1, "input_tokens_details": None}, Usage(5, 1)),
        (
            {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"video_tokens": 4}},
            Usage(5, 1, 4),
        ),
    ],
)
def test_usage_is_read_from_every_form(said: dict[str, Any], usage: Usage | None) -> None:
    """Flat, with details, or in OpenAI's words."""
    assert usage_in(said) == usage


@pytest.mark.parametrize(("said", "counted"), [(900.0, 900), ("many", 0), (-5, 0), (True, 0)])
def test_tokens_that_are_given_as_floats_are_counted(said: object, counted: int) -> None:
    """What is a number is counted, and what is none is 0."""
    assert usage_in({"input_tokens": said, "output_tokens": 5}) == Usage(counted, 5)


def test_a_redirect_and_a_404_show_the_address() -> None:
    """The error says where it was asked, and where a redirect leads."""
    url = "http://gpu:8000/api/v1"
    moved = error_in_reply("qwen", 307, b"", {"Location": "https://gpu.example/api/v1"}, url)
    assert f"at {url}; it redirects to https://gpu.example/api/v1" in str(moved)
    assert f"at {url}: " in str(error_in_reply("qwen", 404, b'{"message": "Not Found"}', {}, url))
