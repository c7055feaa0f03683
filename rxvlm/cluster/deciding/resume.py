"""Resume: where the next owner of a camera goes on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.operators.windowing.grid import Aligned, Grid
from rxvlm.ticks import to_seconds, to_ticks


@dataclass(frozen=True, slots=True)
class Resume:
    """Where the next owner of a camera or film goes on; as it is, at the beginning.

    Attributes:
        began: When the camera's time 0 was, in seconds since 1970 (UTC); None for a film, or if that is not known.
        time: Seconds of the source's time that there were already: a camera's time never goes back behind them.
        epoch: The epoch of its first connection.
        after: Ticks of the source's time at which the last window of a film ends that was given.
    """

    began: float | None = None
    time: float = 0.0
    epoch: int = 0
    after: int = 0

    def seen(self, *, began: float | None, time: float, epoch: int) -> Resume:
        """Return where to go on after an owner has said how far it is."""
        known = self.began if self.began is not None else began
        return replace(self, began=known, time=max(self.time, time), epoch=max(self.epoch, epoch + 1))

    def given(self, clip: Clip) -> Resume:
        """Return where to go on after a window was given."""
        whole = clip.captured is not None and not clip.span.unfinished
        began = clip.captured - clip.end if whole and clip.captured is not None else None
        known = self.seen(began=began, time=0.0, epoch=clip.epoch)
        return replace(known, after=max(self.after, to_ticks(clip.end)))


class Resumed:
    """Frames of a new owner, as if the one before had gone on.

    Of a film, those of windows that were given already are left out. A camera's time goes on by the wall clock, never
    back, and its epoch is the next one.

    Args:
        resume: Where to go on.
        every: Seconds of video in a window.
        aligned: Which time the windows lie on.

    Attributes:
        began: When the camera's time 0 was, in seconds since 1970 (UTC); None for a film, or before the first frame.
        epoch: The newest epoch.
    """

    def __init__(self, resume: Resume, every: float, aligned: Aligned = "clock") -> None:
        self.began: float | None = resume.began
        self.epoch = resume.epoch
        self._resume = resume
        ticks = max(1, to_ticks(every))
        self._grid = Grid(ticks, ticks, aligned)
        self._newest: int | None = None  # epoch
        self._at: int | None = None  # after the release, the window of the newest frame
        self._ahead: float | None = None  # seconds by which a camera's time is later than in its own process
        self._released = False

    def release(self) -> None:
        """End at the edge of the window that goes on."""
        self._released = True

    def __call__(self, frames: Generator[Frame], ended: Callable[[], bool] = lambda: False) -> Generator[Frame]:
        """Yield the frames.

        Args:
            frames: Those of the new owner.
            ended: Returns whether the source must end.
        """
        for given in frames:
            frame = self._placed(given)
            if frame is None:
                if ended():
                    return
                continue
            if (self._released or frame.epoch != self._newest) and self._is_at_edge(frame):
                return
            yield frame

    def _is_at_edge(self, frame: Frame) -> bool:
        """Return whether a frame begins a window after the camera was released."""
        first, numbers = self._at, self._grid.numbers(frame)
        self._at, self._newest = numbers.start if self._released else None, frame.epoch
        return first is not None and numbers.start > first

    def _placed(self, frame: Frame) -> Frame | None:
        if frame.captured is None:
            return None if to_ticks(frame.time) < self._resume.after else frame
        if self._ahead is None:
            self._ahead = self._start(frame, frame.captured)
        self.epoch = self._resume.epoch + frame.epoch
        if not self._ahead and not self._resume.epoch:
            return frame
        return replace(frame, time=frame.time + self._ahead, epoch=self.epoch)

    def _start(self, frame: Frame, captured: float) -> float:
        if self.began is None:
            self.began = captured - frame.time - self._resume.time
        time = max(captured - self.began, self._resume.time, frame.time)
        return to_seconds(to_ticks(time - frame.time))
