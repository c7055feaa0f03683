"""What Retry-After says."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from rxvlm.network.retry_after import retry_after_seconds

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2", 2.0), ("-1", 0.0), (formatdate(NOW + 30, usegmt=True), 30.0), (formatdate(NOW - 30, usegmt=True), 0.0)],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float) -> None:
    """A date in the past is 0 seconds."""
    assert retry_after_seconds(text, NOW) == seconds


@pytest.mark.parametrize("text", ["", "soon", "2, 3"])
def test_what_is_neither_is_not_said(text: str) -> None:
    """A header that cannot be read counts as none."""
    assert retry_after_seconds(text, NOW) is None
