"""Grid: where windows by time lie, on the source's own time or on the wall clock."""

from __future__ import annotations

from rxvlm.frame import Frame
from rxvlm.ticks import Aligned, to_seconds, to_ticks, windows_at
from rxvlm.window import Span


class Grid:
    """The numbers of windows, of one subscription; window n begins at n * stride.

    On the wall clock, the distance between it and the source's time is taken at the first frame of each epoch and kept,
    so that what a frame's window is depends on the frame's own time alone, whatever becomes of the clock. A clock that
    was set back between two epochs does not take the numbers back: it moves the grid by whole strides, or by less than
    one if that is enough.

    Args:
        span: Ticks of a window.
        stride: Ticks from the start of one window to the start of the next.
        aligned: Which time the windows lie on. Frames that do not say when they were captured are on the source's.

    Attributes:
        first: The lowest number of a window that may still get frames; it never goes back.
    """

    def __init__(self, span: int, stride: int, aligned: Aligned) -> None:
        self.first = 0
        self._span, self._stride = span, stride
        self._by_clock = aligned == "clock"
        self._ahead = 0  # ticks of the grid's time at time 0 of the source
        self._on_clock = False
        self._epoch: int | None = None

    def numbers(self, frame: Frame) -> range:
        """Return the numbers of the windows that contain a frame, and take it as the newest."""
        ticks = to_ticks(frame.time)
        if frame.epoch != self._epoch:
            self._epoch = frame.epoch
            if self._by_clock and frame.captured is not None:
                self._ahead = self._not_back(to_ticks(frame.captured)) - ticks
                self._on_clock = True
        numbers = windows_at(ticks + self._ahead, self._span, self._stride)
        self.first = max(self.first, numbers.start)
        return numbers

    def edges(self, number: int) -> tuple[float, float]:
        """Return where a window starts and ends, in seconds of the source's time; it may start below 0."""
        start = number * self._stride - self._ahead
        return to_seconds(start), to_seconds(start + self._span)

    def stretch(self, numbers: range) -> tuple[float, float]:
        """Return from when until when, in seconds of the source's time, moments are in just these windows.

        It is shorter by a tick at its end, so that no rounding of a time takes it beyond.
        """
        starts = (numbers.stop - 1) * self._stride, numbers.stop * self._stride
        ends = (numbers.start - 1) * self._stride + self._span, numbers.start * self._stride + self._span
        return to_seconds(max(starts[0], ends[0]) - self._ahead), to_seconds(min(starts[1], ends[1]) - 1 - self._ahead)

    def span(self, number: int, frame: Frame) -> Span:
        """Return the span of a window, with what its first frame says of it."""
        start, end = self.edges(number)
        slot = number if self._on_clock else None
        return Span(start, end, filmed(frame, end), frame.source, frame.epoch, slot=slot)

    def number_of(self, span: Span) -> int:
        """Return the number of a window that lies on this grid."""
        return to_ticks(span.start) // self._stride if span.slot is None else span.slot

    def _not_back(self, clock: int) -> int:
        """Return ticks of the wall clock, moved on if the numbers would go back to a window below `first`."""
        gap = max(0, self._stride - self._span)  # before a window
        behind = self.first * self._stride - gap - clock
        if behind < self._stride:
            return clock + max(0, behind)
        return clock + -(-behind // self._stride) * self._stride


def filmed(frame: Frame, time: float) -> float | None:
    """Return the wall time of a moment of the source's time, by one of its frames; None for a file."""
    return None if frame.captured is None else frame.captured + time - frame.time
