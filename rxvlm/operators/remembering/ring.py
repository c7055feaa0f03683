"""Ring: the newest frames of one camera, bounded in seconds and in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Final

from rxvlm.frame import Frame
from rxvlm.media.picture import in_memory
from rxvlm.ticks import to_ticks

CAPACITY_BYTES: Final = 64 * 2**20
"""Bytes that the newest frames of a camera may take, and the frames of one recording."""

_PIXELS_A_BYTE: Final = 7  # of a JPEG, roughly: the assumed size of a drawn picture


def bytes_of(frame: Frame) -> int:
    """Return the bytes that a frame is counted with: those of its picture, if that is in memory, or its packet's.

    A picture that is made when it is looked at takes no memory, but time when it is encoded: it counts as a JPEG would.
    """
    height, width, depth = frame.shape
    if in_memory(frame.pixels):
        return height * width * depth
    return frame.size or max(1, height * width // _PIXELS_A_BYTE)


def picture_bytes(frame: Frame) -> int:
    """Return the bytes that a frame is counted with: its packet's, or those of its picture, even if that is drawn."""
    height, width, depth = frame.shape
    return frame.size if frame.size and not in_memory(frame.pixels) else height * width * depth


@dataclass(slots=True)
class _Run:
    """Frames that are kept or forgotten together: from one key frame up to the next, whose packets are in memory."""

    frames: list[Frame] = field(default_factory=list[Frame])
    size: int = 0


class Ring:
    """The newest frames of one camera. It forgets whole groups of pictures, since one frame keeps its whole group.

    Args:
        reach: How far it reaches back from the newest frame, in ticks (microseconds), if the bytes allow it.
        capacity: Bytes at most, but always one group of pictures.
        forget: Called with each frame that is forgotten.
        weigh: Returns the bytes that a frame counts with.

    Attributes:
        whole_from: All frames since this tick are kept.
    """

    def __init__(
        self, reach: int, capacity: int, forget: Callable[[Frame], None], weigh: Callable[[Frame], int] = bytes_of
    ) -> None:
        self._reach, self._capacity, self._forget, self._weigh = reach, capacity, forget, weigh
        self._runs: deque[_Run] = deque()
        self._size = 0
        self._is_cleared = False
        self.whole_from = 0

    def add(self, frame: Frame) -> None:
        """Take the next frame, and remove frames that are too old or too many."""
        size = self._weigh(frame)
        if self._is_cleared:
            self.whole_from, self._is_cleared = to_ticks(frame.time), False
        stands_alone = not frame.size or in_memory(frame.pixels)
        if not self._runs or frame.keyframe or stands_alone:
            self._runs.append(_Run())
        self._runs[-1].frames.append(frame)
        self._runs[-1].size += size
        self._size += size
        oldest = to_ticks(frame.time) - self._reach
        while len(self._runs) > 1 and to_ticks(self._runs[1].frames[0].time) <= oldest:
            self._remove_oldest()
        while len(self._runs) > 1 and self._size > self._capacity:
            self._remove_oldest()

    @property
    def oldest(self) -> float:
        """The tick of the oldest frame that is kept; infinite if there is none."""
        return to_ticks(self._runs[0].frames[0].time) if self._runs else inf

    def since(self, start: int) -> list[Frame]:
        """Return the frames that are kept from a tick on, in the order in which they came."""
        return [frame for run in self._runs for frame in run.frames if to_ticks(frame.time) >= start]

    def clear(self) -> None:
        """Forget everything: the camera ended, or a new epoch begins with the next frame."""
        self._is_cleared = True
        while self._runs:
            self._remove_oldest()

    def _remove_oldest(self) -> None:
        run = self._runs.popleft()
        self._size -= run.size
        if self._runs:
            self.whole_from = to_ticks(self._runs[0].frames[0].time)
        for frame in run.frames:
            self._forget(frame)
