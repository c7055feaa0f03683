"""The answers of DashScope's own protocol: what is wrong with one, and what one says. Pure functions."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterable, Mapping
from typing import Any, cast

from rxvlm.errors import BadAnswerError, ModelError, PartialAnswerError
from rxvlm.models.wire.error_table import model_error
from rxvlm.models.wire.refusal import read_refusal
from rxvlm.vlm import Piece, Usage

_OK = 200
_PARTIAL = "x-dashscope-partialresponse"


def error_in_reply(name: str, status: int, body: bytes, headers: Mapping[str, str]) -> ModelError | None:
    """Tell what is wrong with an answer, or with an event of one; None if nothing is.

    Args:
        name: Of the model, for the message.
        status: The HTTP status.
        body: The answer.
        headers: Of the reply.
    """
    said = read_refusal(status, body, headers, time.time())
    if status != _OK:
        return model_error(name, said)
    if any(one.lower() == _PARTIAL and value.lower() == "true" for one, value in headers.items()):
        return PartialAnswerError(f"{name} was cut off by its server", code=_PARTIAL, request_id=said.request_id)
    try:
        read = json.loads(body)
    except ValueError:
        words = f"{name} sent no JSON: {said.message or 'nothing'}"
        return BadAnswerError(words, request_id=said.request_id)
    if isinstance(read, dict):
        if isinstance(cast("dict[str, Any]", read).get("output"), dict):
            return None
        if said.code:
            return model_error(name, said)
    return BadAnswerError(f"{name} sent an answer without output", request_id=said.request_id)


def pieces_in(name: str, replies: Iterable[Mapping[str, Any]]) -> Generator[Piece, None, None]:
    """Give what the SDK's replies say: one, or those of a stream, each the next few words.

    What the model thinks is left out. The last piece carries the facts.

    Args:
        name: Of the model.
        replies: Their output is there: see `error_in_reply`.

    Raises:
        BadAnswerError: If they say nothing.
        PartialAnswerError: If none says that the answer has ended.
    """
    said, left, finish, request_id = False, "", None, None
    usage: Usage | None = None
    for reply in replies:
        text, ended = _words(reply["output"])
        finish = ended or finish
        usage = usage_in(reply.get("usage") or {}) or usage
        request_id = reply.get("request_id") or request_id
        said = said or bool(text)
        if finish is not None:
            left += text
        elif text:
            yield Piece(text)
    if not said:
        why = f" ({finish})" if finish else ""
        raise BadAnswerError(f"{name} said nothing{why}", request_id=request_id or "")
    if finish is None:
        raise PartialAnswerError(f"{name} did not come to the end of its answer", request_id=request_id or "")
    yield Piece(left, model=name, usage=usage, request_id=request_id, finish_reason=finish)


def usage_in(usage: Mapping[str, Any]) -> Usage | None:
    """Read the tokens from any form of usage; None where it says nothing.

    >>> usage_in({"input_tokens": 1523, "output_tokens": 1, "input_tokens_details": {"video_tokens": 1502}})
    Usage(input=1523, output=1, video=1502)
    """
    tokens_in = usage.get("input_tokens") or usage.get("prompt_tokens") or 0
    tokens_out = usage.get("output_tokens") or usage.get("completion_tokens") or 0
    if not tokens_in and not tokens_out:
        return None
    details: Mapping[str, Any] = usage.get("input_tokens_details") or usage.get("prompt_tokens_details") or {}
    return Usage(tokens_in, tokens_out, usage.get("video_tokens", details.get("video_tokens")))


def _words(output: Mapping[str, Any]) -> tuple[str, str | None]:
    """Give (text, why it ended) of an output; older models have no choices."""
    choice: Mapping[str, Any] = next(iter(output.get("choices") or ()), output)
    message: Mapping[str, Any] = choice.get("message") or {}
    content: Any = message.get("content", choice.get("text")) or ""
    text = content if isinstance(content, str) else "".join(part.get("text") or "" for part in content)
    finish: Any = choice.get("finish_reason")
    return text, None if finish in (None, "", "null") else finish
