"""Fence: which results of a camera count: those of its newest owner, and each window once."""

from __future__ import annotations

from dataclasses import dataclass

from rxvlm.clip import Clip
from rxvlm.ticks import to_ticks


@dataclass(slots=True)
class Fence:
    """The fence of one camera.

    A camera's windows are given in order, so one that does not begin after the last one was given before, or is
    a second one of the same span.

    >>> fence = Fence()
    >>> fence.next_generation()
    1
    >>> fence.admits(1, 0), fence.admits(1, 10_000_000), fence.admits(1, 10_000_000)
    (True, True, False)
    >>> fence.next_generation()
    2
    >>> fence.admits(1, 20_000_000), fence.admits(2, 20_000_000)
    (False, True)

    Attributes:
        generation: That of the newest owner; 0 if there was none.
        last: The last window given, as `window_of` has it; None if none was.
        refused: How many results were refused.
    """

    generation: int = 0
    last: int | None = None
    refused: int = 0

    def next_generation(self) -> int:
        """Let a new owner's results count from now on, and no other's; return its generation."""
        self.generation += 1
        return self.generation

    def forget(self) -> None:
        """Begin again: the options of the camera have changed, and so have its windows."""
        self.last = None

    def admits(self, generation: int, window: int) -> bool:
        """Return whether a result counts; if it does, its window is given from now on.

        Args:
            generation: That of the owner who sends it.
            window: Its window, as `window_of` has it.
        """
        if generation != self.generation or (self.last is not None and window <= self.last):
            self.refused += 1
            return False
        self.last = window
        return True


def window_of(clip: Clip) -> int:
    """Return by what a window is known among those of its camera: its number on the wall clock; of a film, its start.

    The start of a film's window is in ticks.
    """
    return to_ticks(clip.start) if clip.span.slot is None else clip.span.slot
