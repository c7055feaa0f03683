"""sample_rate: a number of frames a second of each window."""

from __future__ import annotations

from reactivex import operators as ops

from rxvlm.arguments import check_number
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.sampling.nearest import at_rate
from rxvlm.stream import Operator, as_step
from rxvlm.window import Window

_MOST = 1000


@as_step
def sample_rate(fps: float) -> Operator[Window, Window]:
    """Thin each window to about ``fps`` frames a second of its span.

    The frame nearest to each moment k / fps of the source's time is kept, once. So overlapping
    windows keep the same frames, except near their edges. At least one frame is kept, and fewer
    than ``fps`` a second where the window has fewer.

    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0]))
    >>> print(draw(frames.pipe(buffer_by_time(3.0), sample_rate(1.0)), tick=0.5))
    ------(0,2,4)(6,7)|

    Args:
        fps: Frames a second, above 0 and at most 1000; 0.2 is a frame every five seconds.

    Returns:
        An operator that emits each window with the chosen frames; `Window.seen` and `Window.fresh` stay.

    Raises:
        TypeError: If ``fps`` is not a number.
        ValueError: If ``fps`` is out of range.
    """
    check_number("fps", fps)
    if not 0 < fps <= _MOST:
        raise ValueError(f"fps must be above 0 and at most {_MOST}, not {fps}")
    return check_items(Window, "sample_rate", ops.map(lambda window: window.keep(at_rate(window, fps))))
