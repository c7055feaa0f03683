"""Wall time as text, in the zone of this machine: for JSON, for people, and for the names of files."""

from __future__ import annotations

from datetime import datetime


def rfc3339(seconds: float | None) -> str | None:
    """Return a moment as RFC 3339 writes it, with the local offset: ``2026-11-29T07:35:40.250000+01:00``.

    >>> datetime.fromisoformat(rfc3339(1_790_000_000.25)).timestamp(), rfc3339(None)
    (1790000000.25, None)

    Args:
        seconds: Seconds since 1970 (UTC), or None.
    """
    return None if seconds is None else local(seconds).isoformat(timespec="microseconds")


def local_time(seconds: float) -> str:
    """Return a moment as RFC 3339 in whole seconds, with the local offset: ``2026-11-29T07:35:40+01:00``."""
    return local(seconds).isoformat(timespec="seconds")


def clock(seconds: float) -> str:
    """Return a moment as the time of day: ``07:35:40``.

    Args:
        seconds: Seconds since 1970 (UTC).
    """
    return f"{local(seconds):%H:%M:%S}"


def file_time(seconds: float, *, milliseconds: bool = False) -> str:
    """Return a moment as part of a file's name, without colons: ``2026-11-29T07-35-40+0100``.

    Args:
        seconds: Seconds since 1970 (UTC).
        milliseconds: Whether three decimals follow the seconds.
    """
    there = local(seconds)
    decimals = f".{there.microsecond // 1000:03}" if milliseconds else ""
    return f"{there:%Y-%m-%dT%H-%M-%S}{decimals}{there:%z}"


def moment(seconds: float) -> str:
    """Return a time in a film as minutes and seconds: ``2:07``, ``0:30.08``."""
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{int(minutes)}:{rest:06.3f}".rstrip("0").rstrip(".")


def local(seconds: float) -> datetime:
    """Return a moment in the zone of this machine.

    Args:
        seconds: Seconds since 1970 (UTC).
    """
    # In whole microseconds: 10.25 s may be 10.249999999 s after some arithmetic.
    return datetime.fromtimestamp(round(seconds, 6)).astimezone()
