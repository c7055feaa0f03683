"""Stop: end streams gently."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from reactivex.disposable import Disposable

_log = logging.getLogger("rxvlm")


class Stop:
    """Ends sources gently: they complete on their own threads, and open windows and running calls finish.

    To end at once, dispose of the subscription instead.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = False
        self._listeners: list[Callable[[], None]] = []

    def set(self) -> None:
        """End every stream that was made with this; a second call does nothing."""
        with self._lock:
            self._set = True
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            try:
                listener()
            except Exception:  # noqa: BLE001 - logged, and no reason to go on with the others
                _log.exception("something that was to stop raised; the others are stopped all the same")

    def is_set(self) -> bool:
        """Whether it was set."""
        return self._set

    def listen(self, listener: Callable[[], None]) -> Disposable:
        """Call a function when it is set, at once if it is set already; dispose of the result to cancel that."""
        with self._lock:
            if not self._set:
                self._listeners.append(listener)
                return Disposable(lambda: self._forget(listener))
        listener()
        return Disposable()

    def _forget(self, listener: Callable[[], None]) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
