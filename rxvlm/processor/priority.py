"""Workers whose threads run at a priority of their own; no other thread's priority changes."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

from reactivex import typing

from rxvlm.concurrency.threads import daemon
from rxvlm.concurrency.workers import Workers

LOWER = 5
HIGHER = -5


class PriorityWorkers(Workers):
    """Workers with a thread priority of their own, whose owner can wait for their end.

    A thread of lower priority must not start threads, because these would inherit the low priority.
    Threads started by one of higher priority run at the program's usual priority.

    Args:
        name: A thread's name while it works.
        niceness: Added to the program's niceness: `LOWER`, `HIGHER` or 0.
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
        """How many threads are running."""
        return len(self._threads)

    def join(self, until: float) -> bool:
        """Wait for the threads to end, after `close`; the calling thread is not waited for.

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
            if ended:  # then every thread was started; one that is not started cannot be joined
                thread.join(max(0.0, until - time.monotonic()))
        return ended

    def _uncount(self, thread: typing.Startable) -> None:
        super()._uncount(thread)
        self._lose(thread)

    def _lose(self, thread: typing.Startable) -> None:
        with self._changed:
            self._threads = {one for one in self._threads if one is not thread}
            self._changed.notify_all()

    def _new_thread(self, target: Callable[[], None]) -> threading.Thread:
        def work() -> None:
            if self._niceness:
                renice(self._niceness)
            try:
                target()
            finally:
                self._lose(thread)

        thread = self._make(work)
        with self._changed:
            self._threads.add(thread)
        return thread


def renice(niceness: int) -> bool:
    """Change the priority of the calling thread, until it ends.

    Only on Linux does a thread have a niceness of its own. A higher priority needs the system's
    permission, and a program that runs at the usual priority.

    Args:
        niceness: Added to the thread's niceness: above 0 lowers its priority, below 0 raises it.

    Returns:
        Whether the priority was changed.
    """
    if sys.platform != "linux":
        return False
    try:
        now = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        if niceness < 0:
            if now or os.sched_getscheduler(0) != os.SCHED_OTHER:
                return False
            # Threads inherit the priority; those that this one starts (in a model's library) must get the usual one.
            os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), now + niceness)
    except OSError:
        return False
    return True
