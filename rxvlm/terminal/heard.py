"""The answers about one camera that the table has received so far, and the newest ones in full."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

from rxvlm.analysis import Analysis
from rxvlm.terminal.row import Row
from rxvlm.terminal.seen import Seen

_NEW_SECONDS: Final = 2.0  # an answer is shown in bold for so long
_MOST_KEPT: Final = 60  # as many as a high terminal has lines


@dataclass(slots=True)
class Heard:
    """The answers about one camera so far.

    Attributes:
        answers: Number of answers, without errors.
        errors: Number of calls that failed.
        tokens: Tokens of all answers, in and out.
        newest: The newest answers and errors, the newest first, without the bytes of their clips.
        arrived: When the newest came, in seconds of the monotonic clock.
        seen: The pictures of the newest; None where none are shown.
    """

    answers: int = 0
    errors: int = 0
    tokens: int = 0
    newest: deque[Analysis] = field(default_factory=lambda: deque[Analysis](maxlen=_MOST_KEPT))
    arrived: float = 0.0
    seen: Seen | None = None

    def add(self, analysis: Analysis, now: float, seen: Seen | None = None) -> None:
        """Add an answer or an error that came now, and its pictures if they are to be shown."""
        self.answers += analysis.error is None
        self.errors += analysis.error is not None
        self.tokens += analysis.usage.input + analysis.usage.output if analysis.usage else 0
        self.newest.appendleft(replace(analysis, clip=replace(analysis.clip, data=None)))
        self.arrived, self.seen = now, seen

    def shown_in(self, row: Row, now: float) -> Row:
        """Return a row with these answers in it."""
        last, *earlier = self.newest
        since = now - self.arrived
        return replace(
            row,
            age=max(0.0, since + (last.age or 0.0)),
            answers=self.answers,
            errors=self.errors,
            tokens=self.tokens,
            last=last,
            new=since < _NEW_SECONDS,
            earlier=earlier,
            drawing=None if self.seen is None else self.seen.drawing,
        )
