"""Whether works wait for the very thread that would wait for them."""

from __future__ import annotations

from reactivex.scheduler import CurrentThreadScheduler


def waits_on_this_thread() -> bool:
    """Whether RxPY has actions of this thread queued behind the one that runs now.

    They run when it returns; a thread that blocks for one of them blocks for ever.
    """
    scheduler = CurrentThreadScheduler.singleton()
    if scheduler.schedule_required():
        return False
    # RxPY has no public way to ask; the test of this function fails should it change.
    queue = scheduler.get_trampoline()._queue  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - see above
    return len(queue) > 0
