"""with_context: windows around moments, with the frames before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from reactivex import Observable
from reactivex import operators as ops

from rxvlm.arguments import check_at_least, check_number, describe
from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.clip_around import Triggers, windows_around
from rxvlm.operators.remembering.around import Bounds
from rxvlm.operators.remembering.ring import CAPACITY_BYTES, picture_bytes
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.ticks import to_ticks
from rxvlm.window import Window

_LONGEST = 366 * 86_400


@as_step
def with_context(
    trigger: Callable[[Frame], bool] | Observable[Any],
    before: float,
    after: float,
    *,
    capacity_bytes: int = CAPACITY_BYTES,
    on_drop: OnDrop | None = None,
) -> Operator[Frame, Window]:
    """Make a window around each moment that a trigger chooses, with the frames before it and after it.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    >>> print(draw(frames.pipe(with_context(lambda frame: frame.index == 3, before=2.0, after=2.0))))
    -----(1,2,3,4)|

    The window of a moment t is [t - before, t + after). A moment while a window is open makes
    that window longer; a moment after its end begins another, which may share frames with
    it. A window is emitted when a frame after its end comes, a new `Frame.epoch` begins, or the source ends,
    also by an error. If a window grows over ``capacity_bytes``, it is emitted, and
    continues as another window; no frame is in both. A window starts later than t - before if ``capacity_bytes``
    are not enough for the frames before t, or an epoch began in between.

    Args:
        trigger: A function that returns whether a frame is such a moment, called on the thread that delivers
            the frame; or a stream, each item of which makes the newest frame such a moment.
        before: Seconds before the moment, at least 0.
        after: Seconds after it, at least 0.000001.
        capacity_bytes: The most bytes of packets that are kept, but always one frame. A frame
            without a packet counts with the bytes of its picture.
        on_drop: Called with each frame that was in no window (``"skipped:gap"``), and each that
            comes after a later one (``"late"``); not with the kept frames when the stream is disposed of.
            None: the ledger that the stream carries counts it.

    Returns:
        An operator. If a trigger function raises, the stream ends at once. If a trigger stream or the
        source fails, the open window is emitted before the error.

    Raises:
        ValueError: If a number is out of range.
    """
    check_number("before", before, "seconds")
    check_number("after", after, "seconds")
    if not (0 <= before <= _LONGEST and 0 < after <= _LONGEST):
        raise ValueError(f"before is at least 0 s, after above it, both at most {_LONGEST}, not {before} and {after}")
    check_at_least("capacity_bytes", capacity_bytes, 1)
    if not callable(trigger) and not isinstance(trigger, Observable):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be type-checked
        raise TypeError(f"trigger must be a function of the frame or a stream, not {describe(trigger)}")
    bounds = Bounds(
        before=to_ticks(before),
        after=max(1, to_ticks(after)),
        refractory=0,
        lag=0,
        capacity=capacity_bytes,
        joined=True,
        weigh=picture_bytes,
    )
    return check_items(Frame, "with_context", windows_around(_newest(trigger), bounds, on_drop))


def _newest(trigger: Callable[[Frame], bool] | Observable[Any]) -> Triggers:
    """Return a trigger whose moments are always the newest frame, whatever this one says."""
    if isinstance(trigger, Observable):
        return cast("Observable[Any]", trigger).pipe(ops.map(_always))
    matters = trigger
    return lambda frame: bool(matters(frame))


def _always(_item: object) -> bool:
    return True
