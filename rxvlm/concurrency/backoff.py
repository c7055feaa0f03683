"""Backoff: how long to wait before the next try."""

from __future__ import annotations

import random

FIRST = 0.25
FACTOR = 2.0
EAGER_SECONDS = 60.0
EAGER_CAP = 2.0
PATIENT_CAP = 30.0


class Backoff:
    """Waits that double from try to try: at most 2 s during the first minute, then at most 30 s, with jitter.

    Jitter shortens each wait by up to a half, so that cameras lost together do not reconnect at the same moments.

    Args:
        seed: Seed of the jitter; None for a random one.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self.reset()

    def reset(self) -> None:
        """Start again with the shortest wait, after a try that worked."""
        self._next = FIRST
        self._waited = 0.0

    def wait(self) -> float:
        """Return the seconds to wait before the next try."""
        cap = EAGER_CAP if self._waited < EAGER_SECONDS else PATIENT_CAP
        full = min(self._next, cap)
        self._next = min(self._next * FACTOR, PATIENT_CAP)
        seconds = full * self._random.uniform(0.5, 1.0)
        self._waited += seconds
        return seconds
