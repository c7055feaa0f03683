"""collect: wait for a stream's items, as a list."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import SupportsIndex, TypeVar, overload

from reactivex import Observable

from rxvlm.arguments import check_at_least, check_stream, describe, with_shown_types
from rxvlm.concurrency.threads import wait_for
from rxvlm.display.traces import shorten
from rxvlm.errors.short_traceback import shown_short
from rxvlm.watching.failed_cameras import failed_cameras
from rxvlm.watching.progress import Progress
from rxvlm.watching.table import list_html

_log = logging.getLogger("rxvlm")

_T = TypeVar("_T")


class Collected(list[_T]):
    """A list of a stream's items, which a notebook shows: answers as a table with pictures.

    Attributes:
        failed: The errors of the cameras that failed, by name, where others did not; see `rxvlm.watch_all`.
    """

    failed: Mapping[str, Exception] = MappingProxyType({})

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> _T: ...
    @overload
    def __getitem__(self, index: slice, /) -> Collected[_T]: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> _T | Collected[_T]:
        if not isinstance(index, slice):
            return super().__getitem__(index)
        some = Collected[_T](super().__getitem__(index))  # a part shows itself, too
        some.failed = self.failed
        return some

    def _repr_html_(self) -> str:
        return list_html(self, self.failed)


@with_shown_types
def collect(stream: Observable[_T], n: int | None = None, *, progress: bool = True) -> Collected[_T]:
    """Subscribe to a stream, wait for its items, and return them.

    >>> from rxvlm import video
    >>> [frame.time for frame in collect(video("demo:yard?seconds=1&fps=4"))]
    [0.0, 0.25, 0.5, 0.75]

    Ctrl-C disposes of the subscription and raises KeyboardInterrupt as usual.

    Args:
        stream: What to subscribe to.
        n: Items to wait for, at least 1; then the subscription is disposed of. None waits for the stream's end.
        progress: Whether a bar shows how far it is, in a notebook or a terminal, when it takes more than a second: of a
            film of more than 5 seconds, or of ``n``.

    Returns:
        At most ``n`` items, in the order in which they came; a list that a notebook shows as a table. If some
        of several cameras (`rxvlm.watch_all`) failed, it has the items of the others, its ``failed`` has the errors by
        name, and the log says so.

    Raises:
        TypeError: If ``stream`` is not a stream.
        ValueError: If ``n`` is less than 1.
        Exception: The stream's own error; its traceback has only the lines of the user's code. Its ``partial`` has the
            items that came before. A KeyboardInterrupt has ``partial``, too.
    """
    _check(stream, n, progress)
    items = Collected[_T]()
    failed: list[Exception] = []
    over = threading.Event()
    shown = Progress(stream, n, shown=progress)

    def on_next(item: _T) -> None:
        if n is None or len(items) < n:
            items.append(item)
            shown.take(item)
        if len(items) == n:
            over.set()

    def on_error(error: Exception) -> None:
        failed.append(error)
        shown.failed = True
        over.set()

    subscription = stream.subscribe(on_next, on_error, over.set)
    try:
        with shown:
            wait_for(over, unless=shown.look)
    except BaseException as error:
        vars(error)["partial"] = items
        shown_short(error)
        raise
    finally:
        subscription.dispose()
    if failed:
        some = failed_cameras(failed[0])
        if some is None:
            shorten(failed[0])
            vars(failed[0])["partial"] = items
            raise shown_short(failed[0])
        items.failed = some
        for name, error in some.items():
            _log.warning("%s failed, and the answers of the other cameras are there: %s", name, error)
    return items


def _check(stream: object, n: int | None, progress: object) -> None:
    if type(progress).__name__ not in ("bool", "bool_"):  # Python's, and NumPy's
        raise shown_short(TypeError(f"progress must be True or False, not {describe(progress)}"))
    try:
        check_stream("collect", stream)
        if n is not None:
            check_at_least("n", n, 1)
    except (TypeError, ValueError) as error:
        shown_short(error)
        raise
