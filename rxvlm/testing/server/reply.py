"""A reply in the script of the fake server, and a request that it got."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Literal, TypeAlias, get_args

Fault: TypeAlias = Literal[
    "drop",
    "reset",
    "stall",
    "drop_body",
    "stall_body",
    "trickle",
    "empty",
    "malformed",
    "html",
    "redirect",
    "garbage_error",
    "html_error",
    "business_error",
    "partial",
    "no_output",
    "null_output",
    "no_choices",
    "no_content",
    "stream_error",
    "stream_drop",
    "stream_stall",
]
"""How a reply goes wrong.

Faults of the connection: ``drop`` closes it and ``reset`` aborts it before the reply; ``stall`` never replies;
``drop_body`` closes it in the middle of the body, ``stall_body`` stops sending there; ``trickle`` sends the body one
byte at a time.
Faults of the body: ``empty``, ``malformed`` (JSON that is cut off) and ``html``, all with status 200; ``redirect``
(302); ``garbage_error`` (500, JSON that is cut off); ``html_error`` (502).
Faults of the answer, all with status 200: ``business_error`` (an error in place of the answer), ``partial`` (the server
cut it, and says so), ``no_output``, ``null_output``, ``no_choices`` and ``no_content`` (a field that clients rely on is
missing).
Faults of a stream, after its first word: ``stream_error``, ``stream_drop`` and ``stream_stall``; without streaming
they are the same as ``business_error``, ``drop_body`` and ``stall_body``.
"""

Route: TypeAlias = Literal["chat", "policy", "oss", "models", ""]
"""What a request is for: ask a model, get permission to upload, upload, list the models; "" for an unknown path."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server does with one request.

    Attributes:
        text: The answer of the model.
        status: The HTTP status; 400 or more makes it an error, in the form of the provider.
        code: The provider's own error code; "" for the usual one of the status.
        message: The error message; "" for the usual one.
        headers: Additional headers: ``{"Retry-After": "2"}``.
        fault: How the reply goes wrong, see `Fault`; None if it does not.
        seconds: Seconds before the reply; for a trickle, seconds between two bytes.
        finish_reason: Why the model stopped; None to leave that out.
        usage: The token counts, as the provider writes them; None to count them by the published rule,
            ``{}`` to leave them out.
        body: The whole body, in place of one made from the fields above; None to make it.
        content_type: The media type of ``body``.
        reasoning: What the model thinks before it answers.
    """

    text: str = "a quiet yard"
    status: int = 200
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    fault: Fault | None = None
    seconds: float = 0.0
    finish_reason: str | None = "stop"
    usage: Mapping[str, Any] | None = None
    body: bytes | None = None
    content_type: str = "application/json"
    reasoning: str = ""

    def __post_init__(self) -> None:
        if self.fault is not None and self.fault not in get_args(Fault):
            raise ValueError(f"there is no fault {self.fault!r}, only {', '.join(get_args(Fault))}")
        if self.seconds < 0:
            raise ValueError(f"a reply takes 0 seconds or more, not {self.seconds:g}")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Request:
    """What a client sent.

    Attributes:
        id: The server's name for it, as its reply says in ``x-request-id``.
        route: What it is for.
        method: ``"GET"``, ``"POST"``, ...
        path: The path, without the query.
        query: The query's fields.
        headers: The headers; names are found in upper or lower case.
        body: The whole body.
        json: The body as a JSON object; None if it is not one.
        connection: The number of the connection it came by.
        at: When it was complete, in seconds of the monotonic clock.
        hung_up: Set when the client closes the connection before the reply has ended.
    """

    id: str
    route: Route
    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes
    json: Any
    connection: int
    at: float
    hung_up: threading.Event = field(default_factory=threading.Event)

    def __repr__(self) -> str:  # short, and without the headers, which hold the key
        return f"Request({self.method} {self.path}, {len(self.body)} bytes, connection {self.connection})"
