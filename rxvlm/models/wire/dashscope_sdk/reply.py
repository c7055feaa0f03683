"""Read the replies of DashScope's own protocol: their errors, their pieces, their usage. Pure functions."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from rxvlm.errors import BadAnswerError, ModelError, PartialAnswerError
from rxvlm.models.wire.error_table import model_error
from rxvlm.models.wire.refusal import read_refusal
from rxvlm.models.wire.tokens import token_count
from rxvlm.text import ThoughtHabit, ThoughtSplitter
from rxvlm.vlm import Piece, Usage, only_thoughts

_OK = 200
_THOUGHTS = ("reasoning_content", "reasoning")
_PARTIAL = "x-dashscope-partialresponse"


def error_in_reply(name: str, status: int, body: bytes, headers: Mapping[str, str], url: str = "") -> ModelError | None:
    """Return the error in a reply or in an event of a stream; None if it is an answer.

    Args:
        name: The model's name, for the message.
        status: The HTTP status.
        body: The body, or the data of the event.
        headers: The reply's headers.
        url: The address that was asked, for the message.
    """
    said = read_refusal(status, body, headers, time.time())
    if status != _OK:
        return model_error(name, said, url)
    if any(one.lower() == _PARTIAL and value.lower() == "true" for one, value in headers.items()):
        return PartialAnswerError(f"{name} was cut off by its server", code=_PARTIAL, request_id=said.request_id)
    try:
        read = json.loads(body)
    except (ValueError, RecursionError) as error:
        return BadAnswerError(f"{name} {_why_no_json(error, said.message)}", request_id=said.request_id)
    if isinstance(read, dict):
        if isinstance(cast("dict[str, Any]", read).get("output"), dict):
            return None
        if said.code:
            return model_error(name, said)
    return BadAnswerError(f"{name} sent an answer without output", request_id=said.request_id)


def _why_no_json(error: Exception, words: str) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "sent text that is not valid UTF-8"
    if isinstance(error, RecursionError):
        return "sent JSON that is nested too deep"
    return f"did not send JSON: {words or 'nothing'}"


def pieces_in(
    name: str, replies: Iterable[Mapping[str, Any]], habit: ThoughtHabit | None = None
) -> Generator[Piece, None, None]:
    """Yield the pieces of an answer from the SDK's replies: one, or those of a stream with a few words each.

    The last piece has the facts, and the thoughts of the model.

    Args:
        name: The model's name.
        replies: Each has an output: `error_in_reply` has checked that.
        habit: What earlier answers of the model have shown about its thoughts.

    Raises:
        BadAnswerError: If there is no text.
        PartialAnswerError: If no reply says that the answer has ended.
    """
    said = ThoughtSplitter(habit)
    facts, left = Piece(model=name), ""
    for reply in replies:
        message, ended = _message(reply["output"])
        thoughts = (message.get(field) for field in _THOUGHTS)
        text = said.add(_text(message), next((one for one in thoughts if isinstance(one, str) and one), ""))
        facts = replace(
            facts,
            usage=usage_in(reply.get("usage") or {}) or facts.usage,
            request_id=reply.get("request_id") or facts.request_id,
            finish_reason=ended or facts.finish_reason,
        )
        if facts.finish_reason is not None:
            left += text
        elif text:
            yield Piece(text)
    left += said.end(cut=facts.finish_reason == "length")
    _check(name, said, facts)
    yield replace(facts, text=left, thought=said.thought)


def _check(name: str, said: ThoughtSplitter, facts: Piece) -> None:
    """Raise the error of an answer without text, or without an end."""
    finish, request_id = facts.finish_reason, facts.request_id or ""
    if not said.spoke and said.thought and finish is not None:
        raise only_thoughts(name, cut=finish == "length", request_id=request_id)
    if not said.spoke and not said.thought:
        why = f" ({finish})" if finish else ""
        raise BadAnswerError(f"{name} returned an empty answer{why}", request_id=request_id)
    if finish is None:
        raise PartialAnswerError(f"{name} was cut off before the end of its answer", request_id=request_id)


def usage_in(usage: Mapping[str, Any]) -> Usage | None:
    """Return the tokens of any form of usage; None if it has none.

    >>> usage_in({"input_tokens": 1523, "output_tokens": 1, "input_tokens_details": {"video_tokens": 1502}})
    Usage(input=1523, output=1, video=1502)
    """
    tokens_in = token_count(usage.get("input_tokens") or usage.get("prompt_tokens")) or 0
    tokens_out = token_count(usage.get("output_tokens") or usage.get("completion_tokens")) or 0
    if not tokens_in and not tokens_out:
        return None
    details: Mapping[str, Any] = usage.get("input_tokens_details") or usage.get("prompt_tokens_details") or {}
    return Usage(tokens_in, tokens_out, token_count(usage.get("video_tokens", details.get("video_tokens"))))


def _message(output: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """Return (message, finish reason or None) of an output; older models send no choices, but a text."""
    choice: Mapping[str, Any] = next(iter(output.get("choices") or ()), output)
    message: Mapping[str, Any] = choice.get("message") or {}
    finish: Any = choice.get("finish_reason")
    return {"content": choice.get("text"), **message}, None if finish in (None, "", "null") else finish


def _text(message: Mapping[str, Any]) -> str:
    content: Any = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text") or "" for part in content)
