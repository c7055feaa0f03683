"""Recording: the frames of one span of a camera, as they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rxvlm.frame import Frame
from rxvlm.operators.remembering.ring import bytes_of
from rxvlm.ticks import to_seconds, to_ticks
from rxvlm.window import Window


class Recording:
    """The frames of a span: those that were kept when it began, then each new one, up to a bound in bytes.

    What comes after the bound is left out, so that a recording has its beginning, whatever happens later.

    Args:
        start: Where it begins, in ticks (microseconds) of the source's time.
        end: Where it ends; None as long as that is not known.
        capacity: Bytes of its frames at most, but always one frame.
        whole_from: The tick since which all frames were kept when it began.
        continues: Whether it goes on where another ended, so that it never begins earlier.
        weigh: Returns the bytes that a frame counts with.

    Attributes:
        start: Where it begins.
        end: Where it ends; None as long as that is not known.
        left_out: Frames of the span that came after the bound.
        missing: Seconds at its beginning of which no frames were kept any more.
    """

    def __init__(
        self,
        start: int,
        end: int | None,
        *,
        capacity: int,
        whole_from: int = 0,
        continues: bool = False,
        weigh: Callable[[Frame], int] = bytes_of,
    ) -> None:
        self.start, self.end = max(0, start), end
        self.left_out = 0
        self.missing = to_seconds(max(0, whole_from - self.start))
        self._continues, self._weigh = continues, weigh
        self._capacity, self._whole_from = capacity, whole_from
        self._frames: list[Frame] = []
        self._size = 0
        self._last: Frame | None = None

    def add(self, frames: Sequence[Frame]) -> None:
        """Take the next frames of the camera, those before and after the span, too."""
        for frame in frames:
            self._last = frame
            if not self.covers(frame):
                continue
            size = self._weigh(frame)
            if self.left_out or (self._frames and self._size + size > self._capacity):
                self.left_out += 1
            else:
                self._frames.append(frame)
                self._size += size

    def covers(self, frame: Frame) -> bool:
        """Return whether a frame lies in the span."""
        time = to_ticks(frame.time)
        return self.start <= time and (self.end is None or time < self.end)

    @property
    def is_over(self) -> bool:
        """Whether a frame has come that lies behind the span."""
        return self.end is not None and self._last is not None and to_ticks(self._last.time) >= self.end

    def finish(self, end: int) -> None:
        """Set where the span ends; frames that were taken beyond it are left out."""
        self.end = end
        within = [frame for frame in self._frames if self.covers(frame)]
        if len(within) < len(self._frames):
            self._frames, self.left_out = within, 0

    def cut(self, end: int) -> None:
        """End it at the frame that did not fit any more: another recording continues there."""
        self.end, self.left_out = end, 0

    def lengthen(self, start: int, end: int, earlier: Sequence[Frame]) -> None:
        """Let it begin at a tick, if that is earlier, and end at another, if that is later.

        Args:
            start: Where it begins.
            end: Where it ends.
            earlier: The frames between this start and the one that it has.
        """
        self.end = end if self.end is None else max(self.end, end)
        if self._continues:
            return
        self.start = min(self.start, start)
        self._frames[:0] = earlier
        self._size += sum(map(self._weigh, earlier))

    def window(self, fresh: int = -1) -> Window | None:
        """Return its frames as a window that ends with the span, or with its last frame; None if there is no frame.

        Args:
            fresh: How many of them were in no earlier window; -1: all.
        """
        if not self._frames:
            return None
        frames, last = tuple(self._frames), self._frames[-1]
        start = min(max(self.start, self._whole_from), to_ticks(frames[0].time))
        end = last.time if self.end is None or self.left_out else to_seconds(self.end)
        captured = None if last.captured is None else last.captured + (end - last.time if self.is_over else 0.0)
        return Window(frames, to_seconds(start), max(end, last.time), captured, fresh=fresh)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frames that were taken so far."""
        return tuple(self._frames)
