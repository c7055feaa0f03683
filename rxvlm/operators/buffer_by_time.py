"""buffer_by_time: windows of so many seconds of the frames' own time."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import NamedTuple

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, MultipleAssignmentDisposable

from rxvlm.arguments import check_above_zero
from rxvlm.concurrency.serial import Serial
from rxvlm.concurrency.timers import clock_of, now_in_seconds
from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import OnDrop, Operator, Stream, as_step
from rxvlm.stream.counting import losses
from rxvlm.ticks import to_seconds, to_ticks, windows_at
from rxvlm.window import Span, Window

_LONGEST = 366 * 86_400


@as_step
def buffer_by_time(
    span: float,
    stride: float | None = None,
    *,
    patience: float | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[Frame, Window]:
    """Gather frames into windows of ``span`` seconds.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))
    >>> print(draw(frames.pipe(buffer_by_time(3.0)), tick=0.5))
    ------(0,1,2)(3,4,5)(6)|

    Which window a frame is in depends only on the frame's own time, so a file makes the same
    windows at any speed. Window k is [k * stride, k * stride + span), from time 0 of the
    source. It is emitted when a later frame comes, a new `Frame.epoch` begins, or the
    source ends, also by an error; it is never empty. A frame that comes too late for
    all its windows is lost.

    Args:
        span: Seconds of a window, at least 0.000001.
        stride: Seconds from the start of one window to the start of the next. Less than ``span`` makes
            windows overlap, more leaves gaps between them. None: ``span``.
        patience: Seconds on the clock without a frame, after which the open windows are
            emitted. Frames that still come for them make second windows of the same spans.
            None: windows wait for the next frame.
        on_drop: Called with each frame in a gap (``"skipped:gap"``), and each that is too late (``"late"``).
            None: the ledger that the stream carries counts it.

    Returns:
        An operator; its clock is the scheduler given at subscription.

    Raises:
        TypeError: If one is not a number.
        ValueError: If a number of seconds is not above 0, or over a year.
    """
    step = span if stride is None else stride
    for name, value in {"span": span, "stride": step, "patience": 1.0 if patience is None else patience}.items():
        check_above_zero(name, value, "seconds")
        if value > _LONGEST:
            raise ValueError(f"{name} must be at most {_LONGEST} seconds, not {value}")
    ticks = max(1, to_ticks(span)), max(1, to_ticks(step))

    def operator(source: Observable[Frame]) -> Observable[Window]:
        lost, expect = losses(source, on_drop), Stream.of(source).origin.expect

        def subscribe(observer: ObserverBase[Window], scheduler: SchedulerBase | None = None) -> DisposableBase:
            windows = _Windows(_Outlet(observer, clock_of(scheduler)), *ticks, lost, expect)
            if patience is None:
                return source.subscribe(windows.on_frame, windows.on_error, windows.on_end, scheduler=scheduler)
            patient = _Patient(windows, clock_of(scheduler), patience)
            above = source.subscribe(patient.on_frame, patient.on_error, patient.on_end, scheduler=scheduler)
            return CompositeDisposable(above, patient.timer)

        return Observable(subscribe)

    return check_items(Frame, "buffer_by_time", operator)


class _Outlet(NamedTuple):
    """Where windows are emitted, and the clock that says when."""

    observer: ObserverBase[Window]
    clock: SchedulerBase


class _Open:
    """The frames of a window that is not emitted yet; its span still says that there are none."""

    __slots__ = ("frames", "fresh", "span")

    def __init__(self, span: Span) -> None:
        self.span = span
        self.frames: list[Frame] = []
        self.fresh = 0

    def add(self, frame: Frame, *, fresh: bool) -> None:
        if self.frames and frame.time < self.frames[-1].time:
            insort(self.frames, frame, key=attrgetter("time"))
        else:
            self.frames.append(frame)
        self.fresh += fresh


class _Windows:
    """The open windows of one subscription. Called by one thread at a time."""

    def __init__(
        self, outlet: _Outlet, span: int, stride: int, on_drop: OnDrop, expect: Callable[[Span], None]
    ) -> None:
        self._observer, self._clock = outlet
        self._span, self._stride = span, stride
        self._on_drop, self._expect = on_drop, expect
        self._open: dict[int, _Open] = {}
        self._closed = 0  # windows below this number have been emitted
        self._epoch = 0

    def on_frame(self, frame: Frame) -> None:
        if frame.epoch != self._epoch:
            self.give_all(to_ticks(frame.time))
            self._epoch = frame.epoch
        windows = windows_at(to_ticks(frame.time), self._span, self._stride)
        self._give_before(windows.start)
        if not windows:
            self._on_drop(frame, "skipped:gap")
        elif windows.stop <= self._closed:
            self._on_drop(frame, "late")
        fresh = True
        for number in range(max(windows.start, self._closed), windows.stop):
            window = self._open.get(number)
            if window is None:
                window = self._open[number] = _Open(self._span_of(number, frame))
                self._expect(window.span)
            window.add(frame, fresh=fresh)
            fresh = False

    def on_error(self, error: Exception) -> None:
        self.give_all()
        self._observer.on_error(error)

    def on_end(self) -> None:
        self.give_all()
        self._observer.on_completed()

    def give_all(self, newest: int | None = None) -> None:
        """Emit every open window as filmed up to its last frame: more frames may still come for its span.

        Args:
            newest: Ticks of a later frame; of the spans that end before it, none is unfinished.
        """
        for number in sorted(self._open):
            over = newest is not None and number * self._stride + self._span <= newest
            self._give(number, early=True, unfinished=not over)

    def _give_before(self, number: int) -> None:
        if number > self._closed:
            for past in sorted(past for past in self._open if past < number):
                self._give(past)
            self._closed = number

    def _give(self, number: int, *, early: bool = False, unfinished: bool = False) -> None:
        window = self._open.pop(number)
        last, end = window.frames[-1], window.span.end
        captured = _filmed(last, last.time if early else end)
        seen, fresh = len(window.frames), window.fresh
        given = now_in_seconds(self._clock)
        span = replace(window.span, captured=captured, seen=seen, fresh=fresh, unfinished=unfinished, given=given)
        self._expect(span)
        self._observer.on_next(Window(tuple(window.frames), span=span))

    def _span_of(self, number: int, first: Frame) -> Span:
        start = to_seconds(number * self._stride)
        end = to_seconds(number * self._stride + self._span)
        return Span(start, end, _filmed(first, end), first.source, first.epoch)


def _filmed(frame: Frame, time: float) -> float | None:
    """Return when a moment of the source's time was filmed, by a frame of it; None for a file."""
    return None if frame.captured is None else frame.captured + time - frame.time


class _Patient:
    """Emits the open windows when no frame has come for a while. The timer and the frames are serialised."""

    def __init__(self, windows: _Windows, clock: SchedulerBase, patience: float) -> None:
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
