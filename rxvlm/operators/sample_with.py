"""sample_with: the frames that a function of yours chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import Signature, signature
from types import NoneType
from typing import Final, TypeAlias, cast

from reactivex import operators as ops

from rxvlm.arguments import check_integer, describe
from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import Operator, as_step
from rxvlm.window import Window

Strategy: TypeAlias = Callable[[Window, int], Iterable[Frame]]
"""Chooses some of a window's frames, in time order: ``(window, count) -> frames``."""

_HINTS: Final[dict[type, str]] = {
    NoneType: " (is a return missing?)",
    Frame: " (for one frame, return a list: [frame])",
    Window: " (return its frames: window.frames)",
}


@as_step
def sample_with(strategy: Strategy, count: int) -> Operator[Window, Window]:
    """Thin each window to the frames that a strategy chooses.

    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    >>> last = lambda window, count: window.frames[-count:]
    >>> print(draw(frames.pipe(buffer_by_time(3.0), sample_with(last, 1)), tick=0.5))
    ------(2)----(5)(6)|

    If a strategy raises, the stream ends with this error. If it breaks a rule of ``strategy`` below, the stream ends
    with a ValueError or TypeError that names the rule.

    Args:
        strategy: A function of the window and ``count`` that returns at least one and at most ``count`` of
            the window's own frames, each once, in time order.
        count: Frames to keep per window, at least 1.

    Returns:
        An operator that emits each window with the chosen frames; `Window.seen` and `Window.fresh` stay.

    Raises:
        TypeError: If ``strategy`` is not a function, or ``count`` not a whole number.
        ValueError: If ``count`` is less than 1.
        Exception: In the stream, which it ends: what ``strategy`` raises, and a ValueError if it breaks the rules.
    """
    if not callable(strategy):
        raise TypeError(f"strategy must be a function of a window and a number, not {describe(strategy)}")
    check_integer("count", count)
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    name = getattr(strategy, "__name__", type(strategy).__name__)

    def thinned(window: Window) -> Window:
        return window.keep(_checked(strategy(window, count), window, count, name))

    return check_items(Window, "sample_with", ops.map(thinned))


def is_strategy(function: object) -> bool:
    """Return whether a function is a strategy, which takes a window and a count, and not an operator, which takes one.

    >>> is_strategy(lambda window, count: window.frames[-count:]), is_strategy(lambda stream: stream)
    (True, False)
    """
    if not callable(function):
        return False
    try:
        shown = signature(function)
    except ValueError:  # of a function written in C
        return False
    return _takes(shown, 2) and not _takes(shown, 1)


def _takes(shown: Signature, count: int) -> bool:
    try:
        shown.bind(*range(count))
    except TypeError:
        return False
    return True


def _checked(chosen: object, window: Window, count: int, name: str) -> list[Frame]:
    """Return the frames that a strategy chose; raise an error that names the rule if it broke one."""
    if not isinstance(chosen, Iterable):
        hint = _HINTS.get(type(chosen), "")
        wrong = f"{name} returned {describe(chosen)} for {window!r}"
        raise TypeError(f"{wrong}: it must return 1 to {count} of its frames{hint}")
    given = list(cast("Iterable[object]", chosen))
    if not 0 < len(given) <= count:
        raise ValueError(f"{name} returned {len(given)} frames of {window!r}, not 1 to {count}")
    own = {frame: at for at, frame in enumerate(window.frames)}
    frames: list[Frame] = []
    for frame in given:
        if not isinstance(frame, Frame):
            raise TypeError(f"{name} returned {describe(frame)}, which is not a Frame, for {window!r}")
        if frame not in own:
            raise ValueError(f"{name} returned frame {frame.index}, which is not itself one of {window!r}")
        if frames and own[frame] <= own[frames[-1]]:
            wrong = "twice" if frame is frames[-1] else f"after frame {frames[-1].index}"
            raise ValueError(f"{name} returned frame {frame.index} {wrong}: each once, in time order, of {window!r}")
        frames.append(frame)
    return frames
