"""collect: wait for a stream's items, as a list."""

from __future__ import annotations

import threading
from typing import TypeVar

from reactivex import Observable

from rxvlm.concurrency.threads import wait_for

_T = TypeVar("_T")


def collect(stream: Observable[_T], n: int | None = None) -> list[_T]:
    """Subscribe to a stream, wait for its items, and return them.

    >>> from rxvlm import video
    >>> [frame.time for frame in collect(video("demo:yard?seconds=1&fps=4"))]
    [0.0, 0.25, 0.5, 0.75]

    Ctrl-C disposes of the subscription and raises KeyboardInterrupt as usual.

    Args:
        stream: What to subscribe to.
        n: Items to wait for, at least 1; then the subscription is disposed of. None waits for the stream's end.

    Returns:
        At most ``n`` items, in the order in which they came.

    Raises:
        ValueError: If ``n`` is less than 1.
        Exception: The stream's own error.
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
