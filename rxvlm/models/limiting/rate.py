"""The arithmetic of a limit, apart from any stream: how fast, how many tokens, whose turn."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import count
from math import inf
from typing import Final, Generic, TypeVar

from rxvlm.vlm import Usage

_MINUTE: Final = 60.0
_DAY: Final = 86_400.0
STEP: Final = 0.125  # of the nominal rate, by which a slowed one recovers
STEP_SECONDS: Final = 10.0
LEAST: Final = 1 / 32  # of the nominal rate, at least
FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 60.0
_MOST_SOURCES = 1000  # whose turns are remembered
_FIRST_OUTPUT = 200.0  # tokens, as long as no answer has come
_LEAST_SHARE = 0.1  # of the newest answer in the running means

_T = TypeVar("_T", bound=Hashable)


class Pace:
    """How fast and how many at a time may be sent; slower after a refusal, and step by step as before.

    Whoever is sent pays afterwards: the next may go once all before it is paid for, by the rates. So
    asks go evenly instead of a minute's worth at once. A refusal makes a pause, and halves
    the rates and the number at a time; they recover by an eighth of the nominal each `STEP_SECONDS`.

    Args:
        requests_per_minute: At most; None for no such limit.
        tokens_per_minute: At most; None for no such limit.
        max_concurrent: At a time; None for no such limit.
        burst: Seconds' worth that may go without having been paid for.

    Attributes:
        now: Seconds on its own clock: those that passed, of a clock that was set back none.
        factor: The share of the nominal that is allowed now.
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
        self._paid = 0.0  # seconds that count for payment: of a slowed one not all
        self._requests_until = self._tokens_until = 0.0  # on that count, when what was sent is paid for
        self._paused_until = 0.0
        self._next_step = inf
        self._spell = 0  # how often it was slowed down
        self._refusals = 0  # in a row

    def advance(self, seconds: float) -> None:
        """Hear what time it is on the clock of whoever looks, in seconds."""
        until = self.now + max(0.0, seconds - (seconds if self._seen is None else self._seen))
        self._seen = seconds
        while self.factor < 1 and self._next_step <= until:
            self._pass(self._next_step)
            self.factor = min(1.0, self.factor + STEP)
            self._next_step += STEP_SECONDS
        self._pass(until)

    def wait(self, running: int) -> float:
        """Give the seconds until another look is worth while: 0 if the next may go; infinite if one must end first."""
        step = self._next_step - self.now if self.factor < 1 else inf
        if running + 1 > max(1.0, self._max_concurrent * self.factor):
            return step
        unpaid = max(self._requests_until, self._tokens_until) - self._burst - self._paid
        return max(0.0, self._paused_until - self.now, min(unpaid / self.factor, step))

    def take(self, tokens: float) -> int:
        """Send one that will cost so many tokens; give the spell in which it is sent."""
        self._requests_until = max(self._requests_until, self._paid) + self._request_seconds
        self._tokens_until = max(self._tokens_until, self._paid)
        self.correct(tokens)
        return self._spell

    def correct(self, tokens: float) -> None:
        """Hear that what was sent costs so many tokens more, or fewer."""
        self._tokens_until += tokens * self._token_seconds

    def answered(self, spell: int) -> None:
        """Hear that one sent in that spell was answered."""
        if spell == self._spell:
            self._refusals = 0

    def refused(self, spell: int, retry_after: float | None) -> None:
        """Hear that one sent in that spell was too much; those sent before the last slowing down say nothing new."""
        pause = 0.0
        if spell == self._spell:
            self._spell += 1
            self.factor = max(LEAST, self.factor / 2)
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._refusals, 10))
            self._refusals += 1
        if retry_after is not None:
            pause = min(retry_after, _DAY)
        self._paused_until = max(self._paused_until, self.now + pause)
        self._next_step = self._paused_until + STEP_SECONDS

    def _pass(self, until: float) -> None:
        self._paid += (until - self.now) * self.factor
        self.now = until


class Estimate:
    """How many tokens a question will cost, learned from what those before it did."""

    def __init__(self) -> None:
        self._scale = 1.0
        self._output = _FIRST_OUTPUT
        self._answers = 0

    def tokens(self, question: float) -> float:
        """Give the tokens, in and out, of a question that the rule puts at so many in."""
        return question * self._scale + self._output

    def learn(self, question: float, usage: Usage) -> None:
        """Hear what a question, that the rule put at so many, did cost."""
        self._answers += 1
        share = max(_LEAST_SHARE, 1 / self._answers)
        self._output += share * (usage.output - self._output)
        if usage.input > 0:
            self._scale += share * (usage.input / question - self._scale)


class Turns(Generic[_T]):
    """Who waits, in turn by source: next is the oldest of the source that was served longest ago.

    So while somebody waits, no other source is served twice.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, dict[_T, None]] = {}
        self._served: dict[str, int] = {}
        self._number = count(1)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def __iter__(self) -> Iterator[_T]:
        for items in self._waiting.values():
            yield from items

    def add(self, source: str, item: _T) -> None:
        """Let one wait."""
        self._waiting.setdefault(source, {})[item] = None

    def take(self) -> _T:
        """Serve the next."""
        source = min(self._waiting, key=self._last_served)
        self._served.pop(source, None)
        self._served[source] = next(self._number)
        if len(self._served) > _MOST_SOURCES:
            del self._served[next(iter(self._served))]
        item = next(iter(self._waiting[source]))
        self.discard(source, item)
        return item

    def push_out(self) -> _T:
        """Turn one away: the newest of the source with most waiting, of several such the last in turn."""
        last_first = reversed(self._waiting)
        source = max(last_first, key=lambda source: (len(self._waiting[source]), self._last_served(source)))
        item = next(reversed(self._waiting[source]))
        self.discard(source, item)
        return item

    def discard(self, source: str, item: _T) -> bool:
        """Forget one; give whether it waited."""
        items = self._waiting.get(source, {})
        if item not in items:
            return False
        del items[item]
        if not items:
            del self._waiting[source]
        return True

    def _last_served(self, source: str) -> int:
        return self._served.get(source, 0)
