"""The fake server, as tests hold it."""

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
    """A model server on loopback that does what it is told, and remembers what it was asked.

    It speaks DashScope's own protocol, uploads too, and OpenAI's; any key and any model will
    do. It answers at once unless told otherwise, and streams word by word where a stream is
    asked for. It runs inside ``with``, or from `start` to `close`, which ends every wait and
    every connection; started again, it listens where it did before.

    Args:
        replies: What it does with the first question, the second, ..., and the last for ever; none for
            plain answers. A question that any server would refuse has its turn as well.
        port: Where to listen; 0 for a free one.
        keep: How many requests, and how many uploads, it remembers: the last ones.

    Raises:
        Exception: At the end of ``with``: what a function among the replies raised. Its client
            was given status 500.
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
        """Listen.

        Raises:
            RuntimeError: If it does so already.
            OSError: If the port is taken.
        """
        if self._listener is not None and not self._listener.closing.is_set():
            raise RuntimeError("the fake server runs already")
        self._listener = Listener(self._port, Connection, self._record, self._numbers)
        self._port = self._listener.port
        return self

    def close(self) -> None:
        """Hang up on everybody, and listen no more; its threads have ended when this returns."""
        if self._listener is not None:
            self._listener.close()

    @property
    def url(self) -> str:
        """Where it is.

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
        """All requests, in the order in which they had come in."""
        with self._record.changes:
            return list(self._record.requests)

    @property
    def chats(self) -> list[Request]:
        """The requests that asked a model."""
        return [request for request in self.requests if request.route == "chat"]

    @property
    def uploads(self) -> dict[str, bytes]:
        """What was uploaded, by key: an ``oss://`` address without its scheme."""
        with self._record.changes:
            return dict(self._record.uploads)

    @property
    def most_at_once(self) -> int:
        """How many questions were being answered at the same time, at most.

        One that was hung up on counts until the server sees that: wait for its ``hung_up``.
        """
        return self._record.most_at_once

    @property
    def connections(self) -> int:
        """How many connections are open."""
        listener = self._listener
        return len(listener.open) if listener is not None else 0

    def then(self, *replies: Scripted, route: Literal["chat", "policy", "oss"] = "chat") -> None:
        """Go on with another script.

        Args:
            replies: As for the class.
            route: What it is for: questions, the permission to upload, or the upload.
        """
        self._record.script(route, replies)

    def wait_for(self, count: int, timeout: float = WAIT_SECONDS) -> list[Request]:
        """Wait until so many questions have come, and give them.

        Args:
            count: How many, from the very first.
            timeout: Seconds.

        Raises:
            TimeoutError: If they do not come in time.
        """
        self.wait_until(lambda: len(self.chats) >= count, timeout)
        return self.chats

    def wait_until(self, holds: Callable[[], bool], timeout: float = WAIT_SECONDS) -> None:
        """Wait until something is so: ``lambda: server.connections == 0``.

        Args:
            holds: Asked after each request, each end of a reply, and each change of the connections.
            timeout: Seconds.

        Raises:
            TimeoutError: If it is not so in time.
        """
        with self._record.changes:
            if not self._record.changes.wait_for(holds, timeout):
                saw = f"{len(self.chats)} questions in {len(self.requests)} requests, {self.connections} connections"
                raise TimeoutError(f"waited {timeout:g} s in vain; the fake server has seen {saw}")
