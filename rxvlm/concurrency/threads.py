"""Daemon threads that end before the interpreter does.

All threads are daemons, so that a camera or server that does not answer cannot hold up the exit. But a daemon
that is inside a C++ library at the exit would abort the process: so at exit each thread is asked to end, and
joined for a moment.
"""

from __future__ import annotations

import atexit
import math
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress

EXIT_SECONDS = 2.0
LOOK_SECONDS = 0.2

_running: weakref.WeakKeyDictionary[threading.Thread, Callable[[], None]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()
_exiting = threading.Event()


def daemon(name: str, end: Callable[[], None] | None = None) -> Callable[[Callable[[], None]], threading.Thread]:
    """Return a factory of daemon threads, as RxPY's schedulers need one.

    Threads that are made while the interpreter is ending do nothing.

    Args:
        name: The threads' name in a debugger.
        end: Called at the interpreter's exit to ask a thread to end; None if it ends by itself.

    Returns:
        A function that makes a thread for a target, and does not start it.
    """

    def make(target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=_nothing if _exiting.is_set() else target, name=name, daemon=True)
        with _lock:
            _running[thread] = end or _nothing
        return thread

    return make


@atexit.register
def end_all() -> None:
    """Ask every thread to end, and join them for at most `EXIT_SECONDS` altogether."""
    _exiting.set()
    with _lock:
        threads = list(_running.items())
    for _, end in threads:
        with suppress(Exception):  # at the exit an error cannot be reported any more
            end()
    until = time.monotonic() + EXIT_SECONDS
    for thread, _ in threads:
        if thread.is_alive():
            thread.join(max(0.0, until - time.monotonic()))


def wait_for(event: threading.Event, seconds: float = math.inf, *, unless: Callable[[], bool] = lambda: False) -> bool:
    """Wait for an event in short steps, so that signals such as Ctrl-C are handled meanwhile.

    A signal that arrives just when the main thread begins to wait for a lock would otherwise be handled only
    after the wait.

    Args:
        event: The event.
        seconds: Longest wait.
        unless: Ends the wait when it returns True; called every `LOOK_SECONDS`.

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
