"""Streams drawn as marble diagrams."""

from __future__ import annotations

from typing import TypeVar

from reactivex import Observable

from rxvlm.arguments import check_above_zero
from rxvlm.frame import Frame
from rxvlm.testing.playing import DAY_SECONDS, END, play
from rxvlm.window import Window

_T = TypeVar("_T")


def draw(stream: Observable[_T], *, tick: float = 1.0, seconds: float = DAY_SECONDS) -> str:
    """Run a stream on virtual time, and return it as a marble diagram.

    A frame is drawn as its number, a window as the numbers of its frames; ``|`` is the
    completion, ``#`` an error, and ``...`` means that neither came before the subscription
    was disposed. A marble wider than the time to the next one pushes that one to the right.

    >>> from rxvlm.testing import frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 3.0]))
    >>> print(draw(frames, tick=0.5), draw(frames, tick=0.5, seconds=2.0))
    0-1---2| 0-1...

    Args:
        stream: Its timers must use the scheduler that it is subscribed with.
        tick: Virtual seconds that one character stands for, above 0.
        seconds: Virtual seconds after which the subscription is disposed.
    """
    check_above_zero("tick", tick, "seconds")
    drawn, last = "", None
    for time, last in play(stream, seconds=seconds):
        drawn += "-" * (round(time / tick) - len(drawn)) + _marble(last)
    return drawn if last is END or isinstance(last, Exception) else f"{drawn}..."


def _marble(item: object) -> str:
    if isinstance(item, Window):
        return f"({','.join(str(frame.index) for frame in item.frames)})"
    if isinstance(item, Exception):
        return "#"
    return "|" if item is END else str(item.index) if isinstance(item, Frame) else str(item)
