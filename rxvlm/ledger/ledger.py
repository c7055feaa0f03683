"""Ledger: where every captured frame ended up, as counts that add up; the state of a camera."""

from __future__ import annotations

import logging
import threading
import weakref
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.display import markup
from rxvlm.frame import Frame
from rxvlm.window import Origin, Window

_log = logging.getLogger("rxvlm")

_OWN_TERM = ("skipped", "thinned")
_TROUBLE = ("stalled", "waiting")
_REASONS = 32  # remembered, so that each is told once
StateListener = Callable[[str, str, str], None]
"""Is told the camera's name, its new state and the reason."""


@dataclass(frozen=True, slots=True)
class Tally:
    """A ledger at one moment, counted in frames.

    ``captured == analysed + failed + sum(dropped.values()) + skipped + thinned +
    waiting + in_flight + unaccounted``, always.

    Attributes:
        name: The camera.
        state: ``connecting``, ``live``, ``playing`` (a file), ``stalled``, ``waiting``, ``ended`` or ``failed``.
        reason: Why it is in that state, or "".
        captured: Frames that the source gave.
        analysed: Frames in clips that a model answered to.
        failed: Frames in clips that it did not.
        dropped: Frames lost, by reason.
        skipped: Frames left out on purpose: between windows, or behind a shut gate.
        thinned: Frames left out to lower the rate.
        waiting: Frames in open windows, in queues and in encoders.
        in_flight: Frames that a model is asked about.
        unaccounted: Frames that a user's own operators let fall; known at the end.
        windows: Windows settled, analysed and failed.
        time: Seconds of the source's time of the newest frame.
    """

    name: str
    state: str
    reason: str
    captured: int = 0
    analysed: int = 0
    failed: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict[str, int])
    skipped: int = 0
    thinned: int = 0
    waiting: int = 0
    in_flight: int = 0
    unaccounted: int = 0
    windows: int = 0
    time: float = 0.0

    def _repr_html_(self) -> str:
        settled = {
            "analysed": self.analysed,
            "failed": self.failed,
            "in flight": self.in_flight,
            "waiting": self.waiting,
        }
        left_out = {"skipped": self.skipped, "thinned": self.thinned, "unaccounted": self.unaccounted}
        lost = {f"lost: {reason}": frames for reason, frames in self.dropped.items()}
        why = f" ({self.reason})" if self.reason else ""
        heading = f"{self.name}: {self.state}{why}, {self.captured:,} frames captured, {self.windows:,} windows settled"
        return markup.card(heading, markup.bars(settled | left_out | lost))


class Ledger:
    """Counts what became of a camera's frames. Any thread may tell it and read it.

    Each frame is counted once, when it happens: it waits from its capture on, then
    is in flight, then analysed or failed; or it is lost on the way, with a reason.
    A window is settled once, however many questions were asked of it.

    Args:
        name: The camera.
        on_state: Called with (name, state, reason) at each change of state. None: of each reason for
            which the camera is ``stalled`` or ``waiting`` the first is a warning in the log ``"rxvlm"``.
    """

    def __init__(self, name: str = "", on_state: StateListener | None = None) -> None:
        self.name = name
        self._on_state = on_state
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._state, self._reason = "connecting", ""
        self._warned: deque[str] = deque(maxlen=_REASONS)
        self._time = 0.0
        self._flying: set[Origin] = set()
        self._closed = False
        self._settled: weakref.WeakSet[Origin] = weakref.WeakSet()

    def __repr__(self) -> str:
        return repr(self.snapshot())

    def _repr_html_(self) -> str:
        return self.snapshot()._repr_html_()  # pyright: ignore[reportPrivateUsage] - a notebook's name for it

    def snapshot(self) -> Tally:
        """Give the counts of this moment."""
        with self._lock:
            dropped = {reason: lost for reason, lost in self._dropped.items() if lost}
            return Tally(self.name, self._state, self._reason, dropped=dropped, time=self._time, **self._counts)

    def state(self, state: str, reason: str = "") -> None:
        """Tell in what state the camera is, and why."""
        with self._lock:
            if (state, reason) == (self._state, self._reason):
                return
            self._state, self._reason = state, reason
            unheard = state in _TROUBLE and self._on_state is None and reason not in self._warned
            if unheard:
                self._warned.append(reason)
        level = logging.WARNING if unheard else logging.INFO
        _log.log(level, "%s is %s%s", self.name, state, f": {reason}" if reason else "")
        if self._on_state is not None:
            try:
                self._on_state(self.name, state, reason)
            except Exception:  # noqa: BLE001 - whoever listens must not stop a camera
                _log.exception("a state listener of %s raised", self.name)

    def open(self) -> None:
        """Begin a run: from now on frames are counted, until `close`."""
        with self._lock:
            self._closed = False

    def capture(self, frame: Frame) -> None:
        """Count a captured frame; from now on it waits. After `close` it is not counted."""
        with self._lock:
            if self._closed:
                return
            self._counts["captured"] += 1
            self._counts["waiting"] += 1
            self._time = frame.time

    def drop(self, item: Frame | Window | Clip, reason: str) -> None:
        """Count the frames of what was lost on the way; fits every ``on_drop``."""
        with self._lock:
            if isinstance(item, Frame):
                self._lose("waiting", 1, reason)
            elif item.origin not in self._settled:
                term = "in_flight" if item.origin in self._flying else "waiting"
                self._over(item.origin)
                self._lose(term, item.fresh, reason)

    def begin(self, clip: Clip) -> None:
        """Tell that a model is asked about a clip."""
        with self._lock:
            if not self._closed and clip.origin not in self._settled and clip.origin not in self._flying:
                self._flying.add(clip.origin)
                self._move("waiting", "in_flight", clip.fresh)

    def settle(self, analysis: Analysis) -> None:
        """Count the frames of a clip that was answered to, or was not; of a window's clips the first one."""
        clip = analysis.clip
        with self._lock:
            if clip.origin in self._flying:
                self._over(clip.origin)
                self._move("in_flight", "failed" if analysis.error else "analysed", clip.fresh)
                self._counts["windows"] += 1

    def close(self, reason: str | None = None) -> None:
        """Settle what is left at the end of a run.

        Args:
            reason: What ended it early (``"disposed"``, ``"error"``); None for a
                stream that completed: what is left was let fall by the user's own operators.
        """
        with self._lock:
            self._closed = True
            self._settled.update(self._flying)
            self._flying.clear()
            for term in ("waiting", "in_flight"):
                if reason is None:
                    self._move(term, "unaccounted", self._counts[term])
                else:
                    self._lose(term, self._counts[term], reason)

    def _over(self, origin: Origin) -> None:
        self._flying.discard(origin)
        self._settled.add(origin)

    def _lose(self, term: str, frames: int, reason: str) -> None:
        if reason in _OWN_TERM:
            self._move(term, reason, frames)
        else:
            self._dropped[reason] += self._move(term, None, frames)

    def _move(self, source: str, target: str | None, frames: int) -> int:
        """Move frames between terms; what was settled by `close` already is not there any more."""
        moved = min(frames, self._counts[source])
        self._counts[source] -= moved
        if target is not None:
            self._counts[target] += moved
        return moved
