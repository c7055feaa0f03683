"""Threads that have an owner, and an end with the interpreter.

All are daemons, so that no stuck peer holds up the exit. A daemon that the exit
finds inside a C++ library would abort the process, though: so at exit every one
is asked to end, and waited for, a moment.
"""

from __future__ import annotations

import atexit
import math
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress

EXIT_SECONDS = 1.0
LOOK_SECONDS = 0.2

_running: weakref.WeakKeyDictionary[threading.Thread, Callable[[], None]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()
_exiting = threading.Event()


def daemon(name: str, end: Callable[[], None] | None = None) -> Callable[[Callable[[], None]], threading.Thread]:
    """Give a factory of daemon threads, as RxPY's schedulers want one.

    Once the interpreter is ending its threads do nothing.

    Args:
        name: What debuggers call the threads.
        end: Called at the interpreter's exit to ask a thread to end; None where it ends by itself.

    Returns:
        A function that makes a thread of a target, not started yet.
    """

    def make(target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=_nothing if _exiting.is_set() else target, name=name, daemon=True)
        with _lock:
            _running[thread] = end or _nothing
        return thread

    return make


@atexit.register
def end_all() -> None:
    """Ask every thread to end, and wait for them at most `EXIT_SECONDS` in all."""
    _exiting.set()
    with _lock:
        threads = list(_running.items())
    for _, end in threads:
        with suppress(Exception):  # nobody is left to be told
            end()
    until = time.monotonic() + EXIT_SECONDS
    for thread, _ in threads:
        if thread.is_alive():
            thread.join(max(0.0, until - time.monotonic()))


def wait_for(event: threading.Event, seconds: float = math.inf, *, unless: Callable[[], bool] = lambda: False) -> bool:
    """Wait for an event, and see a signal whenever it comes: one may come just as a lock is waited for.

    Args:
        event: What is waited for.
        seconds: At most.
        unless: Ends the wait early; looked at every `LOOK_SECONDS`.

    Returns:
        Whether the event is set.
    """
    until = time.monotonic() + seconds
    while not unless() and (left := until - time.monotonic()) > 0:
        if event.wait(min(left, LOOK_SECONDS)):
            break
    return event.is_set()


def _nothing() -> None:
    """Do nothing."""
