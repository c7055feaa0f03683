"""Ends: what Ctrl-C, SIGTERM and SIGHUP do. This loads nothing that takes time: it runs before all else."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

# As shells write it: 128 and the number of the signal.
_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def end_at_once(parting: bytes = b"") -> None:
    """End the process at once when a signal asks for it, from now on; there is nothing yet that could be lost.

    An exception would not do: whatever catches it, such as a module that is being imported, may swallow it.

    Args:
        parting: Written on stderr before that, for a terminal whose cursor is hidden.
    """

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        try:
            os.write(2, parting)
        finally:
            os._exit(_CODES[signal.Signals(number)])

    for number in _asked_by():
        signal.signal(number, end)


class Asked:
    """Notes which signal asked for the end, from now on, and ends nothing itself."""

    def __init__(self) -> None:
        self.code: int | None = None
        self._then: Callable[[], None] = lambda: None
        for number in _asked_by():
            signal.signal(number, self._note)

    def __call__(self) -> bool:
        """Return whether a signal has come; ``code`` is then the exit code."""
        return self.code is not None

    def then(self, action: Callable[[], None]) -> None:
        """Do something when a signal comes, in its handler; at once if one has come."""
        self._then = action
        if self.code is not None:
            action()

    def note_interrupt(self) -> None:
        """Note Ctrl-C that came as a key, and not as a signal."""
        self.code = self.code or _CODES[signal.SIGINT]

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.code = self.code or _CODES[signal.Signals(number)]
        self._then()


def _asked_by() -> list[signal.Signals]:
    """Return the signals that ask for the end; a hang-up does not where ``nohup`` has ruled it out."""
    return [number for number in _CODES if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
