"""each: a stream's items for ``async for``."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from reactivex import Observable

from rxvlm.stream import LossReason, ignore

_T = TypeVar("_T")


async def each(
    stream: Observable[_T], *, capacity: int = 100, on_drop: Callable[[_T, LossReason], None] = ignore
) -> AsyncGenerator[_T]:
    """Iterate over a stream's items with ``async for``, whichever threads deliver them.

    >>> async def times(uri):
    ...     return [frame.time async for frame in each(video(uri))]
    >>> from rxvlm import video
    >>> asyncio.run(times("demo:yard?seconds=1&fps=4"))
    [0.0, 0.25, 0.5, 0.75]

    The stream is never blocked: when more than ``capacity`` items wait, the oldest is lost. The subscription is
    disposed of when the generator is closed, which may be some time after the loop was left;
    `contextlib.aclosing` closes it at once.

    Args:
        stream: What to subscribe to, when the loop begins.
        capacity: Items waiting at most, at least 1.
        on_drop: Called with each lost item and the reason, ``"overflow"``; on any thread.

    Raises:
        ValueError: If ``capacity`` is less than 1.
        Exception: The stream's own error, after the items that came before it.
    """
    if capacity < 1:
        raise ValueError(f"capacity must be at least 1, not {capacity}")
    waiting = _Waiting[_T](asyncio.get_running_loop(), capacity, on_drop)
    subscription = stream.subscribe(waiting.on_next, waiting.on_error, waiting.on_completed)
    try:
        while True:
            for item in await waiting.take():
                yield item
            if waiting.over:
                break
    finally:
        subscription.dispose()
    if waiting.failed is not None:
        raise waiting.failed


class _Waiting(Generic[_T]):
    """Items on their way from the threads that deliver them to the event loop that takes them."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, capacity: int, on_drop: Callable[[_T, LossReason], None]
    ) -> None:
        self._loop, self._capacity, self._on_drop = loop, capacity, on_drop
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

    async def take(self) -> Sequence[_T]:
        """Wait until there are items or the stream has ended; return all items that wait."""
        await self._ready.wait()
        self._ready.clear()
        with self._lock:
            items, self._items = self._items, deque()
        return items

    def on_next(self, item: _T) -> None:
        with self._lock:
            self._items.append(item)
            lost = [self._items.popleft()] if len(self._items) > self._capacity else []
        for one in lost:
            self._on_drop(one, "overflow")
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
