"""Stored: an answer or an event as a store has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.errors import ClipGoneError
from rxvlm.event import Event


class Source(Protocol):
    """Where the rest of what is stored is read when it is asked for."""

    def clip(self, number: int | None) -> bytes | tuple[bytes, ...] | None:
        """Return the bytes of a clip; None if they are not kept."""
        ...

    def answers_of(self, event: str) -> list[Stored]:
        """Return the answers that belong to an event, the oldest first."""
        ...


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Stored:
    """An answer or an event, as a store has it. Its clip is read when it is asked for.

    Attributes:
        id: Its name in the store: of an answer a number, of an event the event's own id.
        at: When it happened, in seconds since 1970 (UTC): of an answer the end of what was filmed, of an event its
            start; of a film when it was answered about.
        newest: The time of an event's newest answer, in seconds since 1970 (UTC); of an answer the same as ``at``.
        record: It as plain values, as docs/reference/json.md has them.
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
        """The camera or film; "" of an event that is about no single one."""
        return self.record["camera"]

    @property
    def text(self) -> str:
        """What the model said, of an event in its newest answer; "" if there is none."""
        return (self._answer or {"text": ""})["text"]

    def analysis(self) -> Analysis:
        """Return the answer, of an event its newest; with the clip's bytes, if they are kept.

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
        """Return the clip; without its bytes, if they are not kept: what needs them raises ClipGoneError.

        Raises:
            ClipGoneError: If it is an event about the system itself, which has no clip.
        """
        return self.analysis().clip

    def answers(self) -> list[Stored]:
        """Return the answers with which an event began and went on, the oldest first; of an answer itself alone."""
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
