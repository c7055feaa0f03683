"""Stored: an answer or an event of a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.errors import ClipGoneError
from rxvlm.event import Event


class Source(Protocol):
    """Reads the other parts of a stored item when they are used."""

    def clip(self, number: int | None) -> bytes | tuple[bytes, ...] | None:
        """Return the bytes of a clip; None if they are not kept."""
        ...

    def answers_of(self, event: str) -> list[Stored]:
        """Return the answers that belong to an event, the oldest first."""
        ...


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Stored:
    """An answer or an event of a store. Its clip is read when it is used.

    Attributes:
        id: Its name in the store: a number for an answer, the event's own id for an event.
        at: When it happened, in seconds since 1970 (UTC): for an answer the end of the clip's recording, for an event
            its start; for a film the time of the answer.
        newest: The time of an event's newest answer, in seconds since 1970 (UTC); for an answer the same as ``at``.
        record: The item as plain values, as described in docs/reference/json.md.
    """

    id: str
    at: float
    newest: float
    record: Mapping[str, Any] = field(repr=False)
    _clip: int | None = field(repr=False)
    _source: Source = field(repr=False)

    def __repr__(self) -> str:
        said = self.record["name"] if self.is_event else self.text
        return f"Stored({self.id} {self.camera!r} [{self.record['start']:g}, {self.record['end']:g}) s: {said!r:.80})"

    @property
    def kept(self) -> bool:
        """Whether its clip is kept."""
        return self._clip is not None

    @property
    def is_event(self) -> bool:
        """Whether it is an event, not an answer."""
        return self.record["type"] == "event"

    @property
    def camera(self) -> str:
        """The camera or film; "" for an event that is not about a single camera."""
        return self.record["camera"]

    @property
    def text(self) -> str:
        """The text of the answer, or of an event's newest answer; "" if there is none."""
        return (self._answer or {"text": ""})["text"]

    def analysis(self) -> Analysis:
        """Return the answer, or an event's newest answer, with the clip's bytes if they are kept.

        Raises:
            ClipGoneError: If it is an event about the system itself, which has no answer.
        """
        record = self._answer
        if record is None:
            raise ClipGoneError(
                f"the event {self.record['name']!r} is about the system itself: it has no answer and no clip"
            )
        bare = Analysis.from_dict(record)
        data = self._source.clip(self._clip)
        return bare if data is None else Analysis.from_dict(record, replace(bare.clip, data=data))

    def clip(self) -> Clip:
        """Return the clip; if its bytes are not kept, methods that need them raise ClipGoneError.

        Raises:
            ClipGoneError: If it is an event about the system itself, which has no clip.
        """
        return self.analysis().clip

    def answers(self) -> list[Stored]:
        """Return the answers that belong to an event, the oldest first; for an answer, only the answer."""
        return self._source.answers_of(self.id) if self.is_event else [self]

    def event(self) -> Event:
        """Return the event.

        Raises:
            TypeError: If it is an answer.
        """
        if not self.is_event:
            raise TypeError(f"{self.id} is an answer, not an event")
        return Event.from_dict(self.record, None if self._answer is None else self.clip())

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, ready for JSON: the form of docs/reference/json.md, with its ``id``."""
        return {**self.record, "id": self.id}

    def _repr_html_(self) -> str:
        from rxvlm.store.showing import evidence  # only a notebook needs it

        return evidence(self)

    @property
    def _answer(self) -> Mapping[str, Any] | None:
        return self.record["analysis"] if self.is_event else self.record
