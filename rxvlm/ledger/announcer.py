"""Announcer: changes of a camera's state, as lines of the log and calls of the listener that a ledger was made with."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Final

from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable

from rxvlm.ledger.states import FLOWING, IN_TROUBLE, State, StateListener

_log = logging.getLogger("rxvlm")
_MOST_WARNED: Final = 32  # reasons that are remembered, so that each is logged as a warning only once


class Announcer:
    """Logs each change of a camera's state, and calls a listener.

    Args:
        name: The camera.
        on_state: Called with (name, state, reason). None: the log gets a warning when the camera is in trouble.
    """

    def __init__(self, name: str, on_state: StateListener | None) -> None:
        self._name, self._on_state = name, on_state
        self._lock = threading.Lock()
        self._warned: deque[str] = deque(maxlen=_MOST_WARNED)
        self._shown = 0  # to how many listeners who show the states to the user

    def be_shown(self) -> DisposableBase:
        """Log no warnings from now on, since the user sees the states; disposing of the result ends that."""

        def end() -> None:
            with self._lock:
                self._shown -= 1

        with self._lock:
            self._shown += 1
        return Disposable(end)

    def announce(self, state: State, reason: str) -> None:
        """Log a change of state, and call the listener. Called without a lock: the listener is the user's code."""
        level = logging.WARNING if self._is_worth_a_warning(state, reason) else logging.INFO
        _log.log(level, "%s is %s%s", self._name, state, f": {reason}" if reason else "")
        if self._on_state is not None:
            try:
                self._on_state(self._name, state, reason)
            except Exception:  # noqa: BLE001 - a listener that raises must not stop a camera
                _log.exception("a state listener of %s raised", self._name)

    def warn_of_damage(self) -> None:
        """Log that there are damaged pictures."""
        _log.warning("%s has damaged pictures: parts were lost on the network, or in the file", self._name)

    def _is_worth_a_warning(self, state: State, reason: str) -> bool:
        with self._lock:
            odd = state in IN_TROUBLE or (state in FLOWING and reason)
            if not odd or self._on_state is not None or self._shown or reason in self._warned:
                return False
            self._warned.append(reason)
            return True
