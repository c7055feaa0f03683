"""Outcome: what became of one request to a receiver, and whether to send it again. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from rxvlm.network.retry_after import retry_after_seconds
from rxvlm.sinks.addresses import shown
from rxvlm.text import one_line
from rxvlm.uri import without_secrets

if TYPE_CHECKING:
    from httpx import HTTPError

_AWAY: Final = frozenset({408, 425, 429, 502, 503, 504})  # whatever the item is
_LONGEST: Final = 200  # characters


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request.

    Attributes:
        said: What came back, in words.
        taken: Whether the receiver took it.
        again: Whether it may take it later.
        away: Whether it would take no other item now either.
        gone: Whether it wants nothing any more.
        after: Seconds that it asks to wait.
        took: Seconds until it came.
    """

    said: str
    taken: bool = False
    again: bool = False
    away: bool = False
    gone: bool = False
    after: float = 0.0
    took: float = 0.0


def outcome_of(status: int, headers: Mapping[str, str], now: float) -> Outcome:
    """Return what a reply means.

    >>> outcome_of(204, {}, 0.0)
    Outcome(said='204 No Content', taken=True, again=False, away=False, gone=False, after=0.0, took=0.0)

    Args:
        status: Its HTTP status.
        headers: Its headers, by names in lower case.
        now: Seconds since the epoch.
    """
    said = f"{status} {_phrase(status)}".strip()
    if 200 <= status < 300:  # noqa: PLR2004 - as HTTP numbers them
        return Outcome(said, taken=True)
    if 300 <= status < 400:  # noqa: PLR2004 - as HTTP numbers them
        location = headers.get("location", "")[:_LONGEST]
        target = shown(location) if "://" in location else "another path of it"
        return Outcome(f"{said}, to {target}; redirects are not followed: give that address")
    after = retry_after_seconds(headers.get("retry-after", ""), now) or 0.0
    if status in _AWAY:
        return Outcome(said, again=True, away=True, after=after)
    if status >= 500:  # noqa: PLR2004 - as HTTP numbers them
        return Outcome(said, again=True, after=after)
    return Outcome(said, gone=status == HTTPStatus.GONE)


def no_answer(seconds: float) -> Outcome:
    """Return what it means that no reply came in time.

    Args:
        seconds: That time.
    """
    return Outcome(f"no answer within {seconds:.3g} s", again=True, away=True)


def outcome_of_error(error: HTTPError, seconds: float) -> Outcome:
    """Return what it means that no reply came.

    Args:
        error: What httpx raised.
        seconds: The time-out.
    """
    import httpx  # it is loaded already, since it raised

    words = without_secrets(one_line(str(error)))[:_LONGEST].rstrip(".") or type(error).__name__
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return Outcome(f"no connection within {seconds:.3g} s", again=True, away=True)
    if isinstance(error, httpx.TimeoutException):
        return no_answer(seconds)
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return Outcome(f"its certificate is not trusted (SSL_CERT_FILE names a file of others): {words}")
    if isinstance(error, httpx.ConnectError):
        return Outcome(f"no connection: {words}", again=True, away=True)
    return Outcome(f"it broke off: {words}", again=True)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
