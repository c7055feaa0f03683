"""Pausing: whether asking about a camera is paused, and the questions about a film that wait meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable


class Pausing:
    """The pause of one camera, and what waits for its end. Any thread may call it.

    Attributes:
        on: Whether asking is paused.
    """

    def __init__(self) -> None:
        self.on = False
        self._given_up = False
        self._lock = threading.Lock()
        self._waiting: list[Callable[[bool], None]] = []

    def begin(self) -> None:
        """Pause."""
        with self._lock:
            self.on = True

    def end(self) -> None:
        """Go on with everything that waits. Call it without a lock: it runs what waited."""
        with self._lock:
            self.on = False
            waiting, self._waiting = self._waiting, []
        for go_on in waiting:
            go_on(True)  # noqa: FBT003 - what it means is said at `wait`

    def give_up(self) -> None:
        """Wait no longer, until `open`: what waits is not asked. Call it without a lock: it runs what waited."""
        with self._lock:
            self._given_up = True
            waiting, self._waiting = self._waiting, []
        for go_on in waiting:
            go_on(False)  # noqa: FBT003 - what it means is said at `wait`

    def open(self) -> None:
        """Begin a new run, which may wait again."""
        with self._lock:
            self._given_up = False

    def wait(self, on_end: Callable[[bool], None]) -> DisposableBase:
        """Call a function once when the pause is over, at once if it is.

        Args:
            on_end: Called with True if asking goes on, and with False if the wait is given up.

        Returns:
            What cancels that when it is disposed of.
        """
        with self._lock:
            waits = self.on and not self._given_up
            if waits:
                self._waiting.append(on_end)
        if not waits:
            on_end(not self.on)
        return Disposable(lambda: self._forget(on_end))

    def _forget(self, on_end: Callable[[bool], None]) -> None:
        with self._lock:
            if on_end in self._waiting:
                self._waiting.remove(on_end)
