"""Patience: how long a call that blocks may go on trying. Another thread may shorten it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable


class Patience:
    """The seconds that are left to calls that wait and try again, on behalf of some users.

    Args:
        clock: Returns the seconds of a clock that never goes back.
        sleep: Waits for so many seconds on that clock; None for a wait that `end_within` cuts short.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] | None = None
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._changed = threading.Condition()
        self._until = math.inf
        self._users = 0

    @property
    def users(self) -> int:
        """How many have entered and not left."""
        return self._users

    def enter(self) -> None:
        """Count one more user."""
        with self._changed:
            self._users += 1

    def leave(self) -> bool:
        """Count one user less, if there is one; return whether no other is left."""
        with self._changed:
            self._users = max(0, self._users - 1)
            return not self._users

    def end_within(self, seconds: float) -> None:
        """Let nothing go on for longer than so many seconds from now, and wake what waits.

        Where several use it, this does nothing.
        """
        with self._changed:
            if self._users <= 1:
                self._until = min(self._until, self._clock() + seconds)
                self._changed.notify_all()

    def renew(self) -> None:
        """Forget that there was to be an end."""
        with self._changed:
            self._until = math.inf

    def now(self) -> float:
        """Return the seconds of the clock."""
        return self._clock()

    def left(self) -> float:
        """Return the seconds that are left, at least 0; infinite unless `end_within` was called."""
        return max(0.0, self._until - self._clock())

    def wait(self, seconds: float) -> bool:
        """Wait for so many seconds, but not longer than is left; return whether `end_within` has cut it short."""
        if self._sleep is not None:
            self._sleep(min(seconds, self.left()))
            return False
        with self._changed:
            before, until = self._until, self._clock() + seconds
            while self._until == before and (left := min(until, before) - self._clock()) > 0:
                self._changed.wait(left)
            return self._until != before
