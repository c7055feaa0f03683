"""FrameRuns: frames that reached no window, gathered into runs of equal fate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rxvlm.frame import Frame
from rxvlm.ledger.entries import FramesFate
from rxvlm.ledger.reasons import LossReason

_LONGEST: Final = 10.0  # seconds of the source's time, after which a run is reported although it goes on


@dataclass(slots=True)
class _Run:
    start: float
    end: float
    began: float | None
    captured: float | None
    epoch: int
    frames: int
    fate: LossReason


class FrameRuns:
    """The run of lost frames that goes on, if there is one. Called by one thread at a time.

    Args:
        camera: Name of the camera.
    """

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._run: _Run | None = None

    def add(self, frame: Frame, fate: LossReason) -> FramesFate | None:
        """Add a lost frame; return the run that has ended by that, if one has."""
        run = self._run
        if run is not None and run.fate == fate and run.epoch == frame.epoch and frame.time <= run.start + _LONGEST:
            run.frames += 1
            if frame.time >= run.end:
                run.end, run.captured = frame.time, frame.captured
            return None
        ended = self.end()
        self._run = _Run(frame.time, frame.time, frame.captured, frame.captured, frame.epoch, 1, fate)
        return ended

    def end(self) -> FramesFate | None:
        """End the run that goes on; return it, if there is one."""
        run, self._run = self._run, None
        if run is None:
            return None
        return FramesFate(self._camera, run.start, run.end, run.began, run.captured, run.epoch, run.frames, run.fate)
