"""keep_fullest: one window for each span of time, even if the source was reconnected several times in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable, MultipleAssignmentDisposable

from rxvlm.arguments import check_not_negative
from rxvlm.concurrency.serial import Serial
from rxvlm.concurrency.timers import clock_of
from rxvlm.operators.checks.items import check_items
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.stream.counting import losses
from rxvlm.window import Window

_Key: TypeAlias = tuple[
    float, float, str
]  # sorted as the spans end: end, start, source; the slot twice if there is one


@as_step
def keep_fullest(*, patience: float = 5.0, on_drop: OnDrop | None = None) -> Operator[Window, Window]:
    """Keep only the window with most frames if there are several windows of one span.

    If a camera is lost and comes back within a span, there are several windows of this span, each with the frames of
    one connection, and each would cause a question. Behind `buffer_by_time` this step holds such
    windows until their span is over, and passes on one of them.

    >>> from dataclasses import replace
    >>> from rxvlm.operators import buffer_by_time
    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    >>> flapping = video_of([replace(frame, epoch=epoch) for frame, epoch in zip(frames, [0, 1, 1, 2, 2, 3])])
    >>> print(draw(flapping.pipe(buffer_by_time(3.0)), tick=0.5))
    --(0)-(1,2)(3,4)(5)|
    >>> print(draw(flapping.pipe(buffer_by_time(3.0), keep_fullest()), tick=0.5))
    ------(1,2)(3,4)|

    A span is over when a window with a later frame comes, when the source ends, or by the clock: when its remaining
    seconds after the window's last frame have passed, and then ``patience``, in which a fuller window may come. A
    window that was emitted at the end of its span is passed on at once, and so is every window of a source without
    reconnects. If two windows have equally many frames, the first is kept. A window of a span that is already over is
    left out.

    Args:
        patience: Seconds on the clock after the end of a span, until it is over even without a later frame; at least 0.
        on_drop: Called with each window that is left out, and ``"skipped:fragment"``. None: the ledger that the stream
            carries counts it.

    Returns:
        An operator; its clock is the scheduler of the subscription.

    Raises:
        TypeError: If ``patience`` is not a number.
        ValueError: If it is below 0, or not finite.
    """
    check_not_negative("patience", patience, "seconds")

    def operator(source: Observable[Window]) -> Observable[Window]:
        lost = losses(source, on_drop)

        def subscribe(observer: ObserverBase[Window], scheduler: SchedulerBase | None = None) -> DisposableBase:
            spans = _Spans(observer, clock_of(scheduler), patience, lost)
            above = source.subscribe(spans.on_window, spans.on_error, spans.on_end, scheduler=scheduler)
            return CompositeDisposable(above, spans.timer)

        return Observable(subscribe)

    return check_items(Window, "keep_fullest", operator)


@dataclass(frozen=True, slots=True)
class _Held:
    """The fullest window so far of a span, and when the span is over at the latest, by the clock."""

    window: Window
    over: datetime


def _key(window: Window) -> _Key:
    """Return what the windows of one span share. On the wall clock, the start differs a little from epoch to epoch."""
    slot = window.span.slot
    return (window.end, window.start, window.source) if slot is None else (slot, slot, window.source)


class _Spans:
    """The spans of one subscription that are not over yet. Windows and the timer are serialised."""

    def __init__(self, observer: ObserverBase[Window], clock: SchedulerBase, patience: float, on_drop: OnDrop) -> None:
        self._observer, self._clock, self._on_drop = observer, clock, on_drop
        self._patience = patience
        self._serial = Serial()
        self._held: dict[_Key, _Held] = {}
        self._over: dict[str, float] = {}  # by source: spans whose key begins with no more are over
        self.timer = MultipleAssignmentDisposable()

    def on_window(self, window: Window) -> None:
        self._serial(lambda: self._take(window))

    def on_error(self, error: Exception) -> None:
        self._end(lambda: self._observer.on_error(error))

    def on_end(self) -> None:
        self._end(self._observer.on_completed)

    def _end(self, tell: Callable[[], None]) -> None:
        self.timer.dispose()

        def end() -> None:
            for key in sorted(self._held):
                self._pass_on(key)
            tell()

        self._serial(end)

    def _take(self, window: Window) -> None:
        key = _key(window)
        if key[0] <= self._over.get(window.source, -math.inf):
            self._on_drop(window, "skipped:fragment")
            return
        fullest, held = window, self._held.get(key)
        over = self._clock.now + timedelta(seconds=window.end - window.frames[-1].time + self._patience)
        if held is not None:
            over = min(over, held.over)
            fullest, other = sorted((held.window, window), key=lambda one: -one.seen)
            self._on_drop(other, "skipped:fragment")
        self._held[key] = _Held(fullest, over)
        self._pass_on_until(window.frames[-1].time if window.span.unfinished else window.end, window.source)
        self._wait()

    def _pass_on_until(self, time: float, source: str) -> None:
        """Pass on the windows of a source's spans that are over at a time of the source."""
        for key in sorted(self._held):
            window = self._held[key].window
            if window.source == source and window.end <= time:
                self._pass_on(key)

    def _pass_on(self, key: _Key) -> None:
        order, _, source = key
        self._over[source] = order
        self._observer.on_next(self._held.pop(key).window)

    def _wait(self) -> None:
        """Set the timer to the next moment at which a span is over by the clock."""
        if self.timer.is_disposed or not self._held:
            self.timer.disposable = Disposable()
            return
        first = min(held.over for held in self._held.values())
        self.timer.disposable = self._clock.schedule_absolute(first, self._on_time)

    def _on_time(self, _scheduler: SchedulerBase, _state: object) -> None:
        self._serial(self._look)

    def _look(self) -> None:
        if self.timer.is_disposed:
            return
        now = self._clock.now
        for window in [self._held[key].window for key in sorted(self._held) if self._held[key].over <= now]:
            self._pass_on_until(window.end, window.source)
        self._wait()
