"""What the fake server is told to do, and what it was asked."""

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

The connection: ``drop`` closes it and ``reset`` aborts it before a reply, ``stall`` never replies; ``drop_body`` and
``stall_body`` do so half way through the body; ``trickle`` sends the body one byte at a time.
The body: ``empty``, ``malformed`` (cut-off JSON) and ``html`` with status 200, ``redirect`` (302), ``garbage_error``
(500, cut-off JSON), ``html_error`` (502).
The answer, all with status 200: ``business_error`` (an error instead), ``partial`` (cut by the server, and marked so),
``no_output``, ``null_output``, ``no_choices`` and ``no_content`` (something that clients rely on is missing).
Streams: ``stream_error``, ``stream_drop`` and ``stream_stall`` come after the first word; where nothing is streamed
they are ``business_error``, ``drop_body`` and ``stall_body``.
"""

Route: TypeAlias = Literal["chat", "policy", "oss", "models", ""]
"""What a request was for: to ask a model, to be allowed an upload, to upload, to list models, nothing that there is."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server does with one request.

    Attributes:
        text: What the model says.
        status: The HTTP status; 400 and more is an error, in the form of the provider.
        code: The provider's own code of an error; "" for the usual one of the status.
        message: The error's words; "" for the usual ones.
        headers: What else the reply's head says: ``{"Retry-After": "2"}``.
        fault: How it goes wrong, see `Fault`.
        seconds: How long it takes before it replies; for a trickle, how long between two bytes.
        finish_reason: Why the model stopped; None where it does not say.
        usage: The tokens, as the provider writes them; None to count them by the published rule,
            ``{}`` to say nothing of them.
        body: The whole body instead, if not None.
        content_type: The media type of ``body``.
        reasoning: What the model thinks before it speaks.
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
        route: What it was for.
        method: ``"GET"``, ``"POST"``, ...
        path: The path asked for, without the query.
        query: The query's fields.
        headers: Its head; a name is found in any case.
        body: Its body, whole.
        json: The body read as a JSON object; None if it is none.
        connection: The number of the connection that it came by.
        at: When it had come in, monotonic seconds.
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

    def __repr__(self) -> str:  # short, and without the key in its headers
        return f"Request({self.method} {self.path}, {len(self.body)} bytes, connection {self.connection})"
