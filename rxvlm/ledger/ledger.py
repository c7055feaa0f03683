"""Ledger: counts what became of every captured frame, and keeps the state of its camera."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from reactivex.abc import DisposableBase

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.ledger.counts import Counts
from rxvlm.ledger.doing import Doing
from rxvlm.ledger.entries import Entry, LedgerListener, StateChange
from rxvlm.ledger.pausing import Pausing
from rxvlm.ledger.reasons import LossReason
from rxvlm.ledger.states import FLOWING, State, StateListener
from rxvlm.ledger.tally import Tally
from rxvlm.ledger.telling import Telling
from rxvlm.ledger.windows import Windows
from rxvlm.window import Span, Window


class Ledger:
    """Counts what became of a camera's frames. Any thread may write to it and read it.

    A frame counts as waiting from its capture on, then as in flight, then as analysed or failed; or it is lost,
    with a reason: under one term at a time. A window is settled once, even if several questions are asked about it.

    Args:
        name: The camera.
        on_state: Called with (name, state, reason) at each change of state, but not for ``finishing``. None: the
            log ``"rxvlm"`` gets a warning when the camera is ``stalled`` or ``waiting``, one for each reason.
        clock: Returns the time in seconds since 1970 (UTC), for `StateChange.since`.

    Attributes:
        live: Whether the source is live; set by the source. None while there was none.
        length: Seconds that a film lasts; set by the source. None of a camera, and where its container does not say.
        pausing: Since when asking is paused; and what waits meanwhile, for the steps that ask.
    """

    def __init__(
        self, name: str = "", on_state: StateListener | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.name = name
        self.live: bool | None = None
        self.length: float | None = None
        self.pausing = Pausing(clock)
        self._lock = threading.Lock()
        self._counts = Counts()
        self._terms = self._counts.terms  # looked up for each frame
        self._doing = Doing(name, clock)
        self._time = 0.0
        self._open = self._closed = False
        self._windows, self._telling = Windows(), Telling(name, on_state)

    def __repr__(self) -> str:
        return repr(self.snapshot())

    def _repr_html_(self) -> str:
        return self.snapshot()._repr_html_()  # pyright: ignore[reportPrivateUsage] - a notebook's name for it

    def snapshot(self) -> Tally:
        """Return the counts and the state at this moment."""
        with self._lock:
            counts = self._counts.by_term() | {"time": self._time, "live": self.live, "length": self.length}
            return Tally(self.name, **counts, **self._doing.by_name())

    def listen(self, listener: LedgerListener, *, shows_states: bool = False) -> DisposableBase:
        """Call a listener from now on with each window's fate, frames without a window, states and decisions of rules.

        Each is called with one `Entry` at a time, in order, on the thread that caused it, which may capture: it must
        return at once. If it raises, the error is logged. The first entry is the present state, with its own `since`.

        Args:
            listener: Called with each entry.
            shows_states: Whether it shows the states to the user, so that the log need not warn.

        Returns:
            A disposable that ends the calls.
        """
        with self._lock:
            listening = self._telling.listen(listener, self._doing.current, shows_states=shows_states)
        self._telling.tell()
        return listening

    def state(self, state: State, reason: str = "") -> None:
        """Set the camera's state and the reason for it.

        If a source has ended, and windows are still in work, it is ``finishing`` until all are settled.
        """
        with self._lock:
            if state == "ended" and self._is_pending():
                self._doing.end_reason = reason
                return
            self._doing.end_reason = None
            changed = self._change(state, reason)
        self._telling.announce(changed)

    def says(self, state: State, reason: str = "") -> bool:
        """Return whether the source has set this state and reason last, so that to set them again changes nothing."""
        return self._doing.says(state, reason)

    @property
    def paused(self) -> bool:
        """Whether asking is paused."""
        return self.pausing.on

    def pause(self, reason: str = "") -> None:
        """Pause the questions about the camera, until `resume`; running calls finish.

        Meanwhile the clips of a camera count as skipped (``"skipped:paused"``); a film waits. The state is ``paused``,
        with the reason, instead of ``live`` or ``playing``; `Tally.paused` is true in every state.
        """
        self.pausing.begin()
        with self._lock:
            changed = self._telling.note_state(self._doing.pause(reason, self._time))
        self._telling.announce(changed)

    def resume(self) -> None:
        """Allow questions about the camera again; if it is not paused, nothing happens."""
        with self._lock:
            changed = self._telling.note_state(self._doing.resume(self._time))
        self._telling.announce(changed)
        self.pausing.end()

    def open(self) -> None:
        """Begin a run: from now on frames are counted, until `close`."""
        self.pausing.open()
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
                self._counts.lose("waiting", 1, reason)
                self._telling.note_frame(frame, reason)
        self._telling.tell()

    def expect(self, span: Span) -> None:
        """Note that a window is open, or that it is now complete: it is on its way until it is settled or lost.

        If a window is neither lost nor asked about, `close` reports it as ``unaccounted``, or a thousand later windows
        do.
        """
        with self._lock:
            if not self._closed:
                self._telling.end_run()
                if (forgotten := self._windows.expect(span)) is not None:
                    self._telling.note_window(*forgotten, "unaccounted")
        self._telling.tell()

    def damage(self) -> None:
        """Count a picture that turned out to be damaged when it was decoded. Not after `close`."""
        with self._lock:
            self._terms["damaged"] += not self._closed
            is_first = self._terms["damaged"] == 1
        if is_first:
            self._telling.warn_of_damage()

    def drop(self, item: Frame | Window | Clip, reason: LossReason, *, step: str = "") -> None:
        """Count the frames of an item that a step lost under a reason; can be passed as any ``on_drop``."""
        with self._lock:
            if isinstance(item, Frame):
                self._counts.lose("waiting", 1, reason)
                if not self._closed:
                    self._telling.note_frame(item, reason)
            elif (known := self._windows.settle(item.span)) is not None:
                self._telling.note_window(item.span, known.began, reason, step=step)
                self._counts.lose(known.term, item.fresh, reason)
        self._end_if_settled()

    def begin(self, clip: Clip) -> None:
        """Count the frames of a clip as in flight: a model is being asked about it."""
        with self._lock:
            if not self._closed and self._windows.begin(clip.span):
                self._counts.move("waiting", "in_flight", clip.fresh)

    def settle(self, analysis: Analysis) -> None:
        """Count the frames of a clip as analysed or failed; of several clips of one window only the first counts."""
        clip, error = analysis.clip, analysis.error
        with self._lock:
            if (known := self._windows.settle(clip.span, only="in_flight")) is not None:
                fate = "analysed" if error is None else "failed"
                self._telling.note_window(clip.span, known.began, fate, error)
                self._counts.move("in_flight", fate, clip.fresh)
                self._terms["windows"] += 1
        self._end_if_settled()

    def decide(self, decision: Entry) -> None:
        """Tell the listeners what a rule decided about an answer, or what the ledger in another process has told."""
        with self._lock:
            self._telling.note(decision)
        self._telling.tell()

    def mirror(self, tally: Tally) -> None:
        """Take over the counts of the ledger in another process; the name and the state stay."""
        with self._lock:
            self._counts.become(tally)
        self._time, self.live, self.length = tally.time, tally.live, tally.length

    def close(self, reason: LossReason | None = None) -> None:
        """Settle everything that is left at the end of a run.

        Args:
            reason: Why it ended early; None if it completed: the user's operators dropped the rest.
        """
        with self._lock:
            self._open, self._closed = False, True
            for span, began in self._windows.settle_all():
                self._telling.note_window(span, began, reason or "unaccounted")
            self._telling.end_run()
            self._counts.close(reason)
        self._end_if_settled()

    def _capture(self, frame: Frame) -> bool:
        if self._closed:
            return False
        self._terms["captured"] += 1
        self._terms["waiting"] += 1
        self._time = frame.time
        return True

    def _is_pending(self) -> bool:
        """Return whether windows are left that will be settled, by `close` at the latest. Called with the lock held."""
        return self._terms["in_flight"] > 0 or (self._open and self._terms["waiting"] > 0)

    def _end_if_settled(self) -> None:
        """Set the state to ended if the source has ended and its last window was just settled; call the listeners."""
        self._telling.tell()
        with self._lock:
            if (reason := self._doing.end_reason) is None or self._is_pending():
                return
            self._doing.end_reason = None
            changed = self._change("ended", reason)
        self._telling.announce(changed)

    def _change(self, state: State, reason: str) -> StateChange | None:
        """Set state and reason; return the change, if one of them is new. Called with the lock held."""
        was = self._doing.current.state
        self._terms["reconnects"] += was == "waiting" and state in FLOWING and self._terms["captured"] > 0
        return self._telling.note_state(self._doing.become(state, reason, self._time))
