"""What the live view is told of one camera or film: its state, its counts, what it lost, and how far it is."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from rxvlm.clip import Clip
from rxvlm.display.wall_time import moment
from rxvlm.ledger import Entry, FramesFate, Tally, WindowFate
from rxvlm.ledger.states import IN_TROUBLE, OVER

_LOST_BY: Final = {
    "overflow": "{} had no room",
    "stale": "{} found them too old to be asked about",
    "late": "{} got them, or their answers, too late",
    "undecodable": "{} could not decode their pictures",
    "unencodable": "{} could not make clips of them",
    "strategy": "the function of {} failed for them",
}


class CameraFacts:
    """What is remembered of one camera beside its ledger. Called by one thread at a time.

    Args:
        name: The camera.
        clock: Returns seconds, for what a film has left.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._clock = name, clock
        self._began: float | None = None
        self._until = 0.0  # the end of the newest window that was answered, in seconds of the film
        self._every = 0.0  # seconds of a window
        self._lost: Counter[tuple[str, str]] = Counter()  # windows, by reason and step
        self._frames: Counter[str] = Counter()  # that were in no window, by reason

    def answered(self, clip: Clip) -> None:
        """Note that a window was answered."""
        self._until, self._every = max(self._until, clip.end), clip.end - clip.start

    def on_entry(self, entry: Entry) -> None:
        """Count what the ledger tells of losses; what the user left out, or ended, is none."""
        if isinstance(entry, WindowFate | FramesFate) and entry.fate in _LOST_BY:
            if isinstance(entry, WindowFate):
                self._lost[(entry.fate, entry.step)] += 1
            else:
                self._frames[entry.fate] += entry.frames

    def told(self, tally: Tally) -> dict[str, Any]:
        """Return what the view is told, by the counts of the ledger at this moment."""
        if tally.captured and self._began is None:
            self._began = self._clock()
        troubled = tally.state in IN_TROUBLE or tally.state == "failed"
        hope = "; it is tried again" if tally.state == "waiting" else ""
        return {
            "name": self._name,
            "state": tally.state,
            "paused": tally.paused,
            "troubled": troubled,
            "why": f"{tally.state}: {tally.reason}{hope}" if troubled and tally.reason else "",
            "counts": _counts(tally),
            "lost": self._losses(),
            "progress": self._progress(tally),
        }

    def _losses(self) -> list[str]:
        """Return a line for each step that lost something, in the words of the user's pipe."""
        windows = [(lost, "window", reason, step) for (reason, step), lost in sorted(self._lost.items())]
        frames = [(lost, "frame", reason, "") for reason, lost in sorted(self._frames.items())]
        return [
            f"{lost:,} {what}{'' if lost == 1 else 's'} lost: {_LOST_BY[reason].format(step or 'a step')}"
            for lost, what, reason, step in [*windows, *frames]
        ]

    def _progress(self, tally: Tally) -> dict[str, Any] | None:
        """Return how far a film is; None for a camera, and where the length is not known."""
        if tally.live is not False or not tally.length:
            return None
        length = tally.length
        over = tally.state in OVER
        position = length if tally.state == "ended" and not tally.reason else min(self._until, length)
        words = [f"{moment(round(position))} of {moment(round(length))}", f"{tally.windows:,} windows done"]
        if not over and self._every:
            words.append(f"{max(0, math.ceil((length - position) / self._every)):,} left")
            elapsed = 0.0 if self._began is None else self._clock() - self._began
            if position and elapsed and not tally.paused:
                words.append(f"about {_duration((length - position) * elapsed / position)} left")
        return {"share": position / length, "words": ", ".join(words)}


def _counts(tally: Tally) -> list[tuple[str, str, int]]:
    """Return a class of the style sheet, the term and the frames of each term that is not 0."""
    known = [
        ("analysed", "analysed", tally.analysed),
        ("failed", "failed", tally.failed),
        ("in-flight", "in flight", tally.in_flight),
        ("waiting", "waiting", tally.waiting),
        ("left-out", "skipped", tally.skipped),
        ("left-out", "thinned", tally.thinned),
        ("left-out", "unaccounted", tally.unaccounted),
        *(("lost-frames", f"lost: {reason}", frames) for reason, frames in tally.dropped.items()),
    ]
    return [one for one in known if one[2]]


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - two digits at most
