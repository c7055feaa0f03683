"""sample_sharpest: the least blurred frame of each part of a window."""

from __future__ import annotations

import numpy as np

from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.sample_with import sample_with
from rxvlm.operators.sampling.small import Gray, grays
from rxvlm.stream import Operator, as_step
from rxvlm.window import Window


def sharpness(picture: Gray) -> float:
    """Measure how sharp a grey picture is: the variance of its Laplacian, 0 for a picture of one colour.

    >>> sharpness(np.full((4, 4), 90, np.uint8))
    0.0
    >>> edge, ramp = np.array([[0, 0, 90, 90]], np.uint8), np.array([[0, 30, 60, 90]], np.uint8)
    >>> sharpness(edge) > sharpness(ramp)
    True
    """
    wide = np.pad(picture.astype(np.int32), 1, mode="edge")
    around = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    return float(np.var(around - 4 * wide[1:-1, 1:-1]))


def sharpest(window: Window, count: int) -> list[Frame]:
    """Choose the sharpest frame of each of ``count`` equal parts of the window's span.

    Of equally sharp frames, the earlier is chosen. A part in which no frame can be decoded
    is left out; if no part is left, the window's first frame is chosen.

    >>> from rxvlm.testing import frames_at
    >>> frames = frames_at([0.0, 0.4, 1.1, 1.9, 2.5])
    >>> [frame.time for frame in sharpest(Window(tuple(frames), 0.0, 3.0), 3)]
    [0.0, 1.1, 2.5]
    """
    best: dict[int, tuple[float, Frame]] = {}
    for frame, picture in grays(window.frames):
        part, sharp = part_of(frame.time, window, count), sharpness(picture)
        if part not in best or sharp > best[part][0]:
            best[part] = sharp, frame
    return [frame for _, frame in best.values()] or [window.frames[0]]


def part_of(time: float, window: Window, count: int) -> int:
    """Return the number, from 0, of the part of a window's span that contains a moment.

    >>> from rxvlm.testing import frames_at
    >>> [part_of(time, Window(tuple(frames_at([0.0])), 0.0, 6.0), 3) for time in (0.0, 2.0, 5.9, 6.0)]
    [0, 1, 2, 2]
    """
    span = window.end - window.start
    part = int((time - window.start) / span * count) if span else 0
    return min(max(part, 0), count - 1)


@as_step
def sample_sharpest(count: int) -> Operator[Window, Window]:
    """Thin each window to the sharpest frame of each of ``count`` equal parts of its span.

    Sharpness is the variance of the Laplacian of a small grey picture. Every frame of the window is
    decoded on the thread that delivers the window, so put `on_backpressure_buffer` before this step
    if the source is live. `sample_rate` before it reduces the frames to decode.

    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    >>> print(draw(frames.pipe(buffer_by_time(3.0), sample_sharpest(2)), tick=0.5))
    ------(0,2)--(3,5)(6)|

    Frames that cannot be decoded are ignored, and a part without frames adds none. If
    no frame can be decoded, the window keeps its first frame.

    Args:
        count: Parts of a window, at least 1.

    Returns:
        An operator that emits each window with the chosen frames; `Window.seen` and `Window.fresh` stay.

    Raises:
        TypeError: If ``count`` is not a whole number.
        ValueError: If ``count`` is less than 1.
    """
    return check_items(Window, "sample_sharpest", sample_with(sharpest, count))
