"""AdaptiveRate: how fast a limit lets asks go. Only arithmetic, without streams, threads or clocks."""

from __future__ import annotations

from math import inf
from typing import Final, Protocol

_MINUTE: Final = 60.0
_DAY: Final = 86_400.0
STEP: Final = 0.125  # of the nominal rate, by which a reduced one recovers
STEP_SECONDS: Final = 10.0
LEAST: Final = 1 / 32  # of the nominal rate: it is never reduced below that
FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 60.0


class Rate(Protocol):
    """What decides how fast a limiter lets asks go; see `AdaptiveRate`, whose methods these are."""

    now: float

    def advance(self, seconds: float) -> None:
        """Move on to the time of the caller's clock, in seconds."""
        ...

    def wait(self, running: int) -> float:
        """Return the seconds after which to call again."""
        ...

    def charge(self, tokens: float) -> int:
        """Charge for a request that is sent now."""
        ...

    def correct(self, tokens: float) -> None:
        """Count more tokens for requests that were sent."""
        ...

    def answered(self, slowdowns: int) -> None:
        """Note an answer."""
        ...

    def refused(self, slowdowns: int, retry_after: float | None) -> None:
        """Note that the model was too busy."""
        ...


class AdaptiveRate:
    """A rate limit that is halved when the model says that it is busy, and recovers step by step.

    Requests are paid for after they are sent: the next one may go as soon as all before it are paid for,
    at the allowed rates. So they go evenly instead of a minute's worth at once. When the model is busy,
    nothing goes for a pause, and the rates and the number of concurrent requests are halved; they recover
    by an eighth of the nominal rate each `STEP_SECONDS`.

    Args:
        requests_per_minute: At most; None for no such limit.
        tokens_per_minute: At most; None for no such limit.
        max_concurrent: Requests in flight, at most; None for no such limit.
        burst: Seconds' worth of the rates that may be sent before it is paid for.

    Attributes:
        now: Seconds on its own clock. It only goes forward: when the caller's clock is set back, it stands still.
        factor: The share of the nominal rate that is allowed now, `LEAST` to 1.
    """

    def __init__(
        self,
        requests_per_minute: float | None,
        tokens_per_minute: float | None,
        max_concurrent: int | None,
        burst: float,
    ) -> None:
        self._request_seconds = _MINUTE / (requests_per_minute or inf)
        self._token_seconds = _MINUTE / (tokens_per_minute or inf)
        self._max_concurrent = max_concurrent or inf
        self._burst = burst
        self.now = 0.0
        self.factor = 1.0
        self._seen: float | None = None
        self._paid = 0.0  # seconds at the nominal rate: at a reduced rate they pass more slowly
        self._requests_until = self._tokens_until = 0.0  # the value of `_paid` at which all that was sent is paid for
        self._paused_until = 0.0
        self._next_step = inf
        self._slowdowns = 0
        self._busy_in_a_row = 0

    @property
    def slowdowns(self) -> int:
        """How often the rates were halved."""
        return self._slowdowns

    def advance(self, seconds: float) -> None:
        """Move on to the time of the caller's clock, in seconds."""
        until = self.now + max(0.0, seconds - (seconds if self._seen is None else self._seen))
        self._seen = seconds
        while self.factor < 1 and self._next_step <= until:
            self._pass(self._next_step)
            self.factor = min(1.0, self.factor + STEP)
            self._next_step += STEP_SECONDS
        self._pass(until)

    def wait(self, running: int) -> float:
        """Return the seconds after which to call again: 0 if a request may go now, infinite if one must end first.

        Args:
            running: Requests in flight.
        """
        step = self._next_step - self.now if self.factor < 1 else inf
        if running + 1 > max(1.0, self._max_concurrent * self.factor):
            return step
        unpaid = max(self._requests_until, self._tokens_until) - self._burst - self._paid
        return max(0.0, self._paused_until - self.now, min(unpaid / self.factor, step))

    def charge(self, tokens: float) -> int:
        """Charge for a request that is sent now.

        Args:
            tokens: What it will cost, estimated.

        Returns:
            The number of slow-downs before it: `answered` and `refused` want it back.
        """
        self._requests_until = max(self._requests_until, self._paid) + self._request_seconds
        self._tokens_until = max(self._tokens_until, self._paid)
        self.correct(tokens)
        return self._slowdowns

    def correct(self, tokens: float) -> None:
        """Count more tokens for requests that were sent, or fewer if negative."""
        self._tokens_until += tokens * self._token_seconds

    def answered(self, slowdowns: int) -> None:
        """Note an answer to a request: unless it was sent before the last slow-down, the model is not busy any more."""
        if slowdowns == self._slowdowns:
            self._busy_in_a_row = 0

    def refused(self, slowdowns: int, retry_after: float | None) -> None:
        """Pause, because the model was too busy for a request, and halve the rates.

        A request that was sent before the last slow-down says nothing new: the rates are not halved again.

        Args:
            slowdowns: What `charge` returned for it.
            retry_after: Seconds that the model asked to wait, if it did.
        """
        pause = 0.0
        if slowdowns == self._slowdowns:
            self._slowdowns += 1
            self.factor = max(LEAST, self.factor / 2)
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._busy_in_a_row, 10))
            self._busy_in_a_row += 1
        if retry_after is not None:
            pause = min(retry_after, _DAY)
        self._paused_until = max(self._paused_until, self.now + pause)
        self._next_step = self._paused_until + STEP_SECONDS

    def _pass(self, until: float) -> None:
        self._paid += (until - self.now) * self.factor
        self.now = until
