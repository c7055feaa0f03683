"""Analysis: the answer of a model about a clip: text, value, times, tokens, error."""

from __future__ import annotations

from dataclasses import dataclass, field
from pprint import pformat
from typing import Any

from rxvlm.clip import Clip
from rxvlm.display import markup
from rxvlm.errors import RxvlmError
from rxvlm.vlm import Usage


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Analysis:
    """The answer of a model about a clip. A failed call is one too: it has an ``error``, and the stream continues.

    Attributes:
        clip: The clip that was sent to the model.
        prompt: The question.
        model: Name of the model that answered, or failed.
        asked: When the call began, in seconds since 1970 (UTC).
        answered: When it ended, in seconds since 1970 (UTC).
        text: The answer; of a failed call, the part that had arrived, usually "".
        value: The answer as a typed object or as a dictionary, or None.
        error: Why the call failed, or None.
        usage: Tokens that the call cost, or None if unknown.
        request_id: Identifier that the provider gave to the request, or None.
        finish_reason: Why the answer ended, as the provider calls it, or None.
    """

    clip: Clip = field(repr=False)
    prompt: str
    model: str
    asked: float
    answered: float
    text: str = ""
    value: Any = field(default=None, repr=False)
    error: RxvlmError | None = None
    usage: Usage | None = None
    request_id: str | None = None
    finish_reason: str | None = None

    def __repr__(self) -> str:
        clip = self.clip
        said = repr(self.error) if self.error else repr(self.text[:60] + ("..." if len(self.text) > 60 else ""))  # noqa: PLR2004 - what fits a line
        return f"Analysis({clip.source!r} [{clip.start:g}, {clip.end:g}) s by {self.model}: {said})"

    @property
    def duration(self) -> float:
        """How long the call took, in seconds."""
        return self.answered - self.asked

    @property
    def age(self) -> float | None:
        """Seconds between the end of the filmed span and the answer; None for a file."""
        return None if self.clip.captured is None else self.answered - self.clip.captured

    def _repr_html_(self) -> str:
        usage = f"{self.usage.input:,} in, {self.usage.output:,} out" if self.usage else ""
        known = {
            "asked": self.prompt,
            "answered by": self.model,
            "took": f"{self.duration:.2f} s",
            "age": "" if self.age is None else f"{self.age:.1f} s",
            "tokens": usage,
        }
        said = markup.complaint(self.error) if self.error else f"<b>{markup.text(self.text)}</b>"
        value = "" if self.value is None else markup.code(pformat(self.value, width=100, compact=True), "value")
        heading = f"{self.clip.source} [{self.clip.start:g}, {self.clip.end:g}) s"
        return markup.card(heading, self.clip.strip(), said, value, markup.facts(known))
