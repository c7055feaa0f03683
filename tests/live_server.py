"""What the test suite's live servers share: a thread, a port, a clock that can be held, and what can go wrong."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from abc import ABC, abstractmethod
from asyncio import StreamReader, StreamWriter, Task
from collections.abc import Coroutine, Generator
from contextlib import ExitStack, contextmanager
from typing import Any, Self, TypeVar

from text_protocol import basic

Result = TypeVar("Result")

HOST = "127.0.0.1"
WATCHDOG = 60.0


class LoopThread:
    """A thread that runs an event loop while the context lasts."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test-server")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WATCHDOG)
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run work on the loop, and wait here for what it gives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WATCHDOG)


class MediaClock:
    """Seconds of film: wall time times a speed. While it is held, whoever waits for it waits on."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._origin = time.monotonic()
        self._held_at: float | None = None
        self._runs = asyncio.Event()
        self._runs.set()

    def now(self) -> float:
        wall = time.monotonic() if self._held_at is None else self._held_at
        return (wall - self._origin) * self.speed

    def hold(self) -> None:
        if self._held_at is None:
            self._held_at = time.monotonic()
            self._runs.clear()

    def go_on(self, *, burst: bool) -> None:
        """Go on from the moment it was held at; with ``burst`` from where it would be by now."""
        if self._held_at is not None:
            self._origin += 0.0 if burst else time.monotonic() - self._held_at
            self._held_at = None
            self._runs.set()

    async def running(self) -> None:
        await self._runs.wait()

    async def until(self, moment: float) -> None:
        await self.running()
        while (rest := moment - self.now()) > 0:
            await asyncio.sleep(rest / self.speed)
            await self.running()


class LiveServer(ABC):
    """A server in a thread of the test process, as a context; every control may be called from any thread.

    When the context ends, no thread, socket or task is left, and what failed inside is raised.

    Args:
        port: Where to listen; 0 takes a free port, which stays the same after `stop` and `start`.
        user: Who may look (HTTP Basic); everybody if None.
        password: The user's.
        speed: Seconds of film per second of wall time.
    """

    scheme: str
    path: str

    def __init__(
        self, *, port: int = 0, user: str | None = None, password: str | None = None, speed: float = 1.0
    ) -> None:
        self.port = port
        self.credentials = None if user is None else basic(user, password or "")
        self.clock = MediaClock(speed)
        self._door: socket.socket | None = None
        self._listener: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()
        self._tasks: set[Task[None]] = set()
        self._failures: list[BaseException] = []
        self._clients = 0
        self._clients_changed = threading.Condition()

    @abstractmethod
    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Talk with one client until it leaves; cancelled when the client is dropped."""

    @property
    def uri(self) -> str:
        return f"{self.scheme}://{HOST}:{self.port}{self.path}"

    def uri_as(self, user: str, password: str) -> str:
        return self.uri.replace("://", f"://{user}:{password}@", 1)

    # Controls ---------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._thread = opened.enter_context(LoopThread())
            self._reserve()
            self.start()
            self._opened = opened.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._opened:
            self.stop()
            if self._door:
                self._door.close()
        if kind is None and self._failures:
            raise self._failures[0]

    def start(self) -> None:
        """Listen (again)."""
        self._thread.run(self._listen())

    def stop(self) -> None:
        """Be gone, as a camera without power: nobody listens, and all clients are dropped. The port stays ours."""
        self._thread.run(self._leave())

    def drop(self) -> None:
        """Close all connections, without a word."""
        self._thread.run(self._drop())

    def stall(self) -> None:
        """Send nothing and answer nothing from now on; connections stay, and new ones are taken."""
        self._thread.run(self._held())

    def resume(self, *, burst: bool = False) -> None:
        """Send on where `stall` stopped; with ``burst`` what was due meanwhile is sent at once."""
        self._thread.run(self._go_on(burst=burst))

    @property
    def clients(self) -> int:
        """How many clients are being sent pictures."""
        return self._clients

    def wait_for_clients(self, count: int) -> None:
        """Wait until exactly so many clients are being sent pictures."""
        with self._clients_changed:
            assert self._clients_changed.wait_for(lambda: self._clients == count, WATCHDOG), f"{self._clients} play"

    # For the servers themselves, on the loop --------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, None]) -> Task[None]:
        """Start a task that ends with the server at the latest, and whose failure is not lost."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)
        return task

    @contextmanager
    def one_more_client(self) -> Generator[None]:
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def allows(self, authorization: str | None) -> bool:
        return self.credentials is None or authorization == self.credentials

    def _count(self, change: int) -> None:
        with self._clients_changed:
            self._clients += change
            self._clients_changed.notify_all()

    def _task_ended(self, task: Task[None]) -> None:
        self._tasks.discard(task)
        failure = None if task.cancelled() else task.exception()
        if failure and not isinstance(failure, ConnectionError | asyncio.IncompleteReadError):
            self._failures.append(failure)

    def _reserve(self) -> None:
        """Hold the port while nobody listens at it: connections are refused, and nobody else is given it."""
        self._door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._door.bind((HOST, self.port))
        self.port = self._door.getsockname()[1]

    async def _listen(self) -> None:
        if self._listener is None:
            self._listener = await asyncio.start_server(self._accept, sock=self._door)
            self._door = None

    async def _leave(self) -> None:
        if self._listener is not None:
            self._listener.close()
            await self._drop()
            await self._listener.wait_closed()
            self._listener = None
            self._reserve()

    async def _drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _held(self) -> None:
        self.clock.hold()

    async def _go_on(self, *, burst: bool) -> None:
        self.clock.go_on(burst=burst)

    def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.spawn(self._converse(reader, writer))

    async def _converse(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self.serve(reader, writer)
        finally:
            self._writers.discard(writer)
            writer.close()
