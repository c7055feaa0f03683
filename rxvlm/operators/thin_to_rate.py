"""thin_to_rate: at most so many frames a second."""

from __future__ import annotations

from fractions import Fraction

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import check_number
from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import OnDrop, Operator, ignore
from rxvlm.ticks import TICKS_PER_SECOND, to_ticks

_MOST = 1000
_EARLY = 20_000


def slot(time: int, fps: Fraction) -> int:
    """Give the number of the period of 1 / fps seconds that a moment lies in, in integer microseconds.

    >>> [slot(time, Fraction(10)) for time in (0, 99_999, 100_000, 1_000_000)]
    [0, 0, 1, 10]
    """
    return time * fps.numerator // (fps.denominator * TICKS_PER_SECOND)


def early(fps: Fraction) -> int:
    """Give by how many microseconds a frame may be early: an eighth of a period, at most 20 000.

    >>> early(Fraction(10)), early(Fraction(1))
    (12500, 20000)
    """
    return int(min(_EARLY, TICKS_PER_SECOND / (8 * fps)))


def thin_to_rate(fps: float, *, on_drop: OnDrop | None = None) -> Operator[Frame, Frame]:
    """Let at most ``fps`` frames a second pass, by the frames' own time.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]))
    >>> print(draw(frames.pipe(thin_to_rate(1.0)), tick=0.5))
    0-2-4-6|

    Of each period of 1 / fps seconds, from time 0 of the source, the first frame passes: a file
    gives the same frames at any speed, and nothing drifts. Times are rounded and cameras
    not punctual: a frame early by an eighth of a period, at most 20 ms, counts as in
    time. A new `Frame.epoch` begins anew: its first frame passes. A source that is
    slower gives all its frames.

    Args:
        fps: Frames a second, above 0 and at most 1000.
        on_drop: Told of each frame that is left out, with the reason ``"thinned"``.

    Returns:
        An operator.

    Raises:
        TypeError: If ``fps`` is no number.
        ValueError: If ``fps`` is out of range.
    """
    check_number("fps", fps)
    if not 0 < fps <= _MOST:
        raise ValueError(f"fps must be above 0 and at most {_MOST}, not {fps}")
    rate = Fraction(fps)

    def operator(source: Observable[Frame]) -> Observable[Frame]:
        def thinned(_clock: SchedulerBase | None) -> Observable[Frame]:
            return source.pipe(ops.filter(_Thinning(rate, on_drop or ignore).passes))

        return reactivex.defer(thinned)

    return check_items(Frame, "thin_to_rate", operator)


class _Thinning:
    """What one subscription let pass last."""

    def __init__(self, rate: Fraction, on_drop: OnDrop) -> None:
        self._rate, self._on_drop = rate, on_drop
        self._early = early(rate)
        self._last: tuple[int, int] | None = None

    def passes(self, frame: Frame) -> bool:
        now = frame.epoch, slot(to_ticks(frame.time) + self._early, self._rate)
        if now == self._last:
            self._on_drop(frame, "thinned")
            return False
        self._last = now
        return True
