"""sample_with: thin each window by any strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from reactivex import operators as ops

from rxvlm.frame import Frame
from rxvlm.operators.operator import Operator
from rxvlm.window import Window

Strategy: TypeAlias = Callable[[Window, int], Iterable[Frame]]
"""Chooses some of a window's frames, in time order: ``(window, count) -> frames``."""


def sample_with(strategy: Strategy, count: int) -> Operator[Window, Window]:
    """Thin each window to the frames that a strategy chooses.

    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    >>> last = lambda window, count: window.frames[-count:]
    >>> print(draw(frames.pipe(buffer_by_time(3.0), sample_with(last, 1)), tick=0.5))
    ------(2)----(5)(6)|

    A strategy that raises, or breaks the rules, ends the stream with its error.

    Args:
        strategy: Gives at least one and at most ``count`` of the window's own
            frames, each once, in time order.
        count: Frames to keep per window, at least 1.

    Returns:
        An operator that gives each window thinned; `Window.seen` and `Window.fresh` stay.

    Raises:
        ValueError: If ``count`` is less than 1.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    return ops.map(lambda window: _checked(window, tuple(strategy(window, count)), count))


def _checked(window: Window, frames: tuple[Frame, ...], count: int) -> Window:
    if not 0 < len(frames) <= count:
        raise ValueError(f"a strategy gave {len(frames)} frames of {window!r}, not 1 to {count}")
    left = iter(window.frames)
    if not all(any(frame is own for own in left) for frame in frames):
        raise ValueError(f"a strategy gave frames of {window!r} that are not its own, each once, in time order")
    return window.keep(frames)
