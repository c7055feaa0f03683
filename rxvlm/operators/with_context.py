"""with_context: windows around moments, with the frames before them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, cast

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable

from rxvlm.arguments import check_at_least, check_number, describe
from rxvlm.concurrency.serial import Serial
from rxvlm.frame import Frame
from rxvlm.media.picture import in_memory
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.stream.counting import losses
from rxvlm.stream.expecting import expected
from rxvlm.ticks import to_seconds, to_ticks
from rxvlm.window import Window

_LONGEST = 366 * 86_400
CAPACITY_BYTES = 64 * 2**20


@as_step
def with_context(
    trigger: Callable[[Frame], bool] | Observable[Any],
    before: float,
    after: float,
    *,
    capacity_bytes: int = CAPACITY_BYTES,
    on_drop: OnDrop | None = None,
) -> Operator[Frame, Window]:
    """Make a window around each moment that matters, with the frames before it and after it.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    >>> print(draw(frames.pipe(with_context(lambda frame: frame.index == 3, before=2.0, after=2.0))))
    -----(1,2,3,4)|

    The window of a moment t is [t - before, t + after). A moment while a window is open makes
    that window longer; a moment after its end begins another, which may share frames with
    it. A window is emitted when a frame after its end comes, a new `Frame.epoch` begins, or the source ends,
    also by an error. A window that grows over ``capacity_bytes`` is emitted as it is, and
    continues in another, with no frame in both. A window starts later than t - before if ``capacity_bytes``
    are not enough for the frames before t, or an epoch began in between.

    Args:
        trigger: A function that returns whether a frame is such a moment, called on the thread that delivers
            the frame; or a stream, each item of which makes the newest frame such a moment.
        before: Seconds before the moment, at least 0.
        after: Seconds after it, at least 0.000001.
        capacity_bytes: Bytes of packets that are kept at most, but always one frame. A frame
            without a packet counts with the bytes of its picture.
        on_drop: Called with each frame that was in no window (``"skipped:gap"``), and each that
            comes after a later one (``"late"``); not with the kept frames when the stream is disposed of.
            None: the ledger that the stream carries counts it.

    Returns:
        An operator. A trigger function that raises ends the stream at once. An error of a trigger stream, or
        of the source, ends it after the open window was emitted.

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
    span = to_ticks(before), max(1, to_ticks(after))

    if isinstance(trigger, Observable):
        matters, moments = _never, cast("Observable[Any]", trigger)
    else:
        matters, moments = trigger, reactivex.never()

    def operator(source: Observable[Frame]) -> Observable[Window]:
        lost = losses(source, on_drop)

        def subscribe(observer: ObserverBase[Window], scheduler: SchedulerBase | None = None) -> DisposableBase:
            context = _Context(observer, matters, span, capacity_bytes, lost)
            listening = moments.subscribe(context.on_moment, context.on_error, scheduler=scheduler)
            above = source.subscribe(context.on_frame, context.on_error, context.on_end, scheduler=scheduler)
            return CompositeDisposable(listening, above)

        return Observable(subscribe).pipe(expected(source))

    return check_items(Frame, "with_context", operator)


class _Context:
    """The state of one subscription: the latest frames, and the span of the open window among them."""

    def __init__(
        self,
        observer: ObserverBase[Window],
        matters: Callable[[Frame], bool],
        span: tuple[int, int],
        capacity: int,
        on_drop: OnDrop,
    ) -> None:
        self._observer, self._matters, self._on_drop = observer, matters, on_drop
        self._before, self._after = span
        self._capacity = capacity
        self._serial = Serial()
        self._kept: deque[Frame] = deque()
        self._bytes = 0
        self._emitted = 0  # how many of the kept frames, from the oldest on, were in a window
        self._complete_from = 0  # all frames since this microsecond are kept
        self._open: tuple[int, int] | None = None  # start and end of the window, in microseconds
        self._over = False

    def on_frame(self, frame: Frame) -> None:
        self._handle(lambda: self._take(frame))

    def on_moment(self, _item: object) -> None:
        self._handle(self._open_window)

    def on_error(self, error: Exception) -> None:
        self._handle(lambda: self._end(lambda: self._observer.on_error(error)))

    def on_end(self) -> None:
        self._handle(lambda: self._end(self._observer.on_completed))

    def _handle(self, action: Callable[[], None]) -> None:
        def act() -> None:
            if self._over:
                return
            try:
                action()
            except Exception as error:
                if self._over:  # the subscriber raised when it was told of the end
                    raise
                self._over = True
                self._observer.on_error(error)

        self._serial(act)

    def _end(self, over: Callable[[], None]) -> None:
        self._emit()
        self._remove_oldest(len(self._kept))
        self._over = True
        over()

    def _take(self, frame: Frame) -> None:
        if self._kept and frame.epoch != self._kept[-1].epoch:
            self._emit()
            self._remove_oldest(len(self._kept))
            self._complete_from = to_ticks(frame.time)
        if self._kept and frame.time < self._kept[-1].time:
            self._on_drop(frame, "late")
            return
        self._make_room(frame)
        self._kept.append(frame)
        self._bytes += _bytes(frame)
        if self._matters(frame):
            self._open_window()

    def _make_room(self, frame: Frame) -> None:
        """Emit the window if it is complete or too big; remove frames that are too old, or too many."""
        now, size, window = to_ticks(frame.time), _bytes(frame), self._open
        if window is not None and window[1] <= now:
            self._emit(complete=True)
        elif window is not None and self._bytes + size > self._capacity:
            self._split(*window, now)
        if self._open is None:
            while self._kept and to_ticks(self._kept[0].time) < now - self._before:
                self._remove_oldest(1)
            while self._kept and self._bytes + size > self._capacity:
                self._remove_oldest(1)
                self._complete_from = to_ticks((self._kept[0] if self._kept else frame).time)

    def _open_window(self) -> None:
        """Open a window around the newest frame, or make the one that is open longer."""
        if self._kept:
            moment = to_ticks(self._kept[-1].time)
            start = max(moment - self._before, self._complete_from) if self._open is None else self._open[0]
            self._open = start, moment + self._after

    def _split(self, start: int, end: int, now: int) -> None:
        """Emit a window that has grown too big, up to now, and continue with the rest of its span."""
        self._open = start, now
        self._emit(complete=True)
        self._remove_oldest(len(self._kept))
        self._open, self._complete_from = (now, end), now

    def _emit(self, *, complete: bool = False) -> None:
        """Emit the open window, if there is one; all kept frames are in it."""
        if self._open is None:
            return
        start, end = map(to_seconds, self._open)
        frames, fresh = tuple(self._kept), len(self._kept) - self._emitted
        self._open, self._emitted = None, len(frames)
        last = frames[-1]
        captured = None if last.captured is None else last.captured + (end - last.time if complete else 0.0)
        self._observer.on_next(Window(frames, start, end, captured, fresh=fresh))

    def _remove_oldest(self, count: int) -> None:
        """Remove the oldest frames, and report those that were in no window."""
        for _ in range(count):
            frame = self._kept.popleft()
            self._bytes -= _bytes(frame)
            if self._emitted:
                self._emitted -= 1
            else:
                self._on_drop(frame, "skipped:gap")


def _never(_frame: Frame) -> bool:
    return False


def _bytes(frame: Frame) -> int:
    height, width, depth = frame.shape
    return frame.size if frame.size and not in_memory(frame.pixels) else height * width * depth
