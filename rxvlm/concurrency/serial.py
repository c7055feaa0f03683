"""Serial: run actions of many threads one after another, without holding a lock while one runs."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Serial:
    """Runs actions one at a time, in the order in which they came.

    A thread that finds it idle runs its own action, and all that other threads add meanwhile. So an action may
    block, or add further actions: they run after it, and there is no deadlock.
    An exception of an action is raised after the actions behind it have run.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._actions: deque[Callable[[], None]] = deque()
        self._runner: int | None = None

    @property
    def mine(self) -> bool:
        """Whether the calling thread is the one that runs an action now."""
        return self._runner == threading.get_ident()

    def __call__(self, action: Callable[[], None]) -> None:
        """Run an action now, or leave it to the thread that is running actions."""
        with self._lock:
            if self._runner is not None:
                self._actions.append(action)
                return
            self._runner = threading.get_ident()
        self._run(action)

    def _run(self, action: Callable[[], None] | None) -> None:
        try:
            while action is not None:
                action()
                action = self._next()
        except BaseException:
            self._run(self._next())
            raise

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if self._actions:
                return self._actions.popleft()
            self._runner = None
            return None
