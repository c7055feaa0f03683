"""FakeServer: what tests start, script and ask."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import Literal, Self

from rxvlm.testing.server.connection import Connection
from rxvlm.testing.server.listener import LOOPBACK, Listener
from rxvlm.testing.server.record import Record, Scripted
from rxvlm.testing.server.reply import Request

WAIT_SECONDS = 30.0


class FakeServer:
    """A model server on loopback that replies as its script says, and keeps the requests it got.

    It speaks DashScope's own protocol, with uploads, and OpenAI's; it accepts any key and any
    model. It answers at once unless the script says otherwise, and streams word by word when the
    client asks for a stream. It runs inside a ``with`` block, or from `start` to `close`, which
    ends every wait and every connection. Started again, it listens on the same port.

    Args:
        replies: The replies to the first question, the second, ...; the last one is repeated from then on. None for
            plain answers. A question that any server would refuse also takes its turn.
        port: The port to listen on; 0 for a free one.
        keep: Number of requests, and of uploads, to keep; older ones are dropped.

    Raises:
        Exception: At the end of ``with``: what a function among the replies raised. Its client
            got status 500.
    """

    def __init__(self, *replies: Scripted, port: int = 0, keep: int = 1000) -> None:
        self._port = port
        self._record = Record(keep)
        self._numbers = count()
        self._listener: Listener | None = None
        self.then(*replies)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
        if self._record.error is not None and error is None:
            raise self._record.error

    def start(self) -> Self:
        """Start to listen.

        Raises:
            RuntimeError: If it listens already.
            OSError: If the port is taken.
        """
        if self._listener is not None and not self._listener.closing.is_set():
            raise RuntimeError("the fake server is already running")
        self._listener = Listener(self._port, Connection, self._record, self._numbers)
        self._port = self._listener.port
        return self

    def close(self) -> None:
        """Close all connections and stop listening; its threads have ended when this returns."""
        if self._listener is not None:
            self._listener.close()

    @property
    def url(self) -> str:
        """The address of the server.

        Raises:
            RuntimeError: If it was never started.
        """
        if not self._port:
            raise RuntimeError("the fake server has no address before it is started")
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def dashscope_url(self) -> str:
        """The base address for clients of DashScope's own protocol."""
        return f"{self.url}/api/v1"

    @property
    def openai_url(self) -> str:
        """The base address for clients of OpenAI's protocol."""
        return f"{self.url}/v1"

    @property
    def requests(self) -> list[Request]:
        """All requests, in the order in which they arrived."""
        with self._record.changes:
            return list(self._record.requests)

    @property
    def chats(self) -> list[Request]:
        """The requests that asked a model."""
        return [request for request in self.requests if request.route == "chat"]

    @property
    def uploads(self) -> dict[str, bytes]:
        """The uploaded objects, by key: an ``oss://`` address without its scheme."""
        with self._record.changes:
            return dict(self._record.uploads)

    @property
    def most_at_once(self) -> int:
        """How many questions were in flight at the same time, at most.

        A question whose client has disconnected counts until the server notices: wait for its ``hung_up``.
        """
        return self._record.most_at_once

    @property
    def connections(self) -> int:
        """How many connections are open."""
        listener = self._listener
        return len(listener.open) if listener is not None else 0

    def then(self, *replies: Scripted, route: Literal["chat", "policy", "oss"] = "chat") -> None:
        """Replace the script of a route.

        Args:
            replies: As for the class.
            route: The requests it is for: questions, permissions to upload, or uploads.
        """
        self._record.script(route, replies)

    def wait_for(self, count: int, timeout: float = WAIT_SECONDS) -> list[Request]:
        """Wait until ``count`` questions have arrived, and return them.

        Args:
            count: Number of questions since the server was made.
            timeout: Seconds.

        Raises:
            TimeoutError: If they do not arrive in time.
        """
        self.wait_until(lambda: len(self.chats) >= count, timeout)
        return self.chats

    def wait_until(self, holds: Callable[[], bool], timeout: float = WAIT_SECONDS) -> None:
        """Wait until a condition holds: ``lambda: server.connections == 0``.

        Args:
            holds: The condition. It is checked after each request, each end of a reply, and each change of the
                connections.
            timeout: Seconds.

        Raises:
            TimeoutError: If it does not hold in time.
        """
        with self._record.changes:
            if not self._record.changes.wait_for(holds, timeout):
                saw = f"{len(self.chats)} questions in {len(self.requests)} requests, {self.connections} connections"
                raise TimeoutError(f"the condition did not hold within {timeout:g} s; the fake server has seen {saw}")
