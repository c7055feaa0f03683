"""How often, how long and since when a camera sent nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rxvlm.display.wall_time import clock
from rxvlm.ledger.states import IN_TROUBLE, State
from rxvlm.terminal.fitting import short_duration


@dataclass(frozen=True, slots=True)
class Away:
    """The times in which a camera was stalled or waited for.

    Attributes:
        times: How many there were.
        seconds: How long they were together, in seconds.
        since: When the newest began, in seconds since 1970 (UTC).
        lasts: Whether it still lasts.
    """

    times: int
    seconds: float
    since: float
    lasts: bool = True

    def line(self) -> str:
        """Return one line for people.

        >>> Away(3, 125.0, 0.0, lasts=False).line().startswith("was away 3 times, 2m in all, last at ")
        True
        """
        often = "once" if self.times == 1 else f"{self.times} times"
        total = short_duration(self.seconds)
        if self.lasts:
            return f"away since {clock(self.since)}; {often}, {total} in all"
        return f"was away {often}, {total} in all, {'' if self.times == 1 else 'last '}at {clock(self.since)}"


def away_now(before: Away | None, state: State, now: float, passed: float) -> Away | None:
    """Return how often and how long a camera was away, from what was so before and its present state.

    Args:
        before: What was returned before; None if it never was away.
        state: The camera's present state.
        now: Seconds since 1970 (UTC).
        passed: Seconds since ``before`` was returned.
    """
    if before is None or not before.lasts:
        if state not in IN_TROUBLE:
            return before
        return Away(1 if before is None else before.times + 1, 0.0 if before is None else before.seconds, now)
    return replace(before, seconds=before.seconds + passed, lasts=state in IN_TROUBLE)
