"""collect: a stream's items as a list, for scripts and cells that want to wait."""

from __future__ import annotations

import threading
from typing import TypeVar

from reactivex import Observable

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
        over.wait()
    finally:
        subscription.dispose()
    if failed:
        raise failed[0]
    return items
