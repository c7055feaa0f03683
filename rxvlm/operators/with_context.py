"""with_context: windows around moments, the past of which is there already."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, cast

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable

from rxvlm.concurrency.serial import Serial
from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import OnDrop, Operator, ignore
from rxvlm.ticks import to_seconds, to_ticks
from rxvlm.window import Window

_LONGEST = 366 * 86_400
CAPACITY_BYTES = 64 * 2**20


def with_context(
    trigger: Callable[[Frame], bool] | Observable[Any],
    before: float,
    after: float,
    *,
    capacity_bytes: int = CAPACITY_BYTES,
    on_drop: OnDrop | None = None,
) -> Operator[Frame, Window]:
    """Give a window around each moment that matters: what led to it, and what came of it.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    >>> print(draw(frames.pipe(with_context(lambda frame: frame.index == 3, before=2.0, after=2.0))))
    -----(1,2,3,4)|

    The window of a moment t is [t - before, t + after). A moment while one is open makes
    that one longer; after its end there is a next one, which may share frames with
    it. It is given when a later frame comes, a new `Frame.epoch` begins, or the source ends (by
    an error, too). One that outgrows ``capacity_bytes`` is given as it is, and goes on in
    another, with no frame in both. What is kept of the past is short where the bytes are
    not enough, or an epoch began: then the window starts later.

    Args:
        trigger: Whether a frame is such a moment, called in the thread that delivers it; or
            a stream, each item of which makes the newest frame one.
        before: Seconds before the moment, at least 0.
        after: Seconds after it, at least 0.000001.
        capacity_bytes: Bytes of packets that are kept at most, but one frame always; a frame
            without a packet counts as its picture.
        on_drop: Told of each frame that was in no window (``"skipped"``), and of one that
            comes after a later one (``"late"``); not of what is kept when the stream is left.

    Returns:
        An operator. A trigger that raises ends it at once; a stream of moments that fails,
        after what is open was given, as the source does.

    Raises:
        ValueError: If a number is out of range.
    """
    if not (0 <= before <= _LONGEST and 0 < after <= _LONGEST):
        raise ValueError(f"before is at least 0 s, after above it, both at most {_LONGEST}, not {before} and {after}")
    if capacity_bytes < 1:
        raise ValueError(f"capacity_bytes must be at least 1, not {capacity_bytes}")
    span = to_ticks(before), max(1, to_ticks(after))

    if isinstance(trigger, Observable):
        matters, moments = _never, cast("Observable[Any]", trigger)
    else:
        matters, moments = trigger, reactivex.never()

    def operator(source: Observable[Frame]) -> Observable[Window]:
        def subscribe(observer: ObserverBase[Window], scheduler: SchedulerBase | None = None) -> DisposableBase:
            context = _Context(observer, matters, span, capacity_bytes, on_drop or ignore)
            listening = moments.subscribe(context.on_moment, context.on_error, scheduler=scheduler)
            above = source.subscribe(context.on_frame, context.on_error, context.on_end, scheduler=scheduler)
            return CompositeDisposable(listening, above)

        return Observable(subscribe)

    return check_items(Frame, "with_context", operator)


class _Context:
    """What one subscription keeps: the latest frames, and how far the window among them reaches."""

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
        self._given = 0  # so many of the kept, the first ones, were in a window
        self._whole_from = 0  # since this microsecond nothing that may be wanted was let go
        self._open: tuple[int, int] | None = None  # start and end of the window, in microseconds
        self._over = False

    def on_frame(self, frame: Frame) -> None:
        self._hear(lambda: self._take(frame))

    def on_moment(self, _item: object) -> None:
        self._hear(self._open_window)

    def on_error(self, error: Exception) -> None:
        self._hear(lambda: self._end(lambda: self._observer.on_error(error)))

    def on_end(self) -> None:
        self._hear(lambda: self._end(self._observer.on_completed))

    def _hear(self, action: Callable[[], None]) -> None:
        def act() -> None:
            if self._over:
                return
            try:
                action()
            except Exception as error:
                if self._over:  # it came from whoever was told of the end
                    raise
                self._over = True
                self._observer.on_error(error)

        self._serial(act)

    def _end(self, over: Callable[[], None]) -> None:
        self._give()
        self._let_go(len(self._kept))
        self._over = True
        over()

    def _take(self, frame: Frame) -> None:
        if self._kept and frame.epoch != self._kept[-1].epoch:
            self._give()
            self._let_go(len(self._kept))
            self._whole_from = to_ticks(frame.time)
        if self._kept and frame.time < self._kept[-1].time:
            self._on_drop(frame, "late")
            return
        self._make_room(frame)
        self._kept.append(frame)
        self._bytes += _bytes(frame)
        if self._matters(frame):
            self._open_window()

    def _make_room(self, frame: Frame) -> None:
        """Give the window if it is over, or too big; let go of what is too old, or too much."""
        now, size, window = to_ticks(frame.time), _bytes(frame), self._open
        if window is not None and window[1] <= now:
            self._give(whole=True)
        elif window is not None and self._bytes + size > self._capacity:
            self._split(*window, now)
        if self._open is None:
            while self._kept and to_ticks(self._kept[0].time) < now - self._before:
                self._let_go(1)
            while self._kept and self._bytes + size > self._capacity:
                self._let_go(1)
                self._whole_from = to_ticks((self._kept[0] if self._kept else frame).time)

    def _open_window(self) -> None:
        """Open a window around the newest frame, or make the one that is open longer."""
        if self._kept:
            moment = to_ticks(self._kept[-1].time)
            start = max(moment - self._before, self._whole_from) if self._open is None else self._open[0]
            self._open = start, moment + self._after

    def _split(self, start: int, end: int, now: int) -> None:
        """Give a window that has grown too big up to now, and go on with the rest of its span."""
        self._open = start, now
        self._give(whole=True)
        self._let_go(len(self._kept))
        self._open, self._whole_from = (now, end), now

    def _give(self, *, whole: bool = False) -> None:
        """Give the window that is open, if one is: all that is kept lies in it."""
        if self._open is None:
            return
        start, end = map(to_seconds, self._open)
        frames, fresh = tuple(self._kept), len(self._kept) - self._given
        self._open, self._given = None, len(frames)
        last = frames[-1]
        captured = None if last.captured is None else last.captured + (end - last.time if whole else 0.0)
        self._observer.on_next(Window(frames, start, end, captured, fresh=fresh))

    def _let_go(self, count: int) -> None:
        """Let go of the oldest frames, and tell of those that were in no window."""
        for _ in range(count):
            frame = self._kept.popleft()
            self._bytes -= _bytes(frame)
            if self._given:
                self._given -= 1
            else:
                self._on_drop(frame, "skipped")


def _never(_frame: Frame) -> bool:
    return False


def _bytes(frame: Frame) -> int:
    height, width, depth = frame.shape
    return frame.size or height * width * depth
