"""What tests of the fake server share."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from conftest import WATCHDOG


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """Return a client that goes to loopback directly, past the proxies of the machine."""
    with httpx.Client(trust_env=False, timeout=WATCHDOG) as client:
        yield client
