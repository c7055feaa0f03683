"""Counts: how many frames there are under each term of a ledger."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from rxvlm.ledger.reasons import LossReason
from rxvlm.ledger.tally import Tally

_ON_PURPOSE: Final = ("skipped", "thinned")  # counted under these names, and not as dropped

_TERMS: Final = (
    *("captured", "analysed", "failed", *_ON_PURPOSE, "waiting", "in_flight", "unaccounted"),
    *("damaged", "reconnects", "windows"),
)


class Counts:
    """How many frames there are under each term. Called by one thread at a time.

    Attributes:
        terms: Frames by the name of the term, as `Tally` has them.
    """

    def __init__(self) -> None:
        self.terms: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()

    def by_term(self) -> dict[str, Any]:
        """Return the frames by term, and as ``dropped`` those that were lost, by reason."""
        return {**self.terms, "dropped": {reason: lost for reason, lost in self._dropped.items() if lost}}

    def become(self, tally: Tally) -> None:
        """Take over all counts."""
        for term in _TERMS:
            self.terms[term] = getattr(tally, term)
        self._dropped = Counter(tally.dropped)

    def lose(self, term: str, frames: int, reason: LossReason) -> None:
        """Count frames of a term as lost, or as left out on purpose."""
        counted = reason.partition(":")[0]
        if counted in _ON_PURPOSE:
            self.move(term, counted, frames)
        else:
            self._dropped[counted] += self.move(term, None, frames)

    def close(self, reason: LossReason | None) -> None:
        """Count what waits, or is in flight, as lost for a reason; None: as unaccounted."""
        for term in ("waiting", "in_flight"):
            if reason is None:
                self.move(term, "unaccounted", self.terms[term])
            else:
                self.lose(term, self.terms[term], reason)

    def move(self, source: str, target: str | None, frames: int) -> int:
        """Move frames from one term to another; the end of a run may have moved them already, so there may be fewer."""
        moved = min(frames, self.terms[source])
        self.terms[source] -= moved
        if target is not None:
            self.terms[target] += moved
        return moved
