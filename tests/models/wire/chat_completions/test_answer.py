from __future__ import annotations

import json

import pytest

from rxvlm.errors import BadAnswerError
from rxvlm.models.wire.chat_completions.answer import AnswerReader
from rxvlm.vlm import Usage


@pytest.mark.parametrize("data", ["null", "3", '"text"', "[]", "", '{"a":', "<html>", "[" * 200_000])
def test_what_is_no_answer_is_an_error(data: str) -> None:
    """Anything but an answer is a BadAnswerError."""
    with pytest.raises(BadAnswerError):
        AnswerReader("m", "m").read(data)


@pytest.mark.parametrize(
    "data",
    [
        '{"choices": 3}',
        '{"choices": ["text"]}',
        '{"choices": [{"message": "text"}]}',
        '{"choices": [{"message": {"content": {"text": "a"}}}], "usage": 3, "id": 7, "model": null}',
        '{"choices": [{}], "usage": {"prompt_tokens": "many", "prompt_tokens_details": []}}',
    ],
)
def test_an_answer_of_a_strange_form_is_none(data: str) -> None:
    """Values of wrong types make an answer without text, and no other exception."""
    reader = AnswerReader("m", "m")
    assert reader.read(data) == ""
    reader.complete = True
    with pytest.raises(BadAnswerError):
        reader.last_piece()


@pytest.mark.parametrize(("said", "counted"), [(900.0, 900), (900, 900), ("many", 0), (True, 0), (-1, 0), (None, 0)])
def test_tokens_that_are_given_as_floats_are_counted(said: object, counted: int) -> None:
    """Some servers count in floats; what is no number is 0."""
    reader = AnswerReader("m", "m")
    choice = {"message": {"content": "x"}, "finish_reason": "stop"}
    reader.read(json.dumps({"choices": [choice], "usage": {"prompt_tokens": said}}))
    assert reader.last_piece().usage == Usage(counted)
