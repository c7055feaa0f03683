"""retry: ask a model again after a transient error."""

from __future__ import annotations

import random
from dataclasses import dataclass

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import check_above_zero, check_integer, suggest_options
from rxvlm.clip import Clip
from rxvlm.concurrency.later import subscribe_later
from rxvlm.concurrency.timers import clock_of, now_in_seconds
from rxvlm.errors import ModelError
from rxvlm.models.breaker import BreakerVlm
from rxvlm.models.combining.nesting import models_in
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.vlm import Piece, Value, Vlm, ask_model_whole, check_model

MOST_ATTEMPTS = 50


@suggest_options()
def retry(
    model: Vlm[Value],
    *,
    attempts: int = 4,
    first: float = 1.0,
    longest: float = 60.0,
    max_age: float | None = None,
    seed: int | None = None,
) -> Vlm[Value]:
    """Ask a model again after a transient error.

    ::

        model   ---#   ----#       ---a|
        answer  -----------------------(a,|)

    The waits between the attempts are up to 1 s, up to 2 s, up to 4 s and so on; a character is a quarter of a second.

    Only a `ModelError` that is ``retryable`` leads to another attempt: the server has not worked on the request
    and will not bill it. The wait is exponential back-off with full jitter: a random share of a bound that doubles
    with each failure. If the error says how long to wait, the random share is added to that time. The pieces are
    emitted when the answer is complete, so an answer that failed half-way emits none. An empty answer is
    a failure.

    Put it outside `limit` and inside `breaker`, ``breaker(retry(limit(model)))``: then an attempt that waits does not
    hold a place in the limit, and a question counts once in the breaker.

    Args:
        model: The model.
        attempts: How often the model is asked, including the first time, 1 to `MOST_ATTEMPTS`.
        first: The bound of the first wait in seconds, above 0.
        longest: The highest bound, in seconds. If the model wants a longer wait than this, it is not asked
            again: its error is the result.
        max_age: Seconds since the end of the clip was captured, after which no further attempt begins. The first
            attempt always begins. None for no limit; files have no limit either.
        seed: Seed of the random shares; None for a random one.

    Returns:
        A Vlm of the same name. It waits on the scheduler of the subscription; disposing ends the wait.

    Raises:
        TypeError: If ``model`` is not a model.
        ValueError: If a number is out of range, or there is a `retry` inside (the attempts would multiply) or a
            `breaker`.
    """
    check_model(model)
    check_integer("attempts", attempts)
    for name, seconds in {"first": first, "longest": longest, "max_age": 1.0 if max_age is None else max_age}.items():
        check_above_zero(name, seconds, "seconds")
    if seed is not None:
        check_integer("seed", seed)
    if not 1 <= attempts <= MOST_ATTEMPTS:
        raise ValueError(f"attempts must be 1 to {MOST_ATTEMPTS}, not {attempts}")
    if first > longest:
        raise ValueError(f"first must be at most longest, not {first} and {longest} seconds")
    if any(isinstance(part, RetryVlm) for part in models_in(model)):
        raise ValueError(f"there is a retry in {model.name} already: their attempts would multiply")
    if any(isinstance(part, BreakerVlm) for part in models_in(model)):
        raise ValueError(
            f"a retry outside a breaker, in {model.name}, would ask a model that is down; "
            "the order is fallback(breaker(retry(limit(m))), other)"
        )
    share = random.Random(seed)  # noqa: S311 - jitter, not a secret
    return RetryVlm(model, RetryPolicy(attempts, first, longest, max_age, share))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Whether there is a next attempt, and when; the attributes are the arguments of `retry`."""

    attempts: int
    first: float
    longest: float
    max_age: float | None
    share: random.Random

    def bound(self, tried: int) -> float:
        """Return the bound of the random wait after a number of attempts, in seconds.

        >>> [RetryPolicy(9, 1.0, 5.0, None, random.Random()).bound(tried) for tried in (1, 2, 3, 4, 5)]
        [1.0, 2.0, 4.0, 5.0, 5.0]
        """
        return min(self.longest, self.first * 2.0 ** (tried - 1))

    def wait_after(self, error: Exception, tried: int, age: float | None) -> float | None:
        """Return the seconds to wait before the next attempt, or None if there is none.

        Args:
            error: The error of the last attempt.
            tried: Attempts so far.
            age: Seconds since the end of the clip was captured; None for a file.
        """
        if tried >= self.attempts or not (isinstance(error, ModelError) and error.retryable):
            return None
        told = error.retry_after or 0.0
        wait = told + self.share.uniform(0.0, self.bound(tried))
        late = self.max_age is not None and age is not None and age + wait > self.max_age
        return None if late or told > self.longest else wait


class RetryVlm:
    """A model that is asked again after an error; see `retry`."""

    def __init__(self, model: Vlm, policy: RetryPolicy) -> None:
        self.name = model.name
        self.models = (model,)
        self._policy = policy
        self.failing: dict[str, str] = {}  # by camera, the last error of a question that is asked again

    def __repr__(self) -> str:
        return f"retry({', '.join(map(repr, self.models))})"

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Return a retry with the same policy around the inner model with a schema."""
        return RetryVlm(with_schema(self.models[0], schema), self._policy)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask until an answer is complete, or an error does not lead to another attempt."""
        return reactivex.defer(lambda scheduler: self._ask(clip, prompt, clock_of(scheduler), 1))

    def _ask(self, clip: Clip, prompt: str, clock: SchedulerBase, tried: int) -> Observable[Piece]:
        def failed(error: Exception, _source: Observable[Piece]) -> Observable[Piece]:
            age = None if clip.captured is None else now_in_seconds(clock) - clip.captured
            wait = self._policy.wait_after(error, tried, age)
            if wait is None:
                self.failing.pop(clip.source, None)
                return reactivex.throw(error)
            self.failing[clip.source] = str(error) or type(error).__name__
            return subscribe_later(self._ask(clip, prompt, clock, tried + 1), clock, wait)

        def answered() -> None:
            self.failing.pop(clip.source, None)

        return ask_model_whole(self.models[0], clip, prompt).pipe(
            ops.do_action(on_completed=answered), ops.catch(failed)
        )
