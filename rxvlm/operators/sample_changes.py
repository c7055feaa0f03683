"""sample_changes: the frames in which something is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.sample_with import sample_with
from rxvlm.operators.sampling.small import Gray, changed, grays
from rxvlm.stream import Operator, as_step
from rxvlm.window import Window

_HALVINGS: Final = 12
_UTMOST: Final = 255.0


def difference(one: Gray, other: Gray) -> float:
    """Measure how far two grey pictures differ: the root of the mean square, 0 to 255.

    >>> difference(np.array([[0, 9]], np.uint8), np.array([[5, 4]], np.uint8))
    5.0
    """
    return float(np.sqrt(np.mean(np.square(changed(one, other), dtype=np.float32))))


def beyond(pictures: Sequence[Gray], least: float) -> list[int]:
    """Choose the first picture, then each that differs by more than ``least`` from the last one chosen.

    >>> pictures = [np.full((2, 2), level, np.uint8) for level in (0, 3, 6, 6, 40)]
    >>> beyond(pictures, 4.0)
    [0, 2, 4]
    """
    chosen = [0]
    for number, picture in enumerate(pictures):
        if difference(picture, pictures[chosen[-1]]) > least:
            chosen.append(number)
    return chosen


def changes(window: Window, count: int) -> list[Frame]:
    """Choose the first frame, then those that differ most from the last one chosen, ``count`` at most.

    The threshold of the difference is the smallest that leaves at most ``count`` frames, found by bisection.

    >>> from rxvlm.testing import frames_at
    >>> frames = frames_at([0.0, 1.0, 2.0, 6.5])
    >>> [frame.time for frame in changes(Window(tuple(frames), 0.0, 7.0), 2)]
    [0.0, 2.0]
    """
    frames, pictures = tuple(zip(*grays(window.frames), strict=True)) or (window.frames[:1], ())
    low, high, chosen = 0.0, _UTMOST, [0]
    least = low
    for _ in range(_HALVINGS):
        tried = beyond(pictures, least)
        if len(tried) > count:
            low = least
        else:
            chosen, high = tried, least
        least = (low + high) / 2
    return [frames[number] for number in chosen]


@as_step
def sample_changes(count: int) -> Operator[Window, Window]:
    """Thin each window to its first frame and those that differ most from the last one kept.

    A scene that does not change is kept once, so few frames of a quiet window are left. The step compares small grey
    pictures. Every frame of the window is decoded on the thread that delivers the window, so put
    `on_backpressure_buffer` before this step if the source is live. `sample_rate` before it reduces the
    frames to decode.

    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    >>> print(draw(frames.pipe(buffer_by_time(3.0), sample_changes(2)), tick=0.5))
    ------(0,2)--(3,5)(6)|

    Frames that cannot be decoded are ignored. If no frame can be decoded, the window
    keeps its first frame.

    Args:
        count: Frames to keep per window at most, at least 1.

    Returns:
        An operator that emits each window with the chosen frames; `Window.seen` and `Window.fresh` stay.

    Raises:
        TypeError: If ``count`` is not a whole number.
        ValueError: If ``count`` is less than 1.
    """
    return check_items(Window, "sample_changes", sample_with(changes, count))
