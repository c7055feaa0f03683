"""Outlet: the subscriber, called by one thread at a time, and not after it has disposed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from reactivex.abc import ObserverBase

from rxvlm.analysis import Analysis
from rxvlm.watching.failed_cameras import error_of_cameras

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

    def end(self, error: Exception | None, failed: Mapping[str, Exception], *, begun: int) -> None:
        """End the stream: with the error about all there is, else with those of the cameras that failed."""
        with self._lock:
            if self.disposed.is_set():
                return
            if error is None and failed:
                error = error_of_cameras(failed, begun=begun)
            if error is None:
                self._observer.on_completed()
            else:
                self._observer.on_error(error)
