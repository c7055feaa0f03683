"""Refusal: what a server said instead of an answer, read from its reply. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from rxvlm.network.retry_after import retry_after_seconds
from rxvlm.text import valid_unicode

_MOST_WORDS = 300  # characters of a server's message that are passed on
_MOST_READ = 100_000  # characters of it that are searched


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server said instead of an answer.

    Attributes:
        status: The HTTP status; 0 where there is none.
        code: The provider's own code, or "".
        message: Its words, or "", shortened for people.
        request_id: The provider's identifier of the request, or "".
        retry_after: Seconds that it asks to wait, if it does.
        words: All of its words, as far as they are of use to find out what it means.
        location: Where it redirects to, or "".
    """

    status: int
    code: str = ""
    message: str = ""
    request_id: str = ""
    retry_after: float | None = None
    words: str = ""
    location: str = ""


def read_refusal(status: int, body: bytes, headers: Mapping[str, str], now: float) -> Refusal:
    """Read a server's refusal, in any form.

    Args:
        status: The HTTP status.
        body: JSON as DashScope, OpenAI or Ollama write it, or anything else.
        headers: Of the reply; their names in any case.
        now: Seconds since the epoch, for a date in Retry-After.
    """
    low = {name.lower(): value for name, value in headers.items()}
    code, words, request_id = _read_body(body)
    return Refusal(
        status,
        code,
        _short(words),
        request_id or low.get("x-request-id", "") or low.get("request-id", ""),
        retry_after_seconds(low.get("retry-after", ""), now),
        words[:_MOST_READ],
        low.get("location", ""),
    )


def read_error_body(body: bytes) -> tuple[str, str, str]:
    """Return (code, shortened message, request id) from the body of a refusal; "" for what is missing."""
    code, words, request_id = _read_body(body)
    return code, _short(words), request_id


def _read_body(body: bytes) -> tuple[str, str, str]:
    text = body.decode("utf-8", "replace").strip()
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return "", re.sub(r"<[^>]*>|\s+", " ", text), ""
    if not isinstance(read, dict):
        return "", text, ""
    outer = cast("dict[str, Any]", read)
    inner = outer.get("error")
    facts = cast("dict[str, Any]", inner) if isinstance(inner, dict) else outer
    message = inner if isinstance(inner, str) else facts.get("message") or facts.get("detail") or ""
    code = facts.get("code") or facts.get("type") or ""
    request_id = outer.get("request_id") or facts.get("request_id") or ""
    return _word(code), _word(message), _word(request_id)


def _word(value: object) -> str:
    return valid_unicode(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    text = " ".join(valid_unicode(text).split())
    return text if len(text) <= _MOST_WORDS else text[: _MOST_WORDS - 3] + "..."
