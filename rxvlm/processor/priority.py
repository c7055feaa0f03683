"""Priorities of threads: some run below or above the rest of the program, and nobody else's are changed."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

from rxvlm.concurrency.threads import daemon
from rxvlm.concurrency.workers import Workers

LOWER = 5
HIGHER = -5


class PriorityWorkers(Workers):
    """Workers of one owner, at a priority of their own, and with an end that can be waited for.

    Threads below the others must not start any: those would be as low. What threads
    above the others start runs as the rest of the program does.

    Args:
        name: What debuggers call a thread while it works.
        niceness: How far below the rest of the program they run: `LOWER`, `HIGHER` or 0.
    """

    def __init__(self, name: str, niceness: int = 0) -> None:
        super().__init__(name)
        self._make = daemon(name, self.close)
        self._niceness = niceness
        self.thread_factory = self._new_thread

    def begin_anew(self) -> None:
        """Forget every thread."""
        super().begin_anew()
        self._changed = threading.Condition()
        self._threads: set[threading.Thread] = set()

    @property
    def alive(self) -> int:
        """How many threads there are now."""
        return len(self._threads)

    def join(self, until: float) -> bool:
        """Wait for the threads of a workers that was closed; this very thread is not waited for.

        Args:
            until: When to give up, in seconds of ``time.monotonic``.

        Returns:
            Whether all have ended.
        """
        own = {threading.current_thread()}
        with self._changed:
            threads = self._threads - own
            ended = self._changed.wait_for(lambda: not self._threads - own, max(0.0, until - time.monotonic()))
        for thread in threads:
            if ended:  # so it was started, which it need not have been before
                thread.join(max(0.0, until - time.monotonic()))
        return ended

    def _new_thread(self, target: Callable[[], None]) -> threading.Thread:
        def work() -> None:
            if self._niceness:
                renice(self._niceness)
            try:
                target()
            finally:
                with self._changed:
                    self._threads.discard(thread)
                    self._changed.notify_all()

        thread = self._make(work)
        with self._changed:
            self._threads.add(thread)
        return thread


def renice(niceness: int) -> bool:
    """Let this very thread run below the rest of the program, or above it, for good.

    Only on Linux has a thread a niceness of its own. Above works where the system allows it,
    and the program runs at the usual priority.

    Args:
        niceness: By how much it gives way to others: above 0 lower, below 0 higher.

    Returns:
        Whether it does.
    """
    if sys.platform != "linux":
        return False
    try:
        now = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        if niceness < 0:
            if now or os.sched_getscheduler(0) != os.SCHED_OTHER:
                return False
            # Threads inherit: what this one starts is to be as it would be without us.
            os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), now + niceness)
    except OSError:
        return False
    return True
