"""Bounds of the processor's queues, which may follow the memory in use."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import psutil

HIGH, LOW = 80.0, 50.0
LOOK_SECONDS = 5.0
Level: TypeAlias = Literal["high", "low", ""]
_log = logging.getLogger("rxvlm")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many items may wait.

    Attributes:
        frames: Frames that wait to be put into a window.
        videos: Videos that wait for the model.
    """

    frames: int = 100
    videos: int = 10

    def __post_init__(self) -> None:
        if self.frames < 1 or self.videos < 1:
            raise ValueError(f"queues hold at least 1 frame and 1 video, not {self.frames} and {self.videos}")


LEAST = Bounds(50, 5)
MOST = Bounds(200, 20)


def memory_percent() -> float:
    """Return how much of the machine's memory is in use, in percent."""
    return psutil.virtual_memory().percent


class AdaptiveBounds:
    """Bounds that shrink when memory is short and grow when there is plenty. Any thread may use them.

    Over `HIGH` percent they are at most `LEAST`, under `LOW` at least `MOST`. In between
    they do not change, so that they do not oscillate.

    Args:
        memory: Returns how much memory is in use, in percent.

    Attributes:
        now: The bounds of this moment.
    """

    def __init__(self, memory: Callable[[], float] = memory_percent) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._level: Level = ""
        self._next = 0.0
        self.now = Bounds()

    def follow(self, now: float) -> None:
        """Check the memory, at most once in `LOOK_SECONDS`, and adjust the bounds if it crossed `HIGH` or `LOW`.

        Bounds that were set by hand stay until then.

        Args:
            now: Seconds of any clock.
        """
        with self._lock:
            if 0 <= self._next - now <= LOOK_SECONDS:
                return
            self._next = now + LOOK_SECONDS
        try:
            self._adjust(crossed_only=True)
        except Exception:  # noqa: BLE001 - frames must be taken even if memory cannot be measured
            _log.exception("the memory in use cannot be measured; bounds stay as they are")

    def adjust(self, frames: int | None = None, videos: int | None = None) -> Bounds:
        """Set bounds by hand, or, without numbers, from the memory in use now; return the new bounds.

        Raises:
            ValueError: If one is less than 1.
        """
        if frames is None and videos is None:
            return self._adjust(crossed_only=False)
        with self._lock:
            now = self.now
            self.now = Bounds(
                now.frames if frames is None else frames,
                now.videos if videos is None else videos,
            )
            return self.now

    def _adjust(self, *, crossed_only: bool) -> Bounds:
        percent = self._memory()
        level: Level = "high" if percent > HIGH else "low" if percent < LOW else ""
        with self._lock:
            crossed = level != self._level
            if not level or (crossed_only and not crossed):
                return self.now
            self._level = level
            before, self.now = self.now, _within(self.now, level)
            after = self.now
        if after != before:
            _log.info(
                "at %.0f %% of memory %d frames and %d videos may wait",
                percent,
                after.frames,
                after.videos,
                extra={"event": "bounds", "memory": percent, "frames": after.frames, "videos": after.videos},
            )
        return after


def _within(bounds: Bounds, level: Level) -> Bounds:
    if level == "high":
        return Bounds(min(bounds.frames, LEAST.frames), min(bounds.videos, LEAST.videos))
    return Bounds(max(bounds.frames, MOST.frames), max(bounds.videos, MOST.videos))
