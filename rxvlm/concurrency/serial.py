"""Serial: one thing after another, from many threads, without a lock held meanwhile."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Serial:
    """Runs actions one at a time, in the order in which they came.

    Whoever finds it idle runs everybody's, so that an action may hold up, or feed
    back into, the thing it serialises: its own further actions simply come later.
    What an action raises comes out after those behind it have run.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._actions: deque[Callable[[], None]] = deque()
        self._runner: int | None = None

    @property
    def mine(self) -> bool:
        """Whether this very thread is running an action now."""
        return self._runner == threading.get_ident()

    def __call__(self, action: Callable[[], None]) -> None:
        """Run an action, now or right after those before it."""
        with self._lock:
            self._actions.append(action)
            if self._runner is not None:
                return
            self._runner = threading.get_ident()
        self._run()

    def _run(self) -> None:
        try:
            while (action := self._next()) is not None:
                action()
        except BaseException:
            self._run()
            raise

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if self._actions:
                return self._actions.popleft()
            self._runner = None
            return None
