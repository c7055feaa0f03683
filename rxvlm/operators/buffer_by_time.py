"""buffer_by_time: windows of some seconds of the frames' own time."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, MultipleAssignmentDisposable

from rxvlm.arguments import check_above_zero
from rxvlm.concurrency.serial import Serial
from rxvlm.concurrency.timers import clock_of
from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.windowing.grid import Grid
from rxvlm.operators.windowing.open_windows import OpenWindows, Outlet
from rxvlm.stream import OnDrop, Operator, Stream, as_step
from rxvlm.stream.counting import losses
from rxvlm.ticks import Aligned, to_ticks
from rxvlm.window import Window

_LONGEST = 366 * 86_400


@as_step
def buffer_by_time(
    span: float,
    stride: float | None = None,
    *,
    patience: float | None = None,
    aligned: Aligned = "source",
    on_drop: OnDrop | None = None,
) -> Operator[Frame, Window]:
    """Gather frames into windows of ``span`` seconds.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    >>> print(draw(frames.pipe(buffer_by_time(3.0)), tick=0.5))
    ------(0,1,2)(3,4,5)(6)|

    The frame's own time alone decides to which window it belongs, so a file makes the same
    windows at any speed. Window k is [k * stride, k * stride + span), from time 0 of the
    source. It is emitted when a later frame comes, a new `Frame.epoch` begins, or the
    source ends, also by an error; it is never empty. A frame that comes too late for
    all its windows is lost.

    With ``aligned="clock"`` window n is [n * stride, n * stride + span) of the wall clock, in seconds since 1970 (UTC),
    and `Span.slot` is n: windows of ten seconds begin at :00, :10 and :20 of each minute, and two cameras, or two
    processes that watch one camera, have the same windows, up to the error of their clocks. The step
    compares the wall clock with the source's time once, at the first frame of each epoch, by `Frame.captured`.
    If the clock is set or drifts within an epoch, the windows do not move. The first window mostly begins before
    time 0. n never goes back: if the clock was set back between two epochs, the windows go on from the newest n.
    A film has no wall clock; its windows are on its own time, and their ``slot`` is None.

    Args:
        span: Seconds of a window, at least 0.000001.
        stride: Seconds from the start of one window to the start of the next. Less than ``span`` makes
            windows overlap, more leaves gaps between them. None: ``span``.
        patience: Seconds on the clock without a frame, after which the open windows are
            emitted. Frames that still come for them make second windows of the same spans.
            None: windows wait for the next frame.
        aligned: ``"source"``: windows begin at multiples of the stride on the source's own time. ``"clock"``: on the
            wall clock.
        on_drop: Called with each frame in a gap (``"skipped:gap"``), and each that is too late (``"late"``).
            None: the ledger that the stream carries counts it.

    Returns:
        An operator; its clock is the scheduler of the subscription.

    Raises:
        TypeError: If one is not a number.
        ValueError: If a number of seconds is not above 0, or over a year, or ``aligned`` is unknown.
    """
    step = span if stride is None else stride
    for name, value in {"span": span, "stride": step, "patience": 1.0 if patience is None else patience}.items():
        check_above_zero(name, value, "seconds")
        if value > _LONGEST:
            raise ValueError(f"{name} must be at most {_LONGEST} seconds, not {value}")
    if aligned not in get_args(Aligned):
        raise ValueError(f"aligned must be 'source' or 'clock', not {aligned!r}")
    ticks = max(1, to_ticks(span)), max(1, to_ticks(step))

    def operator(source: Observable[Frame]) -> Observable[Window]:
        lost, expect = losses(source, on_drop), Stream.of(source).origin.expect

        def subscribe(observer: ObserverBase[Window], scheduler: SchedulerBase | None = None) -> DisposableBase:
            windows = OpenWindows(Outlet(observer, clock_of(scheduler)), Grid(*ticks, aligned), lost, expect)
            if patience is None:
                return source.subscribe(windows.on_frame, windows.on_error, windows.on_end, scheduler=scheduler)
            patient = _Patient(windows, clock_of(scheduler), patience)
            above = source.subscribe(patient.on_frame, patient.on_error, patient.on_end, scheduler=scheduler)
            return CompositeDisposable(above, patient.timer)

        return Observable(subscribe)

    return check_items(Frame, "buffer_by_time", operator)


class _Patient:
    """Emits the open windows when no frame has come for a while. The timer and the frames are serialised."""

    def __init__(self, windows: OpenWindows, clock: SchedulerBase, patience: float) -> None:
        self._windows = windows
        self._clock, self._patience = clock, patience
        self._serial = Serial()
        self._last = clock.now
        self._timing = False
        # Not a SerialDisposable: a timer that starts the next one could be assigned after it.
        self.timer = MultipleAssignmentDisposable()

    def on_frame(self, frame: Frame) -> None:
        self._serial(lambda: self._take(frame))

    def on_error(self, error: Exception) -> None:
        self._end(lambda: self._windows.on_error(error))

    def on_end(self) -> None:
        self._end(self._windows.on_end)

    def _end(self, action: Callable[[], None]) -> None:
        self.timer.dispose()
        self._serial(action)

    def _take(self, frame: Frame) -> None:
        self._windows.on_frame(frame)
        self._last = self._clock.now  # taken after: the time that a slow subscriber takes is no silence of the source
        if not self._timing:
            self._timing = True
            self._wait(self._patience)

    def _wait(self, seconds: float) -> None:
        self.timer.disposable = self._clock.schedule_relative(
            seconds, lambda _scheduler, _state: self._serial(self._look)
        )

    def _look(self) -> None:
        """Check how long no frame has come. Frames come too often to restart the timer each time."""
        if self.timer.is_disposed:
            return
        left = self._patience - (self._clock.now - self._last).total_seconds()
        if left > 0:
            self._wait(left)
        else:
            self._timing = False
            self._windows.give_all()
