"""collect and each: a stream's items as a list, for those who want to wait, and for ``async for``."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from reactivex import Observable

from rxvlm.concurrency.threads import wait_for
from rxvlm.stream import ignore

_T = TypeVar("_T")


def collect(stream: Observable[_T], n: int | None = None) -> list[_T]:
    """Wait for a stream's items, and give them.

    >>> from rxvlm import video
    >>> [frame.time for frame in collect(video("demo:yard?seconds=1&fps=4"))]
    [0.0, 0.25, 0.5, 0.75]

    Ctrl-C disposes of the stream, and raises as ever.

    Args:
        stream: What to subscribe to.
        n: Items to wait for, at least 1, then the stream is disposed of; None: all until its end.

    Returns:
        At most ``n`` items, in the order in which they came.

    Raises:
        ValueError: If ``n`` is less than 1.
        Exception: What the stream fails with.
    """
    if n is not None and n < 1:
        raise ValueError(f"n must be at least 1, not {n}")
    items: list[_T] = []
    failed: list[Exception] = []
    over = threading.Event()

    def on_next(item: _T) -> None:
        if n is None or len(items) < n:
            items.append(item)
        if len(items) == n:
            over.set()

    def on_error(error: Exception) -> None:
        failed.append(error)
        over.set()

    subscription = stream.subscribe(on_next, on_error, over.set)
    try:
        wait_for(over)
    finally:
        subscription.dispose()
    if failed:
        raise failed[0]
    return items


async def each(
    stream: Observable[_T], *, capacity: int = 100, on_drop: Callable[[_T, str], None] = ignore
) -> AsyncGenerator[_T]:
    """Give a stream's items to ``async for``, whatever threads they come from.

    >>> async def times(uri):
    ...     return [frame.time async for frame in each(video(uri))]
    >>> from rxvlm import video
    >>> asyncio.run(times("demo:yard?seconds=1&fps=4"))
    [0.0, 0.25, 0.5, 0.75]

    The stream is never held up: of more than ``capacity`` items that wait, the oldest is lost.
    Leaving the loop disposes of it, once the generator is closed (`contextlib.aclosing` does so at once).

    Args:
        stream: What to subscribe to, at the first step.
        capacity: Items waiting at most, at least 1.
        on_drop: Told of each lost item and why: ``"overflow"``; by any thread.

    Raises:
        ValueError: If ``capacity`` is less than 1.
        Exception: What the stream fails with, after the items before.
    """
    if capacity < 1:
        raise ValueError(f"capacity must be at least 1, not {capacity}")
    waiting = _Waiting[_T](asyncio.get_running_loop(), capacity, on_drop)
    subscription = stream.subscribe(waiting.on_next, waiting.on_error, waiting.on_completed)
    try:
        while True:
            for item in await waiting.taken():
                yield item
            if waiting.over:
                break
    finally:
        subscription.dispose()
    if waiting.failed is not None:
        raise waiting.failed


class _Waiting(Generic[_T]):
    """Items between the threads that give them and the loop that takes them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, capacity: int, on_drop: Callable[[_T, str], None]) -> None:
        self._loop, self._capacity, self._on_drop = loop, capacity, on_drop
        self._items: deque[_T] = deque()
        self._lock = threading.Lock()
        self._ready = asyncio.Event()
        self._ended = False
        self.failed: Exception | None = None

    @property
    def over(self) -> bool:
        """Whether the stream has ended, and all it gave was taken."""
        with self._lock:
            return self._ended and not self._items

    async def taken(self) -> Sequence[_T]:
        """Wait for the next, and take all that are there."""
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
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._ready.set)
