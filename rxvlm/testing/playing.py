"""Streams run on virtual time: hours of them in a moment."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm.arguments import check_not_negative, check_stream, describe

_T = TypeVar("_T")

DAY_SECONDS: Final = 86_400.0


class _End:
    def __repr__(self) -> str:
        return "END"


END: Final = _End()
"""The item by which `play` records that a stream completed."""


def play(
    stream: Observable[_T], *, seconds: float = DAY_SECONDS, scheduler: VirtualTimeScheduler | None = None
) -> list[tuple[float, Any]]:
    """Run a stream on virtual time, and return what it emitted and when.

    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 3.0]))
    >>> [window, *others] = play(frames.pipe(buffer_by_time(2.0)))
    >>> window
    (3.0, Window('test' [0, 2) s, 2 seen, frames (0,1)))
    >>> others
    [(3.0, Window('test' [2, 4) s, 1 seen, frames (2))), (3.0, END)]

    Args:
        stream: Its timers must use the scheduler that it is subscribed with.
        seconds: Virtual seconds after which the subscription is disposed.
        scheduler: The clock; None for a new one that begins at 0. Pass the same one to
            steps that have a scheduler of their own: ``encode_mp4(scheduler=clock)``.

    Returns:
        (virtual second, item), in order. The last is (second, `END`) if the stream completed, or
        (second, error) if it failed. Neither is there if the stream goes on for longer than
        ``seconds``, or if it works on real threads, which virtual time does not wait for.
    """
    check_stream("play", stream)
    check_not_negative("seconds", seconds, "seconds")
    if not isinstance(scheduler, VirtualTimeScheduler | None):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
        raise TypeError(f"scheduler must be a VirtualTimeScheduler or None, not {describe(scheduler)}")
    clock = scheduler or VirtualTimeScheduler(0.0)
    heard: list[tuple[float, Any]] = []

    def hear(item: object) -> None:
        heard.append((round(clock.to_seconds(clock.now), 6), item))

    subscription = stream.subscribe(hear, hear, lambda: hear(END), scheduler=clock)
    clock.advance_to(clock.to_seconds(clock.now) + seconds)
    subscription.dispose()
    return heard
