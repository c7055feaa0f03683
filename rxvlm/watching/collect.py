"""collect: wait for a stream's items, as a list."""

from __future__ import annotations

import threading
from typing import TypeVar

from reactivex import Observable

from rxvlm.arguments import check_at_least, check_stream
from rxvlm.concurrency.threads import wait_for
from rxvlm.display.traces import shorten
from rxvlm.watching.table import list_html

_T = TypeVar("_T")


class Collected(list[_T]):
    """A list of a stream's items, which a notebook shows: answers as a table with pictures."""

    def _repr_html_(self) -> str:
        return list_html(self)


def collect(stream: Observable[_T], n: int | None = None) -> Collected[_T]:
    """Subscribe to a stream, wait for its items, and return them.

    >>> from rxvlm import video
    >>> [frame.time for frame in collect(video("demo:yard?seconds=1&fps=4"))]
    [0.0, 0.25, 0.5, 0.75]

    Ctrl-C disposes of the subscription and raises KeyboardInterrupt as usual.

    Args:
        stream: What to subscribe to.
        n: Items to wait for, at least 1; then the subscription is disposed of. None waits for the stream's end.

    Returns:
        At most ``n`` items, in the order in which they came; a list that a notebook shows as a table.

    Raises:
        TypeError: If ``stream`` is not a stream.
        ValueError: If ``n`` is less than 1.
        Exception: The stream's own error; its traceback has only the lines of the user's code. Its ``partial`` has the
            items that came before. A KeyboardInterrupt has ``partial``, too.
    """
    check_stream("collect", stream)
    if n is not None:
        check_at_least("n", n, 1)
    items = Collected[_T]()
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
    except BaseException as error:
        vars(error)["partial"] = items
        raise
    finally:
        subscription.dispose()
    if failed:
        shorten(failed[0])
        vars(failed[0])["partial"] = items
        raise failed[0]
    return items
