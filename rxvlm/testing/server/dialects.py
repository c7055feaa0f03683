"""The two protocols: how each writes an answer, one event of a stream, and an error."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol

from rxvlm.testing.server.reply import Reply, Request
from rxvlm.testing.server.token_counts import TokenCounts, fields_of


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """A whole answer, or what one event of a stream brings of it."""

    text: str = ""
    thought: str = ""
    last: bool = True


class Dialect(Protocol):
    """A protocol: how it writes bodies and events.

    Attributes:
        end: The bytes that end a stream.
    """

    end: bytes

    def streams(self, request: Request) -> bool:
        """Whether the client asked for a stream."""
        ...

    def body(self, request: Request, reply: Reply, said: AnswerPart, counts: TokenCounts) -> dict[str, Any]:
        """Return the body of an answer, or of one event of a stream."""
        ...

    def closing(self, request: Request, reply: Reply, counts: TokenCounts) -> list[dict[str, Any]]:
        """Return the bodies of the events after the last word of a stream."""
        ...

    def error(self, request: Request, reply: Reply) -> dict[str, Any]:
        """Return the body of an error."""
        ...

    def event(self, number: int, data: str, status: int = 200) -> bytes:
        """Return an event around its data; a status of 400 or more makes it an error."""
        ...


class Native:
    """The protocol of DashScope."""

    end = b""

    def streams(self, request: Request) -> bool:
        """Whether the header asks for a stream."""
        return request.headers.get("X-DashScope-SSE") == "enable"

    def body(self, request: Request, reply: Reply, said: AnswerPart, counts: TokenCounts) -> dict[str, Any]:
        """Return the body of an answer or an event: both look the same."""
        message: dict[str, Any] = {"role": "assistant", "content": [{"text": said.text}] if said.text else []}
        if reply.reasoning:
            message["reasoning_content"] = said.thought
        finish = (reply.finish_reason if said.last else None) or "null"
        choices = [] if reply.fault == "no_choices" else [{"message": message, "finish_reason": finish}]
        output = {} if reply.fault == "no_output" else {"output": {"choices": choices}}
        if reply.fault == "null_output":
            output = {"output": None}
        return {**output, **_usage(reply, _native_usage(counts)), "request_id": request.id}

    def closing(self, request: Request, reply: Reply, counts: TokenCounts) -> list[dict[str, Any]]:
        """Return the last event, without text, that says why the model stopped."""
        return [self.body(request, reply, AnswerPart(), counts)]

    def error(self, request: Request, reply: Reply) -> dict[str, Any]:
        """Return an error, its fields at the top level."""
        code = reply.code or _codes(reply.status)[0]
        return {"code": code, "message": _words(reply), "request_id": request.id}

    def event(self, number: int, data: str, status: int = 200) -> bytes:
        """Return an event with its number, kind and status."""
        kind = "error" if status >= HTTPStatus.BAD_REQUEST else "result"
        return f"id:{number}\nevent:{kind}\n:HTTP_STATUS/{status}\ndata:{data}\n\n".encode()


class OpenAI:
    """The protocol of OpenAI, as DashScope and most others speak it."""

    end = b"data: [DONE]\n\n"

    def streams(self, request: Request) -> bool:
        """Whether the body asks for a stream."""
        return request.json.get("stream") is True

    def body(self, request: Request, reply: Reply, said: AnswerPart, counts: TokenCounts) -> dict[str, Any]:
        """Return the body of an answer with its usage, or of an event without."""
        streams = self.streams(request)
        content = None if reply.fault == "no_content" else said.text
        message: dict[str, Any] = {"role": "assistant", "content": content}
        if reply.reasoning:
            message["reasoning_content"] = said.thought
        finish = reply.finish_reason if said.last else None
        choice = {"index": 0, "delta" if streams else "message": message, "finish_reason": finish, "logprobs": None}
        usage = {} if streams else _usage(reply, _openai_usage(counts))
        return {**self._head(request), **_choices(reply, choice), **usage}

    def closing(self, request: Request, reply: Reply, counts: TokenCounts) -> list[dict[str, Any]]:
        """Return why the model stopped, and the usage if the client asked for it."""
        events = [self.body(request, reply, AnswerPart(), counts)]
        if fields_of(request.json.get("stream_options")).get("include_usage"):
            events.append({**self._head(request), "choices": [], **_usage(reply, _openai_usage(counts))})
        return events

    def error(self, request: Request, reply: Reply) -> dict[str, Any]:
        """Return an error, its fields inside ``error``."""
        code = reply.code or _codes(reply.status)[1]
        error = {"message": _words(reply), "type": code, "param": None, "code": code}
        return {"error": error, "request_id": request.id}

    def event(self, number: int, data: str, status: int = 200) -> bytes:
        """Return an event; it holds only its data."""
        _ = number, status
        return f"data: {data}\n\n".encode()

    def _head(self, request: Request) -> dict[str, Any]:
        kind = "chat.completion.chunk" if self.streams(request) else "chat.completion"
        named = {"id": f"chatcmpl-{request.id}", "object": kind}
        return {**named, "created": int(time.time()), "model": request.json.get("model")}


def dialect_of(request: Request) -> Dialect:
    """Return the protocol of a request, by its path."""
    return Native() if request.path.startswith("/api/") else OpenAI()


_CODES: Final = {
    400: ("InvalidParameter", "invalid_parameter_error"),
    401: ("InvalidApiKey", "invalid_api_key"),
    403: ("AccessDenied", "permission_denied"),
    404: ("ModelNotFound", "model_not_found"),
    429: ("Throttling.RateQuota", "limit_requests"),
    500: ("InternalError", "internal_error"),
    503: ("ModelUnavailable", "model_unavailable"),
}


def _codes(status: int) -> tuple[str, str]:
    return _CODES.get(status) or _CODES.get(status // 100 * 100, ("", ""))


def _words(reply: Reply) -> str:
    if reply.message:
        return reply.message
    return HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else f"status {reply.status}"


def _usage(reply: Reply, counted: dict[str, Any]) -> dict[str, Any]:
    usage: Mapping[str, Any] = counted if reply.usage is None else reply.usage
    return {"usage": dict(usage)} if usage else {}


def _choices(reply: Reply, choice: dict[str, Any]) -> dict[str, Any]:
    if reply.fault == "no_output":
        return {}
    return {"choices": None if reply.fault == "null_output" else [] if reply.fault == "no_choices" else [choice]}


def _native_usage(counts: TokenCounts) -> dict[str, Any]:
    return {
        "input_tokens": counts.asked,
        "output_tokens": counts.answered,
        "total_tokens": counts.asked + counts.answered,
        "input_tokens_details": _seen(counts),
        "output_tokens_details": _spoken(counts),
        **({"video_tokens": counts.video} if counts.video else {}),
        **({"image_tokens": counts.image} if counts.image else {}),
    }


def _openai_usage(counts: TokenCounts) -> dict[str, Any]:
    return {
        "prompt_tokens": counts.asked,
        "completion_tokens": counts.answered,
        "total_tokens": counts.asked + counts.answered,
        "prompt_tokens_details": _seen(counts),
        "completion_tokens_details": _spoken(counts),
    }


def _seen(counts: TokenCounts) -> dict[str, int]:
    kinds = {"text_tokens": counts.text, "image_tokens": counts.image, "video_tokens": counts.video}
    return {name: count for name, count in kinds.items() if count or name == "text_tokens"}


def _spoken(counts: TokenCounts) -> dict[str, int]:
    return {"text_tokens": counts.said, **({"reasoning_tokens": counts.thought} if counts.thought else {})}
