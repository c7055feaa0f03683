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

    def add(self, frame: Frame) -> None:
        frames = self.frames
        if frames and frame.time < frames[-1].time:
            insort(frames, frame, key=attrgetter("time"))
        else:
            frames.append(frame)


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
        # Nearly every frame is in the windows of the one before: those of a stretch of time, which are looked up once.
        self._here: list[_Open] = []
        self._from = self._until = 0.0

    def on_frame(self, frame: Frame) -> None:
        """Add a frame to its windows, and emit those that end before it."""
        if self._from <= frame.time < self._until and frame.epoch == self._epoch:
            for window in self._here:
                window.add(frame)
            self._here[0].fresh += 1
        else:
            self._on_edge(frame)

    def _on_edge(self, frame: Frame) -> None:
        """Add a frame that may be in other windows than the one before."""
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
        self._here = [self._window(number, frame) for number in range(max(numbers.start, first), numbers.stop)]
        for window in self._here:
            window.add(frame)
        self._from, self._until = self._grid.stretch(numbers) if self._here else (0.0, 0.0)
        if self._here:
            self._here[0].fresh += 1

    def _window(self, number: int, frame: Frame) -> _Open:
        """Return an open window; it is opened if a frame is its first."""
        window = self._open.get(number)
        if window is None:
            window = self._open[number] = _Open(self._grid.span(number, frame))
            self._expect(window.span)
        return window

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
        window, self._until = self._open.pop(number), 0.0
        last, end = window.frames[-1], window.span.end
        captured = filmed(last, last.time if early else end)
        seen, fresh = len(window.frames), window.fresh
        given = now_in_seconds(self._clock)
        span = replace(window.span, captured=captured, seen=seen, fresh=fresh, unfinished=unfinished, given=given)
        self._expect(span)
        self._observer.on_next(Window(tuple(window.frames), span=span))
