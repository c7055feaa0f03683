"""Event: a condition that holds over several answers: it starts once and ends once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

from rxvlm.analysis import Analysis, said_html
from rxvlm.clip import Clip
from rxvlm.display import markup
from rxvlm.display.json_form import VERSION, check_record, field_of, whole
from rxvlm.display.wall_time import rfc3339
from rxvlm.display.when import span_in_words

Phase: TypeAlias = Literal["start", "update", "end"]
"""Where in its life an event is: it comes as one start, any number of updates, and one end."""

_PHASES: Final[tuple[str, ...]] = get_args(Phase)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True, kw_only=True)
class Event:
    """A condition that held over several answers about one camera, in its state at one answer.

    Attributes:
        id: The same from start to end; no other event has it, not even after a restart.
        name: The name of its rule.
        camera: The camera; "" for an event that is not about a single camera.
        phase: ``"start"``, ``"update"`` or ``"end"``.
        start: Seconds of the source's time at which the first clip that held begins.
        end: Seconds at which the newest clip that held ends.
        captured: When ``start`` was filmed, in seconds since 1970 (UTC); None for a file.
        count: How many clips held so far.
        reason: For an end, why it ended: ``"cleared"``, ``"lost"``, ``"inactive"``, ``"stream ended"``,
            ``"stream failed"``, ``"disposed"``. For an event about the system, in any phase, the fault. Otherwise None.
        analysis: The newest answer for which the condition held; None for an event about the system itself.
        clip: For an end, the video from some seconds before the event to some seconds after it, if
            the pipeline has `rxvlm.operators.EventClips`.
        muted: Whether it is not an alert, because its rule was muted (`rxvlm.rules.Mutes`): for a start or an update,
            at that moment; for an end, all the time. Then no sink behind `rxvlm.operators.to` gets it.
        clip_file: The path of the saved file of this clip, which is ``clip`` in JSON; None if it was not saved.

    Raises:
        ValueError: If the phase is not one of the three.
    """

    id: str
    name: str
    camera: str
    phase: Phase
    start: float
    end: float
    captured: float | None = None
    count: int = 1
    reason: str | None = None
    analysis: Analysis | None = field(default=None, repr=False)
    clip: Clip | None = field(default=None, repr=False)
    clip_file: str | None = None
    muted: bool = False

    def __post_init__(self) -> None:
        if self.phase not in _PHASES:
            raise ValueError(f"phase must be one of {', '.join(_PHASES)}, not {self.phase!r}")

    def __repr__(self) -> str:
        why = (f", {self.reason}" if self.reason else "") + (", muted" if self.muted else "")
        span = f"[{self.start:g}, {self.end:g}) s"
        return f"Event({self.name!r} {self.phase} {self.camera!r} {span}, count {self.count}{why})"

    def _repr_html_(self) -> str:
        filmed = None if self.captured is None else self.captured + self.end - self.start
        where = f"{self.name}, {self.camera}" if self.camera else self.name
        heading = f"{where}, {span_in_words(self.start, self.end, filmed)}: {self.phase}"
        known = markup.facts({"clips": f"{self.count:,}", "why": self.reason or "", "id": self.id})
        if self.analysis is None:
            return markup.card(heading, known)
        return markup.card(
            heading, self.analysis.clip.strip(4, said=self.analysis.text), said_html(self.analysis), known
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the event as plain values, ready for JSON: the form of docs/reference/json.md."""
        captured = whole(self.captured)
        return {
            "type": "event",
            "version": VERSION,
            "id": self.id,
            "name": self.name,
            "camera": self.camera,
            "phase": self.phase,
            "start": whole(self.start),
            "end": whole(self.end),
            "captured": captured,
            "at": rfc3339(captured),
            "count": self.count,
            "reason": self.reason,
            "muted": self.muted,
            "analysis": None if self.analysis is None else self.analysis.to_dict(),
            "clip": self.clip_file,
        }

    @staticmethod
    def from_dict(record: Mapping[str, Any], clip: Clip | None = None) -> Event:
        """Make an event from the result of `to_dict`.

        Args:
            record: The dictionary; keys that are not known are ignored.
            clip: The clip of its analysis; None for a clip without bytes.

        Raises:
            ValueError: If it is not an event, has another version, or a field is missing.
        """
        check_record(record, "event")
        names = ("id", "name", "camera", "phase", "start", "end", "captured", "count", "reason")
        analysis = field_of(record, "analysis")
        return Event(
            **{name: field_of(record, name) for name in names},
            analysis=None if analysis is None else Analysis.from_dict(analysis, clip),
            clip_file=record.get("clip"),
            muted=record.get("muted", False) is True,
        )
