"""Workers: a pool of threads for work that blocks."""

from __future__ import annotations

import logging
import os
import queue
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias, TypeVar

from reactivex import abc, typing
from reactivex.disposable import SingleAssignmentDisposable
from reactivex.scheduler import NewThreadScheduler

from rxvlm.concurrency.threads import daemon

IDLE_SECONDS = 15.0
_State = TypeVar("_State")
_Task: TypeAlias = Callable[[], None]
_Tasks: TypeAlias = "queue.SimpleQueue[_Task | None]"
_log = logging.getLogger("rxvlm")


_pools: weakref.WeakSet[Workers] = weakref.WeakSet()


class Workers(NewThreadScheduler):
    """A scheduler on a pool of daemon threads: as many as there are tasks at once; idle threads are used again.

    The C library keeps freed memory for each thread, so a new thread for each task would need a multiple of
    the memory. Idle threads end after `IDLE_SECONDS`, or with `close`. The caller bounds how many tasks there
    are at once.

    Args:
        name: The threads' name in a debugger while they work.
        most: Most threads, at least 1; further tasks wait for one. None: no limit. A task that waits
            for another task of the same pool may never end.
        keep: Whether idle threads stay until `close`, so that with ``most=1`` all tasks run on the same thread.
    """

    def __init__(self, name: str, most: int | None = None, *, keep: bool = False) -> None:
        super().__init__(daemon(name, self.close))
        self._name = name
        self._most = most
        self._idle_seconds = None if keep else IDLE_SECONDS
        self._closed = False
        self.begin_anew()
        _pools.add(self)

    def begin_anew(self) -> None:
        """Forget every thread: after a fork the child process has none of them."""
        self._lock = threading.Lock()
        self._idle: list[_Tasks] = []
        self._waiting: deque[_Task] = deque()
        self._count = 0

    def schedule(self, action: typing.ScheduledAction[_State], state: _State | None = None) -> abc.DisposableBase:
        """Run an action on the thread that became idle last, or on a new one."""
        running = SingleAssignmentDisposable()

        def run() -> None:
            if not running.is_disposed:
                running.disposable = self.invoke_action(action, state)

        self._hand_over(run)
        return running

    def close(self) -> None:
        """End the idle threads, and each busy thread when no task is left."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            self._count -= len(idle)
        for tasks in idle:
            tasks.put(None)

    def _hand_over(self, task: _Task) -> None:
        """Hand a task to an idle thread, or to a new one, or queue it if there are as many as allowed."""
        with self._lock:
            if self._idle:
                self._idle.pop().put(task)
                return
            if self._most is not None and self._count >= self._most:
                self._waiting.append(task)
                return
            self._count += 1
        tasks: _Tasks = queue.SimpleQueue()
        tasks.put(task)
        thread = self.thread_factory(lambda: self._work(tasks))
        try:
            thread.start()
        except RuntimeError:  # there is no memory for another thread
            self._uncount(thread)
            raise

    def _uncount(self, _thread: typing.Startable) -> None:
        """Forget a thread that could not be started."""
        with self._lock:
            self._count -= 1

    def _work(self, tasks: _Tasks) -> None:
        thread = threading.current_thread()
        task = tasks.get()
        while task is not None:
            thread.name = self._name
            try:
                task()
            except Exception:  # noqa: BLE001 - a thread of many works must outlive one
                _log.exception("work on %s raised", self._name)
            del task  # so that what it refers to is freed while the thread is idle
            thread.name = "idle"
            task = self._next(tasks)

    def _next(self, tasks: _Tasks) -> _Task | None:
        """Return a queued task, or wait for one; None if the thread should end."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            if self._closed:
                self._count -= 1
                return None
            self._idle.append(tasks)
        with suppress(queue.Empty):
            return tasks.get(timeout=self._idle_seconds)
        with self._lock:
            if tasks in self._idle:
                self._idle.remove(tasks)
                self._count -= 1
                return None
        return tasks.get()  # a task was handed to this thread just now


def _begin_all_anew() -> None:
    for pool in list(_pools):
        pool.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_all_anew)
