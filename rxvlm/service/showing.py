"""Showing: a run of a service with a screen in the main thread, and what is due on a thread beside it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Final, Protocol

from rxvlm.concurrency.threads import daemon
from rxvlm.service.loading import Configuration
from rxvlm.service.sending import Item
from rxvlm.service.service import Service

ENDING: Final = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129}
"""The exit codes of signals that end a run with a screen: a hang-up means that its terminal has gone."""
_LOOK_SECONDS: Final = 0.2


class RunScreen(Protocol):
    """Shows a run of a service."""

    def begin(self, configuration: Configuration, service: Service) -> None:
        """Get to know the run, after it has begun."""
        ...

    def on_item(self, item: Item) -> None:
        """Take an answer or an event."""
        ...

    def until_left(self) -> int | None:
        """Show it until it is left; return the signal that a key stands for, or None. In the main thread."""
        ...

    def leave(self) -> None:
        """Let it be left. Any thread may call it."""
        ...


class Showing:
    """Shows a screen in the main thread, while another thread does what is due.

    Args:
        screen: The screen.
        asked: The signals that have come; those that end the run are looked for.
    """

    def __init__(self, screen: RunScreen, asked: list[int]) -> None:
        self._screen, self._asked = screen, asked
        self._left = threading.Event()

    @property
    def is_left(self) -> bool:
        """Whether the screen was left."""
        return self._left.is_set()

    def until_left(self, wait: Callable[[], int | None]) -> int | None:
        """Show the screen until it is left or a signal comes; return the signal, or None.

        Args:
            wait: Does what is due until all has ended, the screen is left, or a signal comes, which it returns.
        """
        found: list[int] = []

        def work() -> None:
            while not self.is_left:
                number = wait() or next((one for one in self._asked if one in ENDING), None)
                if number is not None:
                    found.append(number)
                    self._screen.leave()
                    return
                self._left.wait(_LOOK_SECONDS)  # all has ended; the screen stays until it is left

        working = daemon("rxvlm-due")(work)
        working.start()
        try:
            key = self._screen.until_left()
        finally:
            self._left.set()
            working.join()
        return found[0] if found else key
