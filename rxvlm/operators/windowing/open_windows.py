"""OpenWindows: the windows of one subscription that are not emitted yet."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import NamedTuple

from reactivex.abc import ObserverBase, SchedulerBase

from rxvlm.concurrency.timers import now_in_seconds
from rxvlm.frame import Frame
from rxvlm.operators.windowing.grid import Grid, filmed
from rxvlm.stream import OnDrop
from rxvlm.ticks import to_ticks
from rxvlm.window import Span, Window


class Outlet(NamedTuple):
    """Where windows are emitted, and the clock that says when."""

    observer: ObserverBase[Window]
    clock: SchedulerBase


class _Open:
    """The frames of a window that is not emitted yet; its span still has no frames."""

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


class OpenWindows:
    """The open windows of one subscription. Called by one thread at a time.

    Args:
        outlet: Where windows are emitted.
        grid: Where they lie.
        on_drop: Called with each frame that is in no window, and the reason.
        expect: Called with the span of each window when it is opened, and when it is complete.
    """

    def __init__(self, outlet: Outlet, grid: Grid, on_drop: OnDrop, expect: Callable[[Span], None]) -> None:
        self._observer, self._clock = outlet
        self._grid = grid
        self._on_drop, self._expect = on_drop, expect
        self._open: dict[int, _Open] = {}
        self._epoch = 0

    def on_frame(self, frame: Frame) -> None:
        """Add a frame to its windows, and emit those that end before it."""
        if frame.epoch != self._epoch:
            self.give_all(to_ticks(frame.time))
            self._epoch = frame.epoch
        numbers, first = self._grid.numbers(frame), self._grid.first
        for past in sorted(past for past in self._open if past < first):
            self._give(past)
        if not numbers:
            self._on_drop(frame, "skipped:gap")
        elif numbers.stop <= first:
            self._on_drop(frame, "late")
        fresh = True
        for number in range(max(numbers.start, first), numbers.stop):
            window = self._open.get(number)
            if window is None:
                window = self._open[number] = _Open(self._grid.span(number, frame))
                self._expect(window.span)
            window.add(frame, fresh=fresh)
            fresh = False

    def on_error(self, error: Exception) -> None:
        """Emit what is open, and the error."""
        self.give_all()
        self._observer.on_error(error)

    def on_end(self) -> None:
        """Emit what is open, and complete."""
        self.give_all()
        self._observer.on_completed()

    def give_all(self, newest: int | None = None) -> None:
        """Emit every open window as filmed up to its last frame: more frames may still come for its span.

        Args:
            newest: Ticks of a later frame; of the spans that end before it, none is unfinished.
        """
        for number in sorted(self._open):
            over = newest is not None and to_ticks(self._open[number].span.end) <= newest
            self._give(number, early=True, unfinished=not over)

    def _give(self, number: int, *, early: bool = False, unfinished: bool = False) -> None:
        window = self._open.pop(number)
        last, end = window.frames[-1], window.span.end
        captured = filmed(last, last.time if early else end)
        seen, fresh = len(window.frames), window.fresh
        given = now_in_seconds(self._clock)
        span = replace(window.span, captured=captured, seen=seen, fresh=fresh, unfinished=unfinished, given=given)
        self._expect(span)
        self._observer.on_next(Window(tuple(window.frames), span=span))
