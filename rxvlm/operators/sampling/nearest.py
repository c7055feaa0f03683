"""Choose the frames nearest to given moments."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from math import ceil

from rxvlm.frame import Frame
from rxvlm.window import Window

_ROUNDING = 1e-6  # of a period: a moment that close to the edge of a span is the edge


def nearest(frames: tuple[Frame, ...], moments: Iterable[float]) -> list[Frame]:
    """Choose the frame nearest to each moment; a frame that is nearest to several, once.

    Of two frames that are equally near, the earlier is chosen.

    Args:
        frames: In the order of time.
        moments: In seconds, rising.
    """
    times = [frame.time for frame in frames]
    chosen: list[int] = []
    for moment in moments:
        after = bisect_left(times, moment)
        earlier = max(0, after - 1)
        at = earlier if after == len(times) or moment - times[earlier] <= times[after] - moment else after
        at = bisect_left(times, times[at])  # the first of frames with the same time
        if not chosen or at > chosen[-1]:
            chosen.append(at)
    return [frames[at] for at in chosen]


def at_rate(window: Window, fps: float) -> list[Frame]:
    """Choose the frame nearest to each moment k / fps of the window's span, k = 0, 1, ...

    If the span is too short to contain such a moment, the frame nearest to its start is chosen.

    >>> from rxvlm.testing import frames_at
    >>> frames = frames_at([3.0, 3.4, 4.1, 4.5, 4.8])
    >>> [frame.time for frame in at_rate(Window(tuple(frames), 3.0, 5.0), 1.0)]
    [3.0, 4.1]
    """
    first, last = (ceil(edge * fps - _ROUNDING) for edge in (window.start, window.end))
    return nearest(window.frames, [k / fps for k in range(first, last)] or [window.start])
