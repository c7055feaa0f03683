"""LastWords: that a camera has ended is said after its last answer."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping

import rxvlm  # its names load when they are used: --help stays quick


class LastWords:
    """Holds back the line that a camera has ended, since a ledger reports it before the last answer.

    Args:
        ledgers: The ledgers of the cameras, by name.
        say: Says that a camera has ended, with its reason.
    """

    def __init__(self, ledgers: Mapping[str, rxvlm.Ledger], say: Callable[[str, str], None]) -> None:
        self._ledgers, self._say = ledgers, say
        self._lock = threading.Lock()
        self._answers: Counter[str] = Counter()
        self._held: dict[str, str] = {}

    def on_end(self, name: str, reason: str) -> None:
        """Take the end of a camera; it is said now if all its answers are there."""
        with self._lock:
            self._held[name] = reason
        self._say_ended(name)

    def on_answer(self, name: str) -> None:
        """Take note that an answer about a camera was printed."""
        with self._lock:
            self._answers[name] += 1
        self._say_ended(name)

    def conclude(self) -> None:
        """Say the ends of cameras of which some answers did not come."""
        with self._lock:
            held, self._held = self._held, {}
        for name, reason in held.items():
            self._say(name, reason)

    def _say_ended(self, name: str) -> None:
        with self._lock:
            if name not in self._held or self._answers[name] < self._ledgers[name].snapshot().windows:
                return
            reason = self._held.pop(name)
        self._say(name, reason)
