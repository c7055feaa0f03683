"""async_items: the items of a stream for an event loop, whichever threads deliver them."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from reactivex import Observable

from rxvlm.concurrency.threads import LOOK_SECONDS
from rxvlm.errors.short_traceback import shown_short

_T = TypeVar("_T")


async def async_items(
    stream: Observable[_T],
    capacity: int = 100,
    lost: Callable[[_T], None] | None = None,
    look: Callable[[], object] | None = None,
) -> AsyncGenerator[_T]:
    """Subscribe to a stream, and yield its items on the running event loop.

    The stream is never blocked: when more than ``capacity`` items wait, the oldest is lost. The subscription is
    disposed of when the generator is closed.

    Args:
        stream: What to subscribe to, when the first item is asked for.
        capacity: Items waiting at most, at least 1.
        lost: Called with each lost item, on the thread that delivers.
        look: Called on the event loop now and then, while it waits for an item and before each.

    Raises:
        Exception: The stream's own error, after the items that came before it.
    """
    waiting = _Waiting[_T](asyncio.get_running_loop(), capacity, lost)
    subscription = stream.subscribe(waiting.on_next, waiting.on_error, waiting.on_completed)
    try:
        while True:
            for item in await waiting.take(look):
                yield item
            if waiting.over:
                break
    except asyncio.CancelledError as error:  # what an interrupt of a notebook's cell becomes
        shown_short(error)
        raise
    finally:
        subscription.dispose()
    if waiting.failed is not None:
        raise waiting.failed


class _Waiting(Generic[_T]):
    """Items on their way from the threads that deliver them to the event loop that takes them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, capacity: int, lost: Callable[[_T], None] | None) -> None:
        self._loop, self._capacity, self._lost = loop, capacity, lost
        self._items: deque[_T] = deque()
        self._lock = threading.Lock()
        self._ready = asyncio.Event()
        self._ended = False
        self.failed: Exception | None = None

    @property
    def over(self) -> bool:
        """Whether the stream has ended and all its items were taken."""
        with self._lock:
            return self._ended and not self._items

    async def take(self, look: Callable[[], object] | None) -> Sequence[_T]:
        """Wait until there are items or the stream has ended; return all items that wait."""
        while look is not None and not self._ready.is_set():
            look()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._ready.wait()
        await self._ready.wait()
        self._ready.clear()
        with self._lock:
            items, self._items = self._items, deque()
        return items

    def on_next(self, item: _T) -> None:
        with self._lock:
            self._items.append(item)
            left_out = [self._items.popleft()] if len(self._items) > self._capacity else []
        for one in left_out:
            if self._lost is not None:
                self._lost(one)
        self._wake()

    def on_error(self, error: Exception) -> None:
        self.failed = error
        self.on_completed()

    def on_completed(self) -> None:
        with self._lock:
            self._ended = True
        self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the event loop is closed, so nothing waits for items any more
            self._loop.call_soon_threadsafe(self._ready.set)
