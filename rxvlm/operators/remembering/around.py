"""Around: the windows around the moments of one camera, in one subscription."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reactivex.abc import ObserverBase

from rxvlm.concurrency.serial import Serial
from rxvlm.frame import Frame
from rxvlm.operators.remembering.moments import moment_said
from rxvlm.operators.remembering.recording import Recording
from rxvlm.operators.remembering.ring import Ring, bytes_of
from rxvlm.operators.remembering.triggers import Looking
from rxvlm.stream import OnDrop
from rxvlm.ticks import to_ticks
from rxvlm.window import Window

_REMEMBERED: Final = 1000


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long the windows are; all but the bytes in ticks (microseconds).

    Attributes:
        before: From the start to the moment.
        after: From the moment to the end.
        refractory: After the end of a window, how long no other begins.
        lag: How long a moment may lie back when the trigger says it.
        capacity: Bytes of the frames that are kept, and of a window.
        joined: Whether a moment in an open window makes it longer.
        weigh: Returns the bytes that a frame counts with.
    """

    before: int
    after: int
    refractory: int
    lag: int
    capacity: int
    joined: bool
    weigh: Callable[[Frame], int] = bytes_of


class Around:
    """One subscription. Frames, moments and ends come one after another, from any thread.

    Args:
        observer: The subscriber.
        look: Looks at each frame.
        bounds: How long the windows are.
        on_drop: Told of each frame that was in no window, and each moment that came too late.
        is_aside: Whether the moments come from the same source: they may still come when it has ended, until
            `on_last_moment`, and the frames are counted there.
    """

    def __init__(
        self, observer: ObserverBase[Window], look: Looking, bounds: Bounds, on_drop: OnDrop, *, is_aside: bool
    ) -> None:
        self._observer, self._look, self._bounds, self._on_drop = observer, look, bounds, on_drop
        self._serial = Serial()
        self._ring = Ring(bounds.before + bounds.lag, bounds.capacity, self._forget, bounds.weigh)
        self._open: list[Recording] = []
        self._given: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)  # spans that moments may still fall into
        self._used: set[Frame] = set()  # frames of the ring, and of open windows, that were in a window
        self._last: Frame | None = None
        self._waits, self._is_aside = is_aside, is_aside
        self._end: Callable[[], None] | None = None  # how the source ended
        self._over = False

    def on_frame(self, frame: Frame) -> None:
        """Take the next frame."""
        self._handle(lambda: self._take(frame))

    def on_moment(self, item: object) -> None:
        """Take what a trigger stream says."""
        self._handle(lambda: None if self._last is None else self._begin(item, self._last))

    def on_last_moment(self) -> None:
        """Take the end of the trigger stream."""
        self._waits = False
        self._handle(lambda: None if self._end is None else self._finish(self._end))

    def on_error(self, error: Exception) -> None:
        """Take an error of the source or of the trigger stream."""
        self._handle(lambda: self._finish(lambda: self._observer.on_error(error)))

    def on_end(self) -> None:
        """Take the end of the source."""
        self._end = self._observer.on_completed
        self._handle(lambda: None if self._waits else self._finish(self._observer.on_completed))

    def _handle(self, action: Callable[[], None]) -> None:
        def act() -> None:
            if self._over:
                return
            try:
                action()
            except Exception as error:
                if self._over:  # the subscriber raised when it received the end
                    raise
                self._over = True
                self._observer.on_error(error)

        self._serial(act)

    def _finish(self, over: Callable[[], None]) -> None:
        self._emit_all()
        self._ring.clear()
        self._over = True
        over()

    def _take(self, frame: Frame) -> None:
        last = self._last
        if last is not None and frame.epoch != last.epoch:
            self._begin_epoch(to_ticks(last.time) + 1)
            last = None
        if last is not None and frame.time < last.time:
            self._on_drop(frame, "late")
            return
        self._ring.add(frame)
        for recording in sorted(self._open, key=_end):
            self._record(recording, frame)
        self._last = frame
        self._begin(self._look(frame, last), frame)

    def _begin_epoch(self, ended: int) -> None:
        """Emit the open windows; the time after the last frame is in no window."""
        self._emit_all()
        self._ring.clear()
        spans = [(start, min(end, ended)) for start, end in self._given]
        self._given.clear()
        self._given.extend(spans)

    def _record(self, recording: Recording, frame: Frame) -> None:
        """Add a frame to a window; a full window is emitted, and continues as another."""
        now, end = to_ticks(frame.time), recording.end
        recording.add([frame])
        if recording.left_out:
            recording.cut(now)
            self._open.append(rest := self._recording(now, end, continues=True))
            rest.add([frame])
        if recording.is_over:
            self._emit(recording)

    def _begin(self, said: object, frame: Frame) -> None:
        found = moment_said(said, frame)
        if found is None or found.source not in {"", frame.source}:
            return
        moment = to_ticks(found.seconds)
        start, end = max(0, moment - self._bounds.before), moment + self._bounds.after
        covering = next((one for one in self._open if one.start <= moment < _end(one)), None)
        if covering is not None and self._bounds.joined:
            earlier = [one for one in self._ring.since(start) if to_ticks(one.time) < covering.start]
            covering.lengthen(start, end, earlier)
        elif covering is None and not self._is_closed(moment):
            self._open_window(start, end, said)

    def _is_closed(self, moment: int) -> bool:
        """Return whether a moment lies in an emitted window, or too soon after one."""
        spans = [*self._given, *((one.start, _end(one)) for one in self._open)]
        return any(start <= moment < end + self._bounds.refractory for start, end in spans)

    def _open_window(self, start: int, end: int, said: object) -> None:
        recording = self._recording(start, end)
        recording.add(self._ring.since(start))
        if recording.is_over and not recording.frames:
            self._on_drop(said, "late")
            return
        self._open.append(recording)
        if recording.is_over:
            self._emit(recording)

    def _recording(self, start: int, end: int | None, *, continues: bool = False) -> Recording:
        whole_from = start if continues else self._ring.whole_from
        bounds = self._bounds
        return Recording(
            start, end, capacity=bounds.capacity, whole_from=whole_from, continues=continues, weigh=bounds.weigh
        )

    def _emit_all(self) -> None:
        for recording in sorted(self._open, key=_end):
            self._emit(recording)

    def _emit(self, recording: Recording) -> None:
        self._open.remove(recording)
        self._given.append((recording.start, _end(recording)))
        fresh = [frame for frame in recording.frames if frame not in self._used]
        self._used = {frame for frame in (*self._used, *fresh) if self._may_return(frame)}
        window = recording.window(0 if self._is_aside else len(fresh))
        if window is not None:
            self._observer.on_next(window)

    def _may_return(self, frame: Frame) -> bool:
        """Return whether a frame may be in another window: it is in the ring, or in a window that is open."""
        return to_ticks(frame.time) >= self._ring.oldest or any(one.covers(frame) for one in self._open)

    def _forget(self, frame: Frame) -> None:
        """Report a frame of the ring that was in no window, and is in no open window."""
        if any(one.covers(frame) for one in self._open):
            return
        if frame in self._used:
            self._used.discard(frame)
        else:
            self._on_drop(frame, "skipped:gap")


def _end(recording: Recording) -> int:
    return recording.end or 0  # each has one here
