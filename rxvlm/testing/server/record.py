"""The script of the fake server, and the requests it got: under one lock, so that tests can wait for a change."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from rxvlm.testing.server.reply import Reply, Request
from rxvlm.testing.server.response import Response, respond

Scripted: TypeAlias = Reply | str | Callable[[Request], Reply | str]
"""A reply, the text that the model says, or a function of the request that returns one of them.

The function is called on a thread of the server; `FakeServer.close` waits for it.
"""


class Record:
    """The scripts of the routes, and what was received.

    Args:
        keep: Number of requests and uploads to keep; older ones are dropped.
    """

    def __init__(self, keep: int) -> None:
        self.changes = threading.Condition()
        self.requests: deque[Request] = deque(maxlen=keep)
        self.uploads: dict[str, bytes] = {}
        self.most_at_once = 0
        self.error: BaseException | None = None
        self._keep = keep
        self._scripts: dict[str, deque[Scripted]] = {}
        self._in_flight: set[Request] = set()

    def script(self, route: str, replies: Sequence[Scripted]) -> None:
        """Replace the script of a route."""
        with self.changes:
            self._scripts[route] = deque(replies or [Reply()])

    def on_request(self, request: Request) -> tuple[Reply, Response]:
        """Keep a request; return its reply and its response."""
        with self.changes:
            script = self._scripts.get(request.route, deque([Reply()]))
            scripted = script.popleft() if len(script) > 1 else script[0]
            self.requests.append(request)
            if request.route == "chat":
                self._in_flight.add(request)
            self.most_at_once = max(self.most_at_once, len(self._in_flight))
            self.changes.notify_all()
        reply = self._reply(scripted, request)
        response = respond(request, reply, self.uploads)
        with self.changes:
            while len(self.uploads) > self._keep:
                del self.uploads[next(iter(self.uploads))]
        return reply, response

    def on_reply_end(self, request: Request) -> None:
        """Take note that the reply to a request has ended; may be called twice."""
        with self.changes:
            self._in_flight.discard(request)
            self.changes.notify_all()

    def on_connections_change(self) -> None:
        """Take note that a connection was opened or closed."""
        with self.changes:
            self.changes.notify_all()

    def on_error(self, error: BaseException) -> None:
        """Keep the first error that should not happen."""
        with self.changes:
            self.error = self.error or error

    def _reply(self, scripted: Scripted, request: Request) -> Reply:
        try:
            said = scripted(request) if callable(scripted) else scripted
        except Exception as error:  # noqa: BLE001 - FakeServer raises it at its end; the client gets a 500
            self.on_error(error)
            return Reply(status=500, message=f"the script failed: {error!r}")
        return Reply(said) if isinstance(said, str) else said
