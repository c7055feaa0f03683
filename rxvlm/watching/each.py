"""each: a stream's items for ``async for``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

from reactivex import Observable

from rxvlm.arguments import check_at_least, suggest_options
from rxvlm.concurrency.async_items import async_items
from rxvlm.stream import LossReason, ignore
from rxvlm.watching.progress import Progress

_T = TypeVar("_T")


@suggest_options()
def each(
    stream: Observable[_T],
    *,
    capacity: int = 100,
    on_drop: Callable[[_T, LossReason], None] = ignore,
    progress: bool = True,
) -> AsyncGenerator[_T]:
    """Iterate over a stream's items with ``async for``; any thread may deliver them.

    >>> import asyncio
    >>> async def times(uri):
    ...     return [frame.time async for frame in each(video(uri))]
    >>> from rxvlm import video
    >>> asyncio.run(times("demo:yard?seconds=1&fps=4"))
    [0.0, 0.25, 0.5, 0.75]

    The stream is never blocked: when more than ``capacity`` items wait, the oldest is dropped. The subscription is
    disposed of when the generator is closed, which may be some time after the loop has ended;
    `contextlib.aclosing` closes it at once.

    Args:
        stream: What to subscribe to, when the loop begins.
        capacity: Items waiting at most, at least 1.
        on_drop: Called with each lost item and the reason, ``"overflow"``; on any thread.
        progress: Whether a bar shows how far it is, as in `rxvlm.collect`.

    Raises:
        ValueError: If ``capacity`` is less than 1.
        Exception: The stream's own error, after the items that came before it.
    """
    check_at_least("capacity", capacity, 1)
    return _iterate(stream, capacity, lambda item: on_drop(item, "overflow"), progress=progress)


async def _iterate(
    stream: Observable[_T], capacity: int, lost: Callable[[_T], None], *, progress: bool
) -> AsyncGenerator[_T]:
    with Progress(stream, shown=progress) as shown:
        async with aclosing(async_items(stream, capacity, lost, shown.look)) as items:
            async for item in items:
                shown.take(item)
                yield item
