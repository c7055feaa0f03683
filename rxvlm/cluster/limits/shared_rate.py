"""SharedRate: the rate of a limit that all shards share, as the limiter of one shard sees it."""

from __future__ import annotations

import threading
from typing import Final

from rxvlm.cluster.limits.wish import Granted, Wish
from rxvlm.models.limiting.limiter import Limiter
from rxvlm.models.limiting.rate import AdaptiveRate

BATCH: Final = 8
"""How many requests are granted at once, at most."""
_LOOK_SECONDS: Final = 0.25
_UNUSED_SECONDS: Final = 1.0  # after which what was granted and not sent is given up


class SharedRate:
    """What was granted to one shard, in place of an `AdaptiveRate` of its own. Any thread may call it.

    Args:
        key: Which limit.
        own: The rate as it was made.
        shard: The number of the shard.
        limiter: The limiter that it decides for.
        wanted: Set when more is wanted.
    """

    def __init__(self, key: str, own: AdaptiveRate, shard: int, limiter: Limiter, wanted: threading.Event) -> None:
        self.now = 0.0
        self.due = 0.0  # before then it is not asked again, in seconds of the caller's clock
        self._key, self._own, self._shard = key, own, shard
        self._limiter, self._wanted = limiter, wanted
        self._lock = threading.Lock()
        self._granted = self._slowdowns = 0
        self._since = 0.0  # when it was granted
        self._tokens, self._each = 0.0, 0.0  # what the newest request costs, and what those granted were taken to cost
        self._correction = 0.0
        self._answered: list[int] = []
        self._refused: list[tuple[int, float | None]] = []

    def advance(self, seconds: float) -> None:
        """Move on to the time of the caller's clock, in seconds."""
        with self._lock:
            self.now = max(self.now, seconds)

    def wait(self, running: int) -> float:
        """Return 0 if a request may go now, else when to look again; more is asked for meanwhile."""
        _ = running  # the keeper counts those of all shards
        with self._lock:
            if self._granted:
                return 0.0
        self._wanted.set()
        return _LOOK_SECONDS

    def charge(self, tokens: float) -> int:
        """Take one of the requests that were granted."""
        with self._lock:
            self._granted -= 1
            self._correction += tokens - self._each
            self._tokens = tokens
            return self._slowdowns

    def correct(self, tokens: float) -> None:
        """Count more tokens for requests that were sent."""
        with self._lock:
            self._correction += tokens

    def answered(self, slowdowns: int) -> None:
        """Note an answer; the keeper is told with the next wish."""
        with self._lock:
            self._answered = [slowdowns]  # only the newest matters

    def refused(self, slowdowns: int, retry_after: float | None) -> None:
        """Note that the model was too busy: what was granted is given up, and the keeper is told at once."""
        with self._lock:
            self._refused.append((slowdowns, retry_after))
            self._granted = 0
            self.due = 0.0
        self._wanted.set()

    def wish(self, now: float) -> Wish:
        """Return what it wants now.

        Args:
            now: Seconds of the caller's clock.
        """
        waiting, running = self._limiter.load
        with self._lock:
            if self._granted and now - self._since > _UNUSED_SECONDS:
                self._granted = 0
            want = max(0, min(BATCH, waiting) - self._granted) if now >= self.due else 0
            answered, self._answered = self._answered, []
            refused, self._refused = self._refused, []
            correction, self._correction = self._correction, 0.0
            held = running + self._granted
            facts = (want, self._tokens, held, correction, tuple(answered), tuple(refused))
        return Wish(self._key, self._own, self._shard, *facts)

    def take(self, wish: Wish, granted: Granted, now: float) -> None:
        """Take what was granted, and let asks go."""
        with self._lock:
            self._granted += granted.requests
            self._slowdowns, self._each = granted.slowdowns, wish.tokens
            self._since = now if granted.requests else self._since
            self.due = now + granted.wait if granted.requests < wish.want else now
        if granted.requests:
            self._limiter.wake()
