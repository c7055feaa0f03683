"""HttpThread: where a client speaks HTTP. A call that is disposed of is hung up, whatever it is at."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, TypeVarTuple

from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable, SingleAssignmentDisposable

from rxvlm.concurrency.threads import daemon
from rxvlm.models.wire.chat_completions.client import new_client
from rxvlm.models.wire.threads import WORKERS

if TYPE_CHECKING:
    from httpx import AsyncClient

IDLE_SECONDS = 4.0  # less than the 5 after which servers written in Python close a connection that is quiet

ClientFactory: TypeAlias = Callable[[], "AsyncClient"]
Work: TypeAlias = Callable[[ClientFactory], Coroutine[Any, Any, None]]
_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class HttpThread:
    """One thread for all calls of a client, and connections that are used again.

    Cancelling closes a connection at once, in every phase: connecting, sending to a server that
    does not read, waiting, reading a trickle. The thread begins with the first call; when
    there was none for `IDLE_SECONDS` it closes the connections and ends. A fork's child
    has a thread, and connections, of its own.
    """

    def __init__(self) -> None:
        self._calls: dict[int, _Calls] = {}

    def call(self, work: Work) -> DisposableBase:
        """Run a coroutine; disposing cancels it.

        Args:
            work: Is given a function that gives the client: that reads the environment, and may raise.
                Raises nothing itself.
        """
        process = os.getpid()
        # What the parent had is kept, untouched: closing it here would reach into its sockets.
        calls = self._calls.get(process) or self._calls.setdefault(process, _Calls())
        return calls.begin(work)


class _Calls:
    """The calls of one process, and the loop that runs while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: _Loop | None = None
        self._running = 0

    def begin(self, work: Work) -> DisposableBase:
        call = SingleAssignmentDisposable()
        with self._lock:
            self._running += 1
            loop = self._loop = self._loop or self._started()

        def begin() -> None:
            task = loop.create_task(work(loop.client))
            task.add_done_callback(lambda _: self._ended(loop))
            call.disposable = Disposable(lambda: loop.tell(task.cancel))

        loop.tell(begin)
        return call

    def _started(self) -> _Loop:
        loop = _Loop()
        daemon("rxvlm-http", loop.end)(loop.run).start()
        return loop

    def _ended(self, loop: _Loop) -> None:
        with self._lock:
            self._running -= 1
        loop.call_when_quiet(self._rest)

    def _rest(self, loop: _Loop) -> None:
        with self._lock:
            if self._running or self._loop is not loop:
                return
            self._loop = None
        loop.end()


class _Loop(asyncio.SelectorEventLoop):
    """An event loop with its client; what blocks is done by workers, daemons all: no host's name holds up the exit."""

    def __init__(self) -> None:
        super().__init__()
        self._over = asyncio.Event()
        self._quiet: asyncio.TimerHandle | None = None
        self._client: AsyncClient | None = None

    def run(self) -> None:
        """Run until `end`, then hang up what there is, and close the connections."""
        with asyncio.Runner(loop_factory=lambda: self) as runner:
            runner.run(self._until_over())

    def end(self) -> None:
        """End soon; any thread may say so."""
        self.tell(self._over.set)

    def tell(self, action: Callable[[], object]) -> None:
        """Run an action on the thread, unless it has ended."""
        with suppress(RuntimeError):
            self.call_soon_threadsafe(action)

    def call_when_quiet(self, action: Callable[[_Loop], None]) -> None:
        """Run an action in `IDLE_SECONDS`, unless this is called again before."""
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = self.call_later(IDLE_SECONDS, action, self)

    def client(self) -> AsyncClient:
        """Give the client, made now if there is none.

        Raises:
            ModelUnreachableError: If the environment names a proxy that cannot be used.
        """
        if self._client is None:
            self._client = new_client(IDLE_SECONDS)
        return self._client

    def run_in_executor(self, executor: Executor | None, func: Callable[[*_Ts], _T], *args: *_Ts) -> asyncio.Future[_T]:
        """Run a function on a worker."""
        _ = executor
        outcome: Future[_T] = Future()

        def run(*_: object) -> None:
            if outcome.set_running_or_notify_cancel():
                try:
                    outcome.set_result(func(*args))
                except BaseException as error:  # noqa: BLE001 - whoever awaits it is told
                    outcome.set_exception(error)

        WORKERS.schedule(run)
        return asyncio.wrap_future(outcome, loop=self)

    async def _until_over(self) -> None:
        await self._over.wait()
        others = asyncio.all_tasks(self) - {asyncio.current_task(self)}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
