"""Durations as people write them."""

from __future__ import annotations

import re
from typing import Final

_FORM: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?")
_UNITS: Final = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}


def duration_of(text: str) -> float:
    """Return a duration in seconds.

    >>> duration_of("90s"), duration_of("10m"), duration_of("1.5h"), duration_of("0")
    (90.0, 600.0, 5400.0, 0.0)

    Args:
        text: A number with ``s``, ``m``, ``h`` or ``d``; 0 needs none.

    Raises:
        ValueError: If it is not written so.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None or (found[2] is None and float(found[1])):
        raise ValueError(f"a time to mute for is written as 30s, 10m or 2h, not {text!r}")
    return float(found[1]) * _UNITS[found[2] or "s"]
