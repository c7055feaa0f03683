"""buffer_by_count: windows of some frames."""

from __future__ import annotations

from collections import deque

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxvlm.arguments import check_integer
from rxvlm.concurrency.timers import clock_of, now_in_seconds
from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.stream.counting import losses
from rxvlm.stream.expecting import expected
from rxvlm.window import Span, Window


@as_step
def buffer_by_count(count: int, stride: int | None = None, *, on_drop: OnDrop | None = None) -> Operator[Frame, Window]:
    """Gather frames into windows of ``count``.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0]))
    >>> print(draw(frames.pipe(buffer_by_count(2)), tick=0.5))
    --(0,1)(2,3)(4)|

    At the end of the source, before its error, and before a new `Frame.epoch`, the frames that are left
    make a shorter window. A window's span is from its first to its last frame.

    Args:
        count: Frames in a window, at least 1.
        stride: Frames from the first of one window to the first of the next. Less than ``count`` makes
            windows overlap, more leaves gaps between them. None: ``count``.
        on_drop: Called with each frame in a gap, and the reason ``"skipped:gap"``. None: the ledger that the stream
            carries counts it.

    Returns:
        An operator.

    Raises:
        TypeError: If one is not a whole number.
        ValueError: If ``count`` or ``stride`` is less than 1.
    """
    step = count if stride is None else stride
    check_integer("count", count)
    check_integer("stride", step)
    if count < 1 or step < 1:
        raise ValueError(f"count and stride must be at least 1, not {count} and {step}")

    def operator(source: Observable[Frame]) -> Observable[Window]:
        lost = losses(source, on_drop)

        def subscribe(observer: ObserverBase[Window], scheduler: SchedulerBase | None = None) -> DisposableBase:
            windows = _Windows(observer, count, step, lost, clock_of(scheduler))
            return source.subscribe(windows.on_frame, windows.on_error, windows.on_end, scheduler=scheduler)

        return Observable(subscribe).pipe(expected(source))

    return check_items(Frame, "buffer_by_count", operator)


class _Windows:
    """The state of one subscription: the frames that the next window begins with."""

    def __init__(
        self, observer: ObserverBase[Window], count: int, stride: int, on_drop: OnDrop, clock: SchedulerBase
    ) -> None:
        self._observer = observer
        self._count, self._stride = count, stride
        self._on_drop, self._clock = on_drop, clock
        self._frames: deque[Frame] = deque()
        self._gap = 0
        self._fresh = 0

    def on_frame(self, frame: Frame) -> None:
        if self._frames and frame.epoch != self._frames[0].epoch:
            self._give_rest()
        if self._gap:
            self._gap -= 1
            self._on_drop(frame, "skipped:gap")
            return
        self._frames.append(frame)
        self._fresh += 1
        if len(self._frames) == self._count:
            self._give()
            self._gap = max(0, self._stride - self._count)
            for _ in range(min(self._stride, self._count)):
                self._frames.popleft()

    def on_error(self, error: Exception) -> None:
        self._give_rest()
        self._observer.on_error(error)

    def on_end(self) -> None:
        self._give_rest()
        self._observer.on_completed()

    def _give_rest(self) -> None:
        if self._fresh:
            self._give()
        self._frames.clear()

    def _give(self) -> None:
        frames, fresh = tuple(self._frames), self._fresh
        self._fresh = 0
        last = frames[-1]
        given = now_in_seconds(self._clock)
        span = Span(frames[0].time, last.time, last.captured, last.source, last.epoch, len(frames), fresh, given=given)
        self._observer.on_next(Window(frames, span=span))
