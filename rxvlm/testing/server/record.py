"""What the fake server is to do, and what it saw: under one lock, so that tests can wait for it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from rxvlm.testing.server.answer import Answer, answer_to
from rxvlm.testing.server.reply import Reply, Request

Scripted: TypeAlias = Reply | str | Callable[[Request], Reply | str]
"""A reply, what the model says, or a function that gives one of them.

It is called on a thread of the server, which `FakeServer.close` waits for.
"""


class Record:
    """The scripts of the routes, and what came.

    Args:
        keep: How many requests and uploads are kept: the last ones.
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
        """Go on with other replies."""
        with self.changes:
            self._scripts[route] = deque(replies or [Reply()])

    def begun(self, request: Request) -> tuple[Reply, Answer]:
        """Write a request down, and give what to do with it."""
        with self.changes:
            script = self._scripts.get(request.route, deque([Reply()]))
            scripted = script.popleft() if len(script) > 1 else script[0]
            self.requests.append(request)
            if request.route == "chat":
                self._in_flight.add(request)
            self.most_at_once = max(self.most_at_once, len(self._in_flight))
            self.changes.notify_all()
        reply = self._reply(scripted, request)
        answer = answer_to(request, reply, self.uploads)
        with self.changes:
            while len(self.uploads) > self._keep:
                del self.uploads[next(iter(self.uploads))]
        return reply, answer

    def over(self, request: Request) -> None:
        """Hear, perhaps twice, that the reply to a request ends."""
        with self.changes:
            self._in_flight.discard(request)
            self.changes.notify_all()

    def changed(self) -> None:
        """Hear that a connection was opened or closed."""
        with self.changes:
            self.changes.notify_all()

    def failed(self, error: BaseException) -> None:
        """Keep the first of the errors that should not happen."""
        with self.changes:
            self.error = self.error or error

    def _reply(self, scripted: Scripted, request: Request) -> Reply:
        try:
            said = scripted(request) if callable(scripted) else scripted
        except Exception as error:  # noqa: BLE001 - whoever runs the server is told at its end, the client now
            self.failed(error)
            return Reply(status=500, message=f"the script failed: {error!r}")
        return Reply(said) if isinstance(said, str) else said
