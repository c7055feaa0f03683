"""Account: what became of a camera's frames, over all the processes that had it one after another."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from rxvlm.ledger import Tally

_ELSEWHERE = ("skipped", "thinned", "unaccounted")  # terms that the owner counts
_BESIDE = ("damaged", "reconnects")


class Account:
    """The frames of one camera, over all its owners.

    Frames are analysed or failed here when their answer has arrived here; until then they count as in flight. Of an
    owner that has died, what was waiting or in flight then is ``died``. So the sum of a `Tally` holds at every moment.

    Args:
        past: What was counted before.
    """

    def __init__(self, past: Tally) -> None:
        self._past = past
        self._own = Tally(past.name, past.state, past.reason)  # the newest that the owner said
        self._given: Counter[str] = Counter()  # analysed, failed and windows: what has arrived from it
        self._fenced = 0  # frames of its answers that were refused

    def report(self, tally: Tally) -> None:
        """Take what the owner says."""
        self._own = tally

    def give(self, frames: int, *, failed: bool) -> None:
        """Count an answer of the owner that has arrived, by the frames of its window."""
        self._given["failed" if failed else "analysed"] += frames
        self._given["windows"] += 1

    def refuse(self, frames: int, *, own: bool) -> None:
        """Count the frames of an answer that was refused: as fenced, and neither as in flight nor as died.

        Args:
            frames: The frames of its window.
            own: Whether it is of the present owner, and not of one before it.
        """
        if own:
            self._fenced += frames
            return
        dropped = Counter(self._past.dropped)
        died = min(frames, dropped["died"])
        dropped["died"] -= died
        dropped["fenced"] += frames
        captured = self._past.captured + frames - died
        self._past = replace(
            self._past, captured=captured, dropped={one: lost for one, lost in dropped.items() if lost}
        )

    def end(self, reason: str) -> None:
        """Close the owner's account: what is left is lost for a reason, or ``unaccounted``."""
        now = self.tally()
        left = now.waiting + now.in_flight
        if reason == "unaccounted":
            self._past = replace(now, waiting=0, in_flight=0, unaccounted=now.unaccounted + left)
        else:
            dropped = Counter(now.dropped) + Counter({reason: left})
            self._past = replace(now, waiting=0, in_flight=0, dropped=dict(dropped))
        self._own = Tally(now.name, now.state, now.reason, time=now.time, live=now.live, length=now.length)
        self._given.clear()
        self._fenced = 0

    def tally(self) -> Tally:
        """Return the counts of all owners."""
        own, past, given = self._own, self._past, self._given
        counts = {term: getattr(own, term) for term in _ELSEWHERE}
        dropped = Counter(own.dropped) + Counter(fenced=self._fenced)
        settled = given["analysed"] + given["failed"] + dropped.total() + sum(counts.values())
        captured = max(own.captured, settled)
        waiting = min(own.waiting, captured - settled)
        counts |= {term: getattr(own, term) for term in _BESIDE} | {**given}
        counts |= {"captured": captured}
        total = {term: getattr(past, term) + count for term, count in counts.items()}
        return replace(
            past,
            **total,
            dropped=dict(Counter(past.dropped) + dropped),
            waiting=waiting,
            in_flight=captured - settled - waiting,
            time=max(past.time, own.time),
            live=past.live if own.live is None else own.live,
            length=past.length if own.length is None else own.length,
        )
