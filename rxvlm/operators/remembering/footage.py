"""Footage: the newest frames of one camera, and the recordings of its events."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from rxvlm.errors import DecodeError, EncodeError
from rxvlm.frame import Frame
from rxvlm.media import jpeg
from rxvlm.media.picture import in_memory
from rxvlm.operators.remembering.recording import Recording
from rxvlm.operators.remembering.ring import Ring
from rxvlm.ticks import to_ticks

_APART: Final = 0.0999  # seconds between pictures that are kept as JPEGs; times are rounded
_QUALITY: Final = 85

OnRecorded: TypeAlias = Callable[[Recording], None]


class Footage:
    """The newest frames of one camera, and the recordings of its events. Any thread may call it.

    Args:
        reach: How far back events may begin, in ticks (microseconds).
        capacity: Bytes of the newest frames at most, and of each recording.
        live: Whether the camera goes on by itself.

    Attributes:
        live: Whether the camera goes on by itself.
        ended: Whether no further frame will come.
    """

    def __init__(self, reach: int, capacity: int, *, live: bool) -> None:
        self.live = live
        self._capacity = capacity
        self._lock = threading.Lock()
        self._ring = Ring(reach, capacity, lambda _: None)
        self._recordings: dict[str, Recording] = {}
        self._waiting: list[tuple[Recording, OnRecorded]] = []
        self.ended = False
        self._last: float | None = None

    def on_frame(self, frame: Frame) -> None:
        """Take the next frame."""
        kept = self._lighter(frame) if in_memory(frame.pixels) else frame
        if kept is not None:
            self._take(kept)

    def _lighter(self, frame: Frame) -> Frame | None:
        """Return a frame whose picture would take much memory as a JPEG; None if it follows the last one too soon."""
        if self._last is not None and 0 <= frame.time - self._last < _APART:
            return None
        try:
            data = jpeg.encode(frame.image, _QUALITY)
        except (DecodeError, EncodeError):
            return None
        self._last = frame.time
        return replace(frame, pixels=jpeg.Jpeg(data), size=len(data), keyframe=True)

    def _take(self, frame: Frame) -> None:
        with self._lock:
            self._ring.add(frame)
            for recording in [*self._recordings.values(), *(one for one, _ in self._waiting)]:
                recording.add([frame])
            over = [one for one in self._waiting if one[0].is_over]
            self._waiting = [one for one in self._waiting if not one[0].is_over]
        for recording, done in over:
            done(recording)

    def on_end(self) -> None:
        """Finish all recordings: no further frame will come, only events of frames that were read ahead."""
        with self._lock:
            self.ended = True
            waiting, self._waiting = self._waiting, []
        for recording, done in waiting:
            done(recording)

    def begin(self, event: str, start: float) -> None:
        """Begin the recording of an event, by its id, at a second of the source's time."""
        with self._lock:
            ring = self._ring
            recording = Recording(to_ticks(start), None, capacity=self._capacity, whole_from=ring.whole_from)
            recording.add(ring.since(recording.start))
            self._recordings[event] = recording

    def finish(self, event: str, end: float, done: OnRecorded) -> Recording | None:
        """Set the end of the recording of an event, at a second of the source's time; return it, if there is one.

        Args:
            event: The id of the event.
            end: Where the recording ends.
            done: Called once, when all frames have come or no further one will.
        """
        with self._lock:
            recording = self._recordings.pop(event, None)
            if recording is None:
                return None
            recording.finish(to_ticks(end))
            if not recording.is_over and not self.ended:
                self._waiting.append((recording, done))
                return recording
        done(recording)
        return recording

    def forget(self, event: str) -> None:
        """Forget the recording of an event."""
        with self._lock:
            self._recordings.pop(event, None)
