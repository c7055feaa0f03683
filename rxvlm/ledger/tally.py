"""Tally: the counts of a ledger at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rxvlm.display import markup
from rxvlm.ledger.states import State


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a ledger at one moment, in frames.

    ``captured == analysed + failed + sum(dropped.values()) + skipped + thinned +
    waiting + in_flight + unaccounted``, always.

    Attributes:
        name: The camera.
        state: What the camera is doing: ``connecting``, ``live``, ``playing`` (a film), ``paused``, ``stalled``,
            ``waiting``, ``finishing``, ``ended`` or ``failed``; see `rxvlm.ledger.states.State`.
        reason: Why it is in that state, or ""; of a camera that was waiting or stalled when it ended, why.
        captured: Frames that the source delivered.
        analysed: Frames in clips that a model answered.
        failed: Frames in clips that a model was asked about without success.
        dropped: Frames lost, by reason.
        skipped: Frames left out on purpose: between windows, behind a closed gate, or while asking was paused.
        thinned: Frames left out to lower the frame rate.
        waiting: Frames in open windows, in queues and in encoders.
        in_flight: Frames in clips that a model is being asked about.
        unaccounted: Frames that the user's own operators did not pass on; known at the end.
        damaged: Pictures that were damaged, or made from a damaged one, among those that were decoded; they are
            counted beside the sum, since their frames are in its terms, too.
        reconnects: How often a live source was lost and came back.
        windows: Windows settled, analysed and failed.
        time: Seconds of the source's time of the newest frame.
        live: Whether its source is live (a camera) or not (a film); None while no source has said so.
        length: How long the film is, in seconds; None of a camera, and if that is unknown.
        paused: Whether asking about it is paused, whatever its state.
        since: When its state began, in seconds since 1970 (UTC); None if unknown.
    """

    name: str
    state: State
    reason: str
    captured: int = 0
    analysed: int = 0
    failed: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict[str, int])
    skipped: int = 0
    thinned: int = 0
    waiting: int = 0
    in_flight: int = 0
    unaccounted: int = 0
    damaged: int = 0
    reconnects: int = 0
    windows: int = 0
    time: float = 0.0
    live: bool | None = None
    length: float | None = None
    paused: bool = False
    since: float | None = field(default=None, compare=False)  # a time of day: the same counts are equal

    def _repr_html_(self) -> str:
        settled = {
            "analysed": self.analysed,
            "failed": self.failed,
            "in flight": self.in_flight,
            "waiting": self.waiting,
        }
        left_out = {"skipped": self.skipped, "thinned": self.thinned, "unaccounted": self.unaccounted}
        lost = {f"lost: {reason}": frames for reason, frames in self.dropped.items()}
        why = f" ({self.reason})" if self.reason else ""
        heading = f"{self.name}: {self.state}{why}, {self.captured:,} frames captured, {self.windows:,} windows settled"
        damaged = {"damaged pictures": self.damaged} if self.damaged else {}
        return markup.card(heading, markup.bars(settled | left_out | lost | damaged))
