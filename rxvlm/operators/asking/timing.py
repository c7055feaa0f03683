"""Timings: where the time of an answer went, by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rxvlm.clip import Clip
from rxvlm.vlm import Piece


@dataclass(slots=True)
class Timer:
    """When the stages of one call began, in seconds since the epoch.

    Attributes:
        clip: The clip.
        came: When the clip came to the step that asks.
        asked: When the call began.
        first: When the first piece came; None before that.
    """

    clip: Clip
    came: float
    asked: float
    first: float | None = None

    def timings(self, answered: float, pieces: Sequence[Piece]) -> dict[str, float | None]:
        """Return the seconds of each stage; see `Analysis`.

        Args:
            answered: When the call ended.
            pieces: The pieces of the answer; none, or an empty one, of a failed call.
        """
        span = self.clip.span
        given = self.came if span.given is None else span.given
        waited = min(pieces[-1].waited, answered - self.asked) if pieces else 0.0
        first = answered if self.first is None else self.first
        return {
            "arrive": None if span.captured is None else given - span.captured,
            "encode": self.came - given,
            "queue": self.asked - self.came,
            "limit": waited,
            "first": first - self.asked - waited,
            "rest": answered - first,
        }
