from __future__ import annotations

import pytest

from rxvlm.errors import BadAnswerError
from rxvlm.models.wire.chat_completions.answer import AnswerReader


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
