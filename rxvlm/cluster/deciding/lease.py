"""Lease: until when a shard may ask models; by a clock that goes on while the machine sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

LEASE_SECONDS: Final = 5.0


def awake_or_asleep() -> float:
    """Return seconds by a clock that goes on while the machine sleeps, where there is one (``CLOCK_BOOTTIME``)."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; macOS's own monotonic clock goes on in its sleep
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Lease:
    """A right that ends by itself unless it is renewed.

    It is renewed by a reading of the holder's own clock that the giver has received: so a renewal that waited in a
    buffer while the holder slept renews nothing, and the giver knows when the lease is over at the latest:
    `LEASE_SECONDS` after it received the newest reading.

    >>> now = 100.0
    >>> lease = Lease(5.0, clock=lambda: now)
    >>> lease.holds
    False
    >>> lease.renew(100.0)
    >>> lease.holds
    True
    >>> now = 105.0
    >>> lease.renew(99.0)
    >>> lease.holds
    False

    Args:
        seconds: How long it lasts, above 0.
        clock: Returns seconds by the holder's clock.
    """

    def __init__(self, seconds: float = LEASE_SECONDS, *, clock: Callable[[], float] = awake_or_asleep) -> None:
        self._seconds, self._clock = seconds, clock
        self._until = -float("inf")
        self._renewed = clock()

    @property
    def holds(self) -> bool:
        """Whether the right lasts at this moment."""
        return self._clock() < self._until

    @property
    def silence(self) -> float:
        """Seconds since it was renewed last, or made."""
        return self._clock() - self._renewed

    def read(self) -> float:
        """Return a reading of the clock, for a later `renew`."""
        return self._clock()

    def renew(self, reading: float) -> None:
        """Let it last until some seconds after a reading of its own clock; it never becomes shorter.

        Args:
            reading: What `read` returned.
        """
        self._renewed = self._clock()
        self._until = max(self._until, reading + self._seconds)
