"""When a server wants to be asked again."""

from __future__ import annotations

from contextlib import suppress
from email.utils import parsedate_to_datetime
from math import isfinite


def retry_after_seconds(retry_after: str, now: float) -> float | None:
    """Return the seconds of a Retry-After header, which holds seconds or a date; None if it holds neither.

    >>> [retry_after_seconds(said, 0.0) for said in ("2.5", "Thu, 01 Jan 1970 00:01:00 GMT", "soon")]
    [2.5, 60.0, None]

    Args:
        retry_after: What the header holds.
        now: Seconds since the epoch.
    """
    with suppress(ValueError):
        return max(0.0, float(retry_after)) if isfinite(float(retry_after)) else None
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now)
    except (ValueError, TypeError):
        return None
