"""Pausing: whether asking about a camera is paused, and the questions about a film that wait meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable


class Pausing:
    """The pause of one camera, and what waits for its end. Any thread may call it.

    Args:
        clock: Returns the time in seconds since 1970 (UTC).

    Attributes:
        since: Since when asking is paused, in seconds since 1970 (UTC); None: it is not.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.since: float | None = None
        self._clock = clock
        self._given_up = False
        self._lock = threading.Lock()
        self._waiting: list[Callable[[bool], None]] = []

    @property
    def on(self) -> bool:
        """Whether asking is paused."""
        return self.since is not None

    def begin(self) -> None:
        """Pause."""
        with self._lock:
            self.since = self._clock() if self.since is None else self.since

    def end(self) -> None:
        """Go on with everything that waits. Call it without a lock: it runs what waited."""
        with self._lock:
            self.since = None
            waiting, self._waiting = self._waiting, []
        for on_end in waiting:
            on_end(True)  # noqa: FBT003 - what it means is said at `wait`

    def give_up(self) -> None:
        """Wait no longer, until `open`: what waits is not asked. Call it without a lock: it runs what waited."""
        with self._lock:
            self._given_up = True
            waiting, self._waiting = self._waiting, []
        for on_end in waiting:
            on_end(False)  # noqa: FBT003 - what it means is said at `wait`

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
            waits, go_on = self.on and not self._given_up, not self.on
            if waits:
                self._waiting.append(on_end)
        if not waits:
            on_end(go_on)
        return Disposable(lambda: self._forget(on_end))

    def _forget(self, on_end: Callable[[bool], None]) -> None:
        with self._lock:
            if on_end in self._waiting:
                self._waiting.remove(on_end)
