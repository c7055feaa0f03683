"""answers: a stream's items for a plain loop."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from typing import Generic, Literal, TypeVar

from reactivex import Observable
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.arguments import check_at_least, check_stream, suggest_options
from rxvlm.concurrency.threads import LOOK_SECONDS, daemon
from rxvlm.errors.short_traceback import shown_short
from rxvlm.operators.bounding.losses import log_first_loss
from rxvlm.stream import OnDrop, Stream
from rxvlm.watching.progress import Progress

_T = TypeVar("_T")


@suggest_options()
def answers(
    stream: Observable[_T],
    *,
    capacity: int = 100,
    overflow: Literal["drop_oldest", "block"] | None = None,
    on_drop: OnDrop | None = None,
    progress: bool = True,
) -> Generator[_T]:
    """Iterate over a stream's items with a plain ``for``, also over those of a camera, which never end.

    >>> from rxvlm import models, video, watch
    >>> for analysis in answers(watch("demo:gate?seconds=10", models.opencv(), every=5.0)):
    ...     print(analysis.clip.end, analysis.error)
    5.0 None
    10.0 None

    The subscription begins with the loop, on a thread of its own. It is disposed of when the loop ends: by the end of
    the stream, ``break``, an error or Ctrl-C.

    Args:
        stream: What to subscribe to.
        capacity: The most items that may wait for the loop, at least 1.
        overflow: What happens to the next item when the queue is full: the oldest is dropped (``"drop_oldest"``), or
            the stream waits for the loop (``"block"``). None: a live camera drops the oldest, everything else waits.
        on_drop: Called with each lost item and the reason, ``"overflow"``. None: the first loss is logged.
        progress: Whether a bar shows how far it is, as in `rxvlm.collect`.

    Returns:
        A generator. It raises the stream's own error, after the items that came before it.

    Raises:
        TypeError: If ``stream`` is not a stream, or ``capacity`` is not a whole number.
        ValueError: If ``capacity`` is less than 1, or the rule unknown.
        Exception: The stream's own error, after the items that came before it.
    """
    check_stream("answers", stream)
    check_at_least("capacity", capacity, 1)
    if overflow not in (None, "drop_oldest", "block"):
        raise ValueError(f"overflow must be drop_oldest or block, not {overflow!r}")
    lost = on_drop or log_first_loss("answers", "drop_oldest")
    return _iterate(stream, _Waiting[_T](stream, capacity, overflow, lost), progress=progress)


def _iterate(stream: Observable[_T], waiting: _Waiting[_T], *, progress: bool) -> Generator[_T]:
    subscription = SingleAssignmentDisposable()

    def subscribe() -> None:  # a stream that delivers while it is subscribed to would otherwise block this thread
        subscription.disposable = stream.subscribe(waiting.on_next, waiting.on_error, waiting.on_completed)

    daemon("rxvlm-answers", waiting.leave)(subscribe).start()
    try:
        with Progress(stream, shown=progress) as shown:
            while waiting.wait(shown.look):
                item = waiting.take()
                shown.take(item)
                yield item
            shown.failed = waiting.failed is not None
    except KeyboardInterrupt as interrupt:
        shown_short(interrupt)
        raise
    finally:
        waiting.leave()
        subscription.dispose()
    if waiting.failed is not None:
        raise shown_short(waiting.failed)


class _Waiting(Generic[_T]):
    """Items on their way from the threads that deliver them to the loop that takes them."""

    def __init__(
        self, stream: Observable[_T], capacity: int, overflow: Literal["drop_oldest", "block"] | None, on_drop: OnDrop
    ) -> None:
        self._capacity, self._overflow, self._on_drop = capacity, overflow, on_drop
        self._origin = Stream.of(stream).origin
        self._changed = threading.Condition()
        self._items: deque[_T] = deque()
        self._ended = self._left = False
        self.failed: Exception | None = None

    def on_next(self, item: _T) -> None:
        lost: list[_T] = []
        with self._changed:
            if self._blocks():
                self._changed.wait_for(lambda: self._left or len(self._items) < self._capacity)
            elif len(self._items) >= self._capacity:
                lost.append(self._items.popleft())
            self._items.append(item)
            self._changed.notify_all()
        for one in lost:
            self._on_drop(one, "overflow")

    def on_error(self, error: Exception) -> None:
        self.failed = error
        self.on_completed()

    def on_completed(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, look: Callable[[], object]) -> bool:
        """Wait until there is an item; return False if the stream has ended instead.

        Args:
            look: Called now and then, not only when it waits.
        """
        look()
        while not self._comes():
            look()
        return bool(self._items)

    def _comes(self) -> bool:
        """Wait in a short step, as `wait_for` does, so that Ctrl-C is obeyed; return whether the wait is over."""
        with self._changed:
            if not self._items and not self._ended:
                self._changed.wait(LOOK_SECONDS)
            return bool(self._items) or self._ended

    def take(self) -> _T:
        with self._changed:
            self._changed.notify_all()
            return self._items.popleft()

    def leave(self) -> None:
        """Take no more items; a stream that waits for the loop goes on."""
        with self._changed:
            self._left = True
            self._changed.notify_all()

    def _blocks(self) -> bool:
        """Return whether a full queue makes the stream wait. An address over HTTP is known to be live only by now."""
        if self._overflow is not None:
            return self._overflow == "block"
        return not self._origin.never_waits
