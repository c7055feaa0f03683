"""Whose turn it is to draw on the terminal: two drawings at once would write over each other."""

from __future__ import annotations

import threading
from collections.abc import Callable

_taken = threading.Lock()


def take_screen() -> Callable[[], None] | None:
    """Take the terminal for a drawing; return what gives it back, once; None if another drawing has it."""
    if not _taken.acquire(blocking=False):
        return None
    held = [_taken]

    def give_back() -> None:
        if held:
            held.pop().release()

    return give_back
