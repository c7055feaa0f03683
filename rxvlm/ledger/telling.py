"""Telling: a ledger's entries for its listeners and the log, in order."""

from __future__ import annotations

from reactivex.abc import DisposableBase
from reactivex.disposable import CompositeDisposable

from rxvlm.frame import Frame
from rxvlm.ledger.announcer import Announcer
from rxvlm.ledger.entries import Entry, Fate, LedgerListener, StateChange, WindowFate
from rxvlm.ledger.frame_runs import FrameRuns
from rxvlm.ledger.listeners import Listeners
from rxvlm.ledger.reasons import LossReason
from rxvlm.ledger.states import StateListener
from rxvlm.window import Span


class Telling:
    """The entries of one ledger. Except `tell` and `announce`, its methods are called with the ledger's lock held.

    Args:
        name: The camera.
        on_state: As of `rxvlm.ledger.Ledger`.
    """

    def __init__(self, name: str, on_state: StateListener | None) -> None:
        self._name = name
        self._runs = FrameRuns(name)
        self._listeners, self._announcer = Listeners(name), Announcer(name, on_state)

    def listen(self, listener: LedgerListener, first: Entry, *, shows_states: bool = False) -> DisposableBase:
        """Tell a listener from now on, ``first`` before all else; disposing of the result ends that."""
        listening = self._listeners.add(listener, first)
        return CompositeDisposable(listening, self._announcer.be_shown()) if shows_states else listening

    def note(self, entry: Entry) -> None:
        """Add an entry."""
        self._listeners.note(entry)

    def note_state(self, changed: StateChange | None) -> StateChange | None:
        """Note a change of the camera's state, if there is one; return it."""
        if changed is not None:
            self.end_run()
            self._listeners.note(changed)
        return changed

    def note_window(
        self, span: Span, began: float | None, fate: Fate, error: Exception | None = None, *, step: str = ""
    ) -> None:
        """Note what became of a window."""
        if self._listeners:
            why = "" if error is None else f"{type(error).__name__}: {error}"
            self._listeners.note(WindowFate(self._name, span, fate, why, began, step))

    def note_frame(self, frame: Frame, reason: LossReason) -> None:
        """Note what became of a frame that reached no window."""
        if self._listeners:
            self._listeners.note(self._runs.add(frame, reason))

    def end_run(self) -> None:
        """Note the run of frames that goes on, if one does."""
        self._listeners.note(self._runs.end())

    def tell(self) -> None:
        """Call the listeners with the new entries. Called without a lock: listeners are the user's code."""
        self._listeners.tell()

    def announce(self, changed: StateChange | None) -> None:
        """Report a change of state, if there is one, also to the log and ``on_state``. Called without a lock."""
        if changed is not None:
            self._announcer.announce(changed.state, changed.reason)
            self._listeners.tell()

    def warn_of_damage(self) -> None:
        """Log that there are damaged pictures. Called without a lock."""
        self._announcer.warn_of_damage()
