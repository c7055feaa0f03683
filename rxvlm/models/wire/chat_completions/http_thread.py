"""HttpThread: the thread of a client's calls; disposing a call closes its connection at once, in every phase."""

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

IDLE_SECONDS = 4.0  # less than the 5 s after which servers written in Python close an idle connection

ClientFactory: TypeAlias = Callable[[str | None], "AsyncClient"]
Work: TypeAlias = Callable[[ClientFactory], Coroutine[Any, Any, None]]
_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class HttpThread:
    """One thread for all calls of a client, which share kept-alive connections.

    Disposing a call cancels it and closes its connection at once, in every phase: connecting, sending to a server
    that does not read, waiting, reading a slow answer. The thread starts with the first call; after `IDLE_SECONDS`
    without a call it closes the connections and ends. A forked child gets a thread and connections of its own.
    """

    def __init__(self) -> None:
        self._calls: dict[int, _Calls] = {}

    def call(self, work: Work) -> DisposableBase:
        """Run a coroutine on the thread; disposing cancels it.

        Args:
            work: Makes the coroutine, which must not raise. Its argument is a function that returns the client for
                a proxy, or for None, and may raise.
        """
        process = os.getpid()
        # In a forked child the parent's entry is left alone: closing it here would affect the parent's sockets.
        calls = self._calls.get(process) or self._calls.setdefault(process, _Calls())
        return calls.begin(work)

    def run(self, work: Callable[[ClientFactory], Coroutine[Any, Any, _T]]) -> _T:
        """Run a coroutine on the thread and wait for it; return what it returns, or raise what it raises."""
        outcome: Future[_T] = Future()

        async def settle(get_client: ClientFactory) -> None:
            try:
                outcome.set_result(await work(get_client))
            except BaseException as error:  # noqa: BLE001 - it is raised at the caller
                outcome.set_exception(error)

        call = self.call(settle)
        try:
            return outcome.result()
        finally:
            call.dispose()


class _Calls:
    """The calls of one process, and the event loop that runs while there are any."""

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
            call.disposable = Disposable(lambda: loop.run_soon(task.cancel))

        loop.run_soon(begin)
        return call

    def _started(self) -> _Loop:
        loop = _Loop()
        daemon("rxvlm-http", loop.end)(loop.run).start()
        return loop

    def _ended(self, loop: _Loop) -> None:
        with self._lock:
            self._running -= 1
        loop.call_when_idle(self._rest)

    def _rest(self, loop: _Loop) -> None:
        with self._lock:
            if self._running or self._loop is not loop:
                return
            self._loop = None
        loop.end()


class _Loop(asyncio.SelectorEventLoop):
    """An event loop and its clients, one for each proxy.

    What blocks, such as resolving a host name, runs on daemon threads: it cannot delay the exit of the program.
    """

    def __init__(self) -> None:
        super().__init__()
        self._over = asyncio.Event()
        self._idle: asyncio.TimerHandle | None = None
        self._clients: dict[str | None, AsyncClient] = {}

    def run(self) -> None:
        """Run until `end`, then cancel all calls and close the connections."""
        with asyncio.Runner(loop_factory=lambda: self) as runner:
            runner.run(self._until_over())

    def end(self) -> None:
        """Make `run` end soon. Thread-safe."""
        self.run_soon(self._over.set)

    def run_soon(self, action: Callable[[], object]) -> None:
        """Run an action on the loop's thread, unless that has ended. Thread-safe."""
        with suppress(RuntimeError):
            self.call_soon_threadsafe(action)

    def call_when_idle(self, action: Callable[[_Loop], None]) -> None:
        """Run an action after `IDLE_SECONDS`, unless this is called again before."""
        if self._idle is not None:
            self._idle.cancel()
        self._idle = self.call_later(IDLE_SECONDS, action, self)

    def client(self, proxy: str | None) -> AsyncClient:
        """Return the client for a proxy, or for None; make it at the first call.

        Raises:
            ModelUnreachableError: If the proxy cannot be used.
        """
        if proxy not in self._clients:
            self._clients[proxy] = new_client(IDLE_SECONDS, proxy)
        return self._clients[proxy]

    def run_in_executor(self, executor: Executor | None, func: Callable[[*_Ts], _T], *args: *_Ts) -> asyncio.Future[_T]:
        """Run a function on a worker thread, whatever the executor."""
        _ = executor
        outcome: Future[_T] = Future()

        def run(*_: object) -> None:
            if outcome.set_running_or_notify_cancel():
                try:
                    outcome.set_result(func(*args))
                except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
                    outcome.set_exception(error)

        WORKERS.schedule(run)
        return asyncio.wrap_future(outcome, loop=self)

    async def _until_over(self) -> None:
        await self._over.wait()
        others = asyncio.all_tasks(self) - {asyncio.current_task(self)}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for client in self._clients.values():
            await client.aclose()
