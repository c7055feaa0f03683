"""The bytes that answer a request, by its reply in the script. Nothing here sends or waits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

from rxvlm.testing.server.dialects import AnswerPart, dialect_of
from rxvlm.testing.server.reply import Reply, Request, Route
from rxvlm.testing.server.token_counts import addresses_of, count_tokens, parts_of
from rxvlm.testing.server.uploads import policy, refusal, uploaded

_NATIVE = "/api/v1/services/aigc/multimodal-generation/generation"
_JSON: Final = {"Content-Type": "application/json"}
_PAGE: Final = {"Content-Type": "text/html"}
_HTML = b"<html><head><title>Oops</title></head><body>A proxy answers in place of the server.</body></html>"
_SPOILT: Final[Mapping[str, tuple[int, bytes, Mapping[str, str]]]] = {
    "empty": (200, b"", _JSON),
    "html": (200, _HTML, _PAGE),
    "html_error": (502, _HTML, _PAGE),
    "garbage_error": (500, b'{"code":"InternalError","mess', _JSON),
    "redirect": (302, b"", {"Location": "/elsewhere"}),
}
_MODELS: Final = {"object": "list", "data": [{"id": "fake-vlm", "object": "model", "owned_by": "rxvlm"}]}
_ERRORS: Final = ("business_error", "stream_error")


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response, ready to be sent.

    Attributes:
        status: The HTTP status.
        parts: The body: one part, or the events of a stream.
        headers: The headers, without those for the length.
        streamed: Whether it is a stream of events.
    """

    status: int
    parts: tuple[bytes, ...]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    streamed: bool = False


def route_of(method: str, path: str) -> Route:
    """Return what a request is for."""
    if method == "POST":
        if path == _NATIVE or re.fullmatch(r"(/compatible-mode)?/v1/chat/completions", path):
            return "chat"
        return "oss" if path.startswith("/oss/") else ""
    if path == "/api/v1/uploads":
        return "policy"
    return "models" if re.fullmatch(r"(/compatible-mode)?/v1/models", path) else ""


def respond(request: Request, reply: Reply, uploads: dict[str, bytes]) -> Response:
    """Make the response to a request; if the request uploads something, keep that.

    Args:
        request: What the client sent.
        reply: What the script says.
        uploads: The uploaded objects so far, by key; an upload is added to them.
    """
    reply = _refused(request, uploads) or _spelled_out(reply)
    response = _ready_made(reply) or _written(request, reply, uploads)
    marks = {"x-dashscope-partialresponse": "true"} if reply.fault == "partial" else {}
    return replace(response, headers={"x-request-id": request.id, **response.headers, **marks, **reply.headers})


def _refused(request: Request, uploads: Mapping[str, bytes]) -> Reply | None:
    """Return an error if any server would refuse the request, whatever the script says."""
    if not request.route:
        return Reply(status=404, code="NotFound", message=f"there is nothing at {request.method} {request.path}")
    if request.route != "chat":
        return None
    if request.json is None:
        return Reply(status=400, message="the body is not a JSON object")
    for address in (one for part in parts_of(request.json) for one in addresses_of(part) if one.startswith("oss://")):
        if address.removeprefix("oss://") not in uploads:
            return Reply(status=400, message=f"Failed to download multimodal content: {address} was not uploaded")
        if request.headers.get("X-DashScope-OssResourceResolve") != "enable":
            return Reply(status=400, message="an oss:// address needs X-DashScope-OssResourceResolve: enable")
    return None


def _spelled_out(reply: Reply) -> Reply:
    """Replace a fault by the other fields of a reply, where those can express it."""
    if reply.fault == "partial":
        return replace(reply, finish_reason=None)
    if reply.fault == "no_content":
        return replace(reply, text="")
    if reply.fault in _ERRORS and reply.status < HTTPStatus.BAD_REQUEST:
        return replace(reply, status=500)
    return reply


def _ready_made(reply: Reply) -> Response | None:
    """Return the response that is the same for every route and protocol, if the reply asks for one."""
    if reply.body is not None:
        return Response(reply.status, (reply.body,), {"Content-Type": reply.content_type})
    if reply.fault in _SPOILT:
        status, body, headers = _SPOILT[reply.fault]
        return Response(reply.status if reply.status != HTTPStatus.OK else status, (body,), headers)
    return None


def _written(request: Request, reply: Reply, uploads: dict[str, bytes]) -> Response:
    in_body = reply.fault in _ERRORS  # an error that only the body shows, not the status
    refused = reply.status >= HTTPStatus.BAD_REQUEST and not in_body
    if request.route == "chat" and not refused and dialect_of(request).streams(request):
        events = tuple(_events(request, reply, uploads))
        return Response(200, events, {"Content-Type": "text/event-stream;charset=UTF-8"}, streamed=True)
    if in_body or refused:
        return replace(_error(request, reply), status=200 if in_body else reply.status)
    if request.route == "oss":
        return _upload(request, reply, uploads)
    return _json(reply, _body(request, reply, uploads))


def _body(request: Request, reply: Reply, uploads: Mapping[str, bytes]) -> dict[str, Any]:
    if request.route == "chat":
        counts = count_tokens(request.json, reply.text, reply.reasoning, uploads)
        return dialect_of(request).body(request, reply, AnswerPart(reply.text, reply.reasoning), counts)
    return policy(request) if request.route == "policy" else _MODELS


def _events(request: Request, reply: Reply, uploads: Mapping[str, bytes]) -> Iterator[bytes]:
    dialect = dialect_of(request)
    counts = count_tokens(request.json, reply.text, reply.reasoning, uploads)
    said = [AnswerPart(thought=word, last=False) for word in _words(reply.reasoning)]
    said += [AnswerPart(word, last=False) for word in _words(reply.text)]
    bodies = [dialect.body(request, reply, part, counts) for part in said] + dialect.closing(request, reply, counts)
    sent = {"business_error": 0, "stream_error": 1}.get(reply.fault or "", len(bodies))
    for number, body in enumerate(bodies[:sent], 1):
        yield dialect.event(number, _dumped(body, reply))
    if reply.fault in _ERRORS:
        yield dialect.event(sent + 1, json.dumps(dialect.error(request, reply)), reply.status)
    else:
        yield dialect.end


def _error(request: Request, reply: Reply) -> Response:
    if request.route == "oss":
        return Response(reply.status, (refusal(reply),), {"Content-Type": "application/xml"})
    return _json(reply, dialect_of(request).error(request, reply))


def _upload(request: Request, reply: Reply, uploads: dict[str, bytes]) -> Response:
    key, data = uploaded(request)
    if uploads.setdefault(key, data) is not data:
        return _error(request, Reply(status=409, code="FileAlreadyExists", message=f"{key} already exists"))
    return Response(reply.status, (b"",))


def _json(reply: Reply, body: dict[str, Any]) -> Response:
    return Response(reply.status, (_dumped(body, reply).encode(),), _JSON)


def _dumped(body: dict[str, Any], reply: Reply) -> str:
    text = json.dumps(body, ensure_ascii=False)
    return text[: len(text) // 2] if reply.fault == "malformed" else text


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)
