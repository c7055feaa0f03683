"""Ledger: counts what became of every captured frame, and keeps the state of its camera."""

from __future__ import annotations

import logging
import threading
import weakref
from collections import Counter, deque

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.ledger.reasons import LossReason
from rxvlm.ledger.states import FLOWING, IN_TROUBLE, State, StateListener
from rxvlm.ledger.tally import Tally
from rxvlm.window import Window, WindowId

_log = logging.getLogger("rxvlm")

_ON_PURPOSE = ("skipped", "thinned")  # counted under these names, and not as dropped
_MOST_WARNED = 32  # reasons that are remembered, so that each is logged as a warning only once


class Ledger:
    """Counts what became of a camera's frames. Any thread may write to it and read it.

    A frame counts as waiting from its capture on, then as in flight, then as analysed or
    failed; or it is lost on the way, with a reason. It is counted under one term at a time.
    A window is settled once, however many questions are asked about it.

    Args:
        name: The camera.
        on_state: Called with (name, state, reason) at each change of state, but not for ``finishing``. None: the
            log ``"rxvlm"`` gets a warning when the camera is ``stalled`` or ``waiting``, one for each reason.

    Attributes:
        live: Whether the source is live; set by the source. None while there was none.
    """

    def __init__(self, name: str = "", on_state: StateListener | None = None) -> None:
        self.name = name
        self.live: bool | None = None
        self._on_state = on_state
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._state: State = "connecting"
        self._reason = ""
        self._end_reason: str | None = None  # of a source that has ended before its last window was settled
        self._warned: deque[str] = deque(maxlen=_MOST_WARNED)
        self._time = 0.0
        self._open = self._closed = False
        self._in_flight: set[WindowId] = set()
        self._settled: weakref.WeakSet[WindowId] = weakref.WeakSet()

    def __repr__(self) -> str:
        return repr(self.snapshot())

    def _repr_html_(self) -> str:
        return self.snapshot()._repr_html_()  # pyright: ignore[reportPrivateUsage] - a notebook's name for it

    def snapshot(self) -> Tally:
        """Return the counts and the state at this moment."""
        with self._lock:
            dropped = {reason: lost for reason, lost in self._dropped.items() if lost}
            state = self._state if self._end_reason is None else "finishing"
            return Tally(
                self.name, state, self._reason, dropped=dropped, time=self._time, live=self.live, **self._counts
            )

    def state(self, state: State, reason: str = "") -> None:
        """Set the camera's state and the reason for it.

        A source that has ended may leave windows that are still asked about: the state is
        ``finishing`` then, and ``ended`` when the last of them is settled.
        """
        with self._lock:
            if state == "ended" and self._is_pending():
                self._end_reason = reason
                return
            self._end_reason = None
            changed = self._change(state, reason)
        if changed:
            self._announce(state, reason)

    def open(self) -> None:
        """Begin a run: from now on frames are counted, until `close`."""
        with self._lock:
            self._open, self._closed = True, False

    def capture(self, frame: Frame) -> None:
        """Count a captured frame; from now on it waits. After `close` it is not counted."""
        with self._lock:
            self._capture(frame)

    def refuse(self, frame: Frame, reason: LossReason) -> None:
        """Count a frame that was captured and lost at once, before it was delivered. Not after `close`."""
        with self._lock:
            if self._capture(frame):
                self._lose("waiting", 1, reason)

    def damage(self) -> None:
        """Count a picture that turned out to be damaged when it was decoded. Not after `close`."""
        with self._lock:
            self._counts["damaged"] += not self._closed
            is_first = self._counts["damaged"] == 1
        if is_first:
            _log.warning("%s has damaged pictures: parts of it were lost on the way, or in the file", self.name)

    def drop(self, item: Frame | Window | Clip, reason: LossReason) -> None:
        """Count the frames of a lost item under a reason; can be passed as any ``on_drop``."""
        with self._lock:
            if isinstance(item, Frame):
                self._lose("waiting", 1, reason)
            elif item.window_id not in self._settled:
                term = "in_flight" if item.window_id in self._in_flight else "waiting"
                self._settle(item.window_id)
                self._lose(term, item.fresh, reason)
        self._end_if_settled()

    def begin(self, clip: Clip) -> None:
        """Count the frames of a clip as in flight: a model is being asked about it."""
        with self._lock:
            if not self._closed and clip.window_id not in self._settled and clip.window_id not in self._in_flight:
                self._in_flight.add(clip.window_id)
                self._move("waiting", "in_flight", clip.fresh)

    def settle(self, analysis: Analysis) -> None:
        """Count the frames of a clip as analysed or failed; of several clips of one window only the first counts."""
        clip = analysis.clip
        with self._lock:
            if clip.window_id in self._in_flight:
                self._settle(clip.window_id)
                self._move("in_flight", "failed" if analysis.error else "analysed", clip.fresh)
                self._counts["windows"] += 1
        self._end_if_settled()

    def close(self, reason: LossReason | None = None) -> None:
        """Settle everything that is left at the end of a run.

        Args:
            reason: What ended it early (``"disposed"``, ``"error"``); None for a
                stream that completed: the user's own operators did not pass on what is left.
        """
        with self._lock:
            self._open, self._closed = False, True
            self._settled.update(self._in_flight)
            self._in_flight.clear()
            for term in ("waiting", "in_flight"):
                if reason is None:
                    self._move(term, "unaccounted", self._counts[term])
                else:
                    self._lose(term, self._counts[term], reason)
        self._end_if_settled()

    def _capture(self, frame: Frame) -> bool:
        if self._closed:
            return False
        self._counts["captured"] += 1
        self._counts["waiting"] += 1
        self._time = frame.time
        return True

    def _is_pending(self) -> bool:
        """Return whether windows are left that will still be settled. Called with the lock held.

        Frames that wait are settled by `close` at the latest, where a run was opened; a stream
        that has no `close_ledger` in it never settles them.
        """
        return self._counts["in_flight"] > 0 or (self._open and self._counts["waiting"] > 0)

    def _end_if_settled(self) -> None:
        """Set the state to ended, if the source has ended and its last window has just been settled."""
        with self._lock:
            if self._end_reason is None or self._is_pending():
                return
            reason, self._end_reason = self._end_reason, None
            changed = self._change("ended", reason)
        if changed:
            self._announce("ended", reason)

    def _change(self, state: State, reason: str) -> bool:
        """Set state and reason; return whether one of them is new. Called with the lock held."""
        if state == "ended" and self._state in IN_TROUBLE:
            reason = self._reason  # why nothing came before the end is worth more than why it was ended
        changed = (state, reason) != (self._state, self._reason)
        self._state, self._reason = state, reason
        return changed

    def _announce(self, state: State, reason: str) -> None:
        """Log a change of state, and call the listener. Called without the lock: the listener is the user's code."""
        level = logging.WARNING if self._is_worth_a_warning(state, reason) else logging.INFO
        _log.log(level, "%s is %s%s", self.name, state, f": {reason}" if reason else "")
        if self._on_state is not None:
            try:
                self._on_state(self.name, state, reason)
            except Exception:  # noqa: BLE001 - a listener that raises must not stop a camera
                _log.exception("a state listener of %s raised", self.name)

    def _is_worth_a_warning(self, state: State, reason: str) -> bool:
        with self._lock:
            odd = state in IN_TROUBLE or (state in FLOWING and reason)
            if not odd or self._on_state is not None or reason in self._warned:
                return False
            self._warned.append(reason)
            return True

    def _settle(self, window_id: WindowId) -> None:
        self._in_flight.discard(window_id)
        self._settled.add(window_id)

    def _lose(self, term: str, frames: int, reason: LossReason) -> None:
        counted = reason.partition(":")[0]
        if counted in _ON_PURPOSE:
            self._move(term, counted, frames)
        else:
            self._dropped[counted] += self._move(term, None, frames)

    def _move(self, source: str, target: str | None, frames: int) -> int:
        """Move frames from one term to another; `close` may have moved them already, so there may be fewer."""
        moved = min(frames, self._counts[source])
        self._counts[source] -= moved
        if target is not None:
            self._counts[target] += moved
        return moved
