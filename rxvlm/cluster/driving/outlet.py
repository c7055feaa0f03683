"""Outlet: the subscriber, called by one thread at a time, and not after it has disposed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from reactivex.abc import ObserverBase

from rxvlm.analysis import Analysis

_log = logging.getLogger("rxvlm")


class Outlet:
    """The subscriber of one stream.

    A subscriber that is slow holds up the shards' readers, and so their results, and no camera.

    Args:
        observer: The subscriber.

    Attributes:
        disposed: Set when nothing more may be delivered.
    """

    def __init__(self, observer: ObserverBase[Analysis]) -> None:
        self.disposed = threading.Event()
        self._observer = observer
        self._lock = threading.RLock()  # held while the subscriber is called: the others must wait, not queue

    def deliver(self, analysis: Analysis) -> None:
        """Deliver an answer; a subscriber that raises ends its own stream."""
        with self._lock:
            if self.disposed.is_set():
                return
            try:
                self._observer.on_next(analysis)
            except Exception:  # noqa: BLE001 - whatever the subscriber raises: it harms no reader
                _log.exception("a subscriber of the cluster raised; its stream is over")
                self.disposed.set()

    def end(self, errors: Sequence[Exception]) -> None:
        """End the stream: with the error if there is one, or with all of them together."""
        with self._lock:
            if self.disposed.is_set():
                return
            if not errors:
                self._observer.on_completed()
            elif len(errors) == 1:
                self._observer.on_error(errors[0])
            else:
                self._observer.on_error(ExceptionGroup(f"{len(errors)} cameras failed", list(errors)))
