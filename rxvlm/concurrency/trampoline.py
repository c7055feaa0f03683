"""Find out whether a thread would wait for actions that only it can run."""

from __future__ import annotations

from reactivex.scheduler import CurrentThreadScheduler


def waits_on_this_thread() -> bool:
    """Return whether RxPY has queued actions for this thread behind the one that runs now.

    They run when that one returns. So a thread that blocks until one of them has run never returns.
    """
    scheduler = CurrentThreadScheduler.singleton()
    if scheduler.schedule_required():
        return False
    # RxPY has no public way to ask; the test of this function fails should it change.
    queue = scheduler.get_trampoline()._queue  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - see above
    return len(queue) > 0
