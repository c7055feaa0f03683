"""Answer: an answer as screens show it, whether a store has it or only this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.store.stored import Stored


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """An answer, or a call that failed.

    Attributes:
        key: What tells it from others: its id in the store, or a name in this process.
        at: When it was filmed (its end), in seconds since 1970 (UTC); of a film when it was answered.
        record: It as plain values, as docs/reference/json.md has them.
        analysis: Returns it with its clip. May read from the disk.
    """

    key: str
    at: float
    record: Mapping[str, Any] = field(repr=False)
    analysis: Callable[[], Analysis] = field(repr=False)

    @staticmethod
    def of_stored(stored: Stored) -> Answer:
        """Return one of a store."""
        return Answer(stored.id, stored.at, stored.record, stored.analysis)

    @staticmethod
    def of(analysis: Analysis) -> Answer:
        """Return one of this process."""
        clip = analysis.clip
        at = analysis.answered if clip.captured is None else clip.captured
        key = f"{clip.source} {clip.window_id} {analysis.model} {analysis.asked}"
        return Answer(key, at, analysis.to_dict(), lambda: analysis)

    @property
    def camera(self) -> str:
        """The camera or film."""
        return self.record["camera"]

    @property
    def failed(self) -> bool:
        """Whether the call failed."""
        return self.record["error"] is not None

    @property
    def is_film(self) -> bool:
        """Whether it is about a film."""
        return self.record["captured"] is None

    @property
    def moment(self) -> float:
        """The middle of its window, as `Store.why` takes it: of a film in its own seconds."""
        record = self.record
        if self.is_film:
            return (record["start"] + record["end"]) / 2
        return self.at - (record["end"] - record["start"]) / 2

    @property
    def tokens(self) -> int:
        """Tokens, in and out; 0 if unknown."""
        usage = self.record["usage"]
        return 0 if usage is None else usage["input"] + usage["output"]

    @property
    def clip(self) -> Clip:
        """The clip; without its bytes, if they are not kept. May read from the disk."""
        return self.analysis().clip
