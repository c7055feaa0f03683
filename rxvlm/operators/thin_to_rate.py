"""thin_to_rate: at most some frames a second."""

from __future__ import annotations

from fractions import Fraction

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import check_number
from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.stream.counting import losses
from rxvlm.ticks import TICKS_PER_SECOND, to_ticks

_MOST = 1000
_EARLY = 20_000


def slot(time: int, fps: Fraction) -> int:
    """Return the number of the period of 1 / fps seconds that contains a moment, in integer microseconds.

    >>> [slot(time, Fraction(10)) for time in (0, 99_999, 100_000, 1_000_000)]
    [0, 0, 1, 10]
    """
    return time * fps.numerator // (fps.denominator * TICKS_PER_SECOND)


def early(fps: Fraction) -> int:
    """Return how many microseconds early a frame may be: an eighth of a period, at most 20 000.

    >>> early(Fraction(10)), early(Fraction(1))
    (12500, 20000)
    """
    return int(min(_EARLY, TICKS_PER_SECOND / (8 * fps)))


@as_step
def thin_to_rate(fps: float, *, on_drop: OnDrop | None = None) -> Operator[Frame, Frame]:
    """Pass at most ``fps`` frames a second on, by the frames' own time.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]))
    >>> print(draw(frames.pipe(thin_to_rate(1.0)), tick=0.5))
    0-2-4-6|

    The first frame of each period of 1 / fps seconds, counted from time 0 of the source, passes. So the same
    frames of a file pass at any speed, and the periods do not drift. Because times are rounded and
    cameras are not exact, a frame that is early by up to an eighth of a period, at most 20 ms, counts
    for the next period. The first frame of a new `Frame.epoch` passes. All frames of a slower source pass.

    Args:
        fps: Frames a second, above 0 and at most 1000.
        on_drop: Called with each frame that is left out, and the reason ``"thinned"``. None: the ledger that the stream
            carries counts it.

    Returns:
        An operator.

    Raises:
        TypeError: If ``fps`` is not a number.
        ValueError: If ``fps`` is out of range.
    """
    check_number("fps", fps)
    if not 0 < fps <= _MOST:
        raise ValueError(f"fps must be above 0 and at most {_MOST}, not {fps}")
    rate = Fraction(fps)

    def operator(source: Observable[Frame]) -> Observable[Frame]:
        lost = losses(source, on_drop)

        def thinned(_clock: SchedulerBase | None) -> Observable[Frame]:
            return source.pipe(ops.filter(_Thinning(rate, lost).passes))

        return reactivex.defer(thinned)

    return check_items(Frame, "thin_to_rate", operator)


class _Thinning:
    """The state of one subscription: the period of the last frame that passed."""

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
