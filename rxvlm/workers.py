"""Workers: threads that are used again, for work that blocks."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from reactivex import abc, typing
from reactivex.disposable import SingleAssignmentDisposable
from reactivex.scheduler import NewThreadScheduler

from rxvlm.threads import daemon

IDLE_SECONDS = 15.0
_State = TypeVar("_State")
_Tasks = queue.SimpleQueue[Callable[[], None] | None]


class Workers(NewThreadScheduler):
    """A scheduler of daemon threads, as many as there is work at once; idle ones are used again.

    Memory that a thread's work needed stays with the thread's arena in the C library: a new
    thread for each work makes it a multiple. Idle threads end after `IDLE_SECONDS`, or
    with `close`. Whoever uses it bounds how much work there is at once.

    Args:
        name: What debuggers call a thread while it works.
    """

    def __init__(self, name: str) -> None:
        super().__init__(daemon(name))
        self._name = name
        self._lock = threading.Lock()
        self._idle: list[_Tasks] = []
        self._closed = False

    def schedule(self, action: typing.ScheduledAction[_State], state: _State | None = None) -> abc.DisposableBase:
        """Run an action on the thread that was idle last, or on a new one."""
        running = SingleAssignmentDisposable()

        def run() -> None:
            if not running.is_disposed:
                running.disposable = self.invoke_action(action, state)

        self._worker().put(run)
        return running

    def close(self) -> None:
        """End the idle threads, and each busy one when its work is done."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for tasks in idle:
            tasks.put(None)

    def _worker(self) -> _Tasks:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        tasks: _Tasks = queue.SimpleQueue()
        self.thread_factory(lambda: self._work(tasks)).start()
        return tasks

    def _work(self, tasks: _Tasks) -> None:
        thread = threading.current_thread()
        while (task := self._next(tasks)) is not None:
            thread.name = self._name
            try:
                task()
            finally:
                thread.name = "idle"
            with self._lock:
                if self._closed:
                    return
                self._idle.append(tasks)

    def _next(self, tasks: _Tasks) -> Callable[[], None] | None:
        try:
            return tasks.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            pass
        with self._lock:
            if tasks in self._idle:
                self._idle.remove(tasks)
                return None
        return tasks.get()  # it was taken from the idle ones just now
