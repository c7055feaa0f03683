"""Why: what became of a moment in front of a camera, and why there was no alert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from rxvlm.display import markup
from rxvlm.display.json_form import VERSION
from rxvlm.display.wall_time import rfc3339
from rxvlm.ledger import Outcome
from rxvlm.store.times import FILM_SECONDS, span_text, time_text

Reason: TypeAlias = (
    Literal[
        "not captured",  # the camera was away, or not watched
        "skipped",  # left out on purpose; the detail is gate, gap, short or fragment
        "paused",  # asking was paused; the detail is the reason that was given
        "thinned",  # left out to lower the frame rate
        "lost",  # on the way to the model; the detail is the ledger's reason
        "unaccounted",  # a step of the user's own did not pass the window on
        "failed",  # the model was asked, and did not answer; the detail is the error
        "answered",  # and no rule looked at it
        "pending",  # nothing is written about the moment, yet or any more
    ]
    | Outcome
)
"""What became of a moment; of one that was answered, what the rules decided."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule decided about the answer.

    Attributes:
        rule: Name of the rule.
        outcome: What it decided; ``"held"``: the condition held, but for too few of the last answers.
        held: How many of the last ``need[1]`` known answers held, before an event ran.
        need: (n, m): an event begins when n of the last m known answers held.
        event: Identifier of the running event, or None.
        why: Why it is unknown, or "".
    """

    rule: str
    outcome: Outcome
    held: int
    need: tuple[int, int]
    event: str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """What became of a moment in front of a camera; as a text, its sentence.

    Attributes:
        camera: The camera or film.
        time: The moment, in seconds since 1970 (UTC); for a film in seconds of the film, below 100,000,000.
        reason: What became of it.
        detail: A detail of the reason: ``gate`` if it was skipped, ``overflow`` if it was lost, the error of a call,
            why a camera was away; otherwise "".
        sentence: The whole explanation in words, with times in the zone of this machine.
        since: When this began, in the same seconds as ``time``; None if unknown.
        until: When it ended; None if unknown, or if it goes on.
        rules: What each rule decided about the answer.
        answer: The id of the answer in the store, or None.
    """

    camera: str
    time: float
    reason: Reason
    detail: str
    sentence: str
    since: float | None = None
    until: float | None = None
    rules: tuple[Ruling, ...] = ()
    answer: str | None = None

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        detail = f": {self.detail}" if self.detail else ""
        return f"Why({self.camera!r} at {time_text(self.time)}, {self.reason}{detail})"

    def _repr_html_(self) -> str:
        span = span_text(self.since, self.until)
        heading = f"{self.camera} at {time_text(self.time)}"
        return markup.card(heading, f"<b>{markup.text(self.reason)}</b>", markup.text(self.sentence), markup.text(span))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, ready for JSON; ``at`` is the moment as RFC 3339 writes it, null for a film."""
        return {
            "type": "why",
            "version": VERSION,
            "camera": self.camera,
            "time": self.time,
            "at": None if self.time < FILM_SECONDS else rfc3339(self.time),
            "reason": self.reason,
            "detail": self.detail or None,
            "sentence": self.sentence,
            "since": self.since,
            "until": self.until,
            "rules": [
                {
                    "rule": one.rule,
                    "outcome": one.outcome,
                    "held": one.held,
                    "need": list(one.need),
                    "event": one.event,
                    "why": one.why or None,
                }
                for one in self.rules
            ],
            "answer": self.answer,
        }
