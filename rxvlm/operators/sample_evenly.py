"""sample_evenly: the frames nearest to evenly spaced moments."""

from __future__ import annotations

from typing import Literal

from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.sample_with import sample_with
from rxvlm.operators.sampling.nearest import nearest
from rxvlm.stream import Operator, as_step
from rxvlm.ticks import moments
from rxvlm.window import Window


def evenly(window: Window, count: int) -> list[Frame]:
    """Choose the frame nearest to each of ``count`` moments, start + i * (end - start) / count.

    If two frames are equally near, the earlier is chosen. A frame that is nearest to several moments is chosen once.

    >>> from rxvlm.testing import frames_at
    >>> frames = frames_at([0.0, 0.4, 1.1, 1.9, 2.5])
    >>> [frame.time for frame in evenly(Window(tuple(frames), 0.0, 3.0), 3)]
    [0.0, 1.1, 1.9]
    """
    return nearest(window.frames, moments(window.start, window.end, count))


def evenly_keyframes(window: Window, count: int) -> list[Frame]:
    """Choose as `evenly` does, among the window's key frames; among all frames if there is no key frame."""
    keyframes = tuple(frame for frame in window.frames if frame.keyframe)
    return evenly(window.keep(keyframes), count) if keyframes else evenly(window, count)


@as_step
def sample_evenly(count: int, *, snap: Literal["keyframe"] | None = None) -> Operator[Window, Window]:
    """Thin each window to ``count`` frames, evenly spaced over its span.

    The frame nearest to each of ``count`` evenly spaced moments is kept. A frame that is
    nearest to several moments is kept once, so a window may have fewer than ``count`` frames left.

    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    >>> print(draw(frames.pipe(buffer_by_time(3.0), sample_evenly(2)), tick=0.5))
    ------(0,1)--(3,4)(6)|

    Args:
        count: Frames to keep per window, at least 1.
        snap: ``"keyframe"`` chooses only key frames: decoding takes about a twentieth
            of the time, but the frames are less evenly spaced.

    Returns:
        An operator that emits each window with the chosen frames; `Window.seen` and `Window.fresh` stay.

    Raises:
        TypeError: If ``count`` is not a whole number.
        ValueError: If ``count`` is less than 1, or ``snap`` unknown.
    """
    if snap not in (None, "keyframe"):
        raise ValueError(f"snap must be None or 'keyframe', not {snap!r}")
    return check_items(Window, "sample_evenly", sample_with(evenly if snap is None else evenly_keyframes, count))
