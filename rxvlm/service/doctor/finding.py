"""Finding: something that was looked at, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at.

    Attributes:
        what: What was looked at, such as ``"camera yard"``.
        found: What was found.
        advice: What to do; "" if there is nothing to do.
    """

    what: str
    found: str
    advice: str = ""
