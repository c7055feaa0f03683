"""retry: a model that is asked again when it fails at something that passes."""

from __future__ import annotations

import random
from dataclasses import dataclass

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable

from rxvlm.clip import Clip
from rxvlm.concurrency.timers import clock_of, seconds_of
from rxvlm.errors import ModelError
from rxvlm.models.combining.asking import parts, whole
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.vlm import Piece, Vlm, check_model

MOST_ATTEMPTS = 50


def retry(
    model: Vlm,
    *,
    attempts: int = 4,
    first: float = 1.0,
    longest: float = 60.0,
    max_age: float | None = None,
    seed: int | None = None,
) -> Vlm:
    """Ask a model again when it fails at something that passes.

    ::

        model   ---#     ----#         ---a|      waits: up to 1 s, up to 2 s, up to 4 s, ...
        answer  --------------------------a|

    Only a `ModelError` that is ``retryable`` is worth another try: nothing of the request
    goes on, or is billed. The wait is a random share of a bound that doubles with each failure;
    where the model says how long to wait, that long and the random share on top. The answer is given
    when it is whole, so of one that failed half way nothing is; an empty one is a failure.

    Put it outside `limit`, ``retry(limit(model))``: so a try that waits holds no place.

    Args:
        model: The model.
        attempts: Tries in all, 1 to `MOST_ATTEMPTS`.
        first: Seconds that the first wait takes at most, above 0.
        longest: Seconds that the random share takes at most. A model that asks for more is not
            asked again: its error is the answer.
        max_age: Seconds since the end of what was filmed, after which no try is begun; None: no
            limit, nor for files. The first try is made in any case.
        seed: Of the random shares; None for one of the system's.

    Returns:
        A Vlm of the same name; its waits are on the clock of the subscription, and disposing ends them.

    Raises:
        TypeError: If ``model`` is no model.
        ValueError: If a number is out of range, or there is a `retry` inside: the tries would multiply.
    """
    check_model(model)
    if not 1 <= attempts <= MOST_ATTEMPTS:
        raise ValueError(f"attempts must be 1 to {MOST_ATTEMPTS}, not {attempts}")
    if not 0 < first <= longest:
        raise ValueError(f"first must be above 0 and at most longest, not {first} and {longest} seconds")
    if max_age is not None and not max_age > 0:
        raise ValueError(f"max_age must be above 0 seconds, not {max_age}")
    if any(isinstance(part, RetryVlm) for part in parts(model)):
        raise ValueError(f"there is a retry in {model.name} already: their attempts would multiply")
    share = random.Random(seed)  # noqa: S311 - not for secrets
    return RetryVlm(model, Waits(attempts, first, longest, max_age, share))


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait for the next try; see `retry` for its numbers."""

    attempts: int
    first: float
    longest: float
    max_age: float | None
    share: random.Random

    def most(self, tried: int) -> float:
        """Give the bound of the random share after so many tries, in seconds.

        >>> [Waits(9, 1.0, 5.0, None, random.Random()).most(tried) for tried in (1, 2, 3, 4, 5)]
        [1.0, 2.0, 4.0, 5.0, 5.0]
        """
        return min(self.longest, self.first * 2.0 ** (tried - 1))

    def after(self, error: Exception, tried: int, age: float | None) -> float | None:
        """Give the seconds to wait, None where there is no next try.

        Args:
            error: What the last try failed with.
            tried: Tries so far.
            age: Seconds since the end of what was filmed; None for a file.
        """
        if tried >= self.attempts or not (isinstance(error, ModelError) and error.retryable):
            return None
        told = error.retry_after or 0.0
        wait = told + self.share.uniform(0.0, self.most(tried))
        late = self.max_age is not None and age is not None and age + wait > self.max_age
        return None if late or told > self.longest else wait


class RetryVlm:
    """A model that is asked again; see `retry`."""

    def __init__(self, model: Vlm, waits: Waits) -> None:
        self.name = model.name
        self.models = (model,)
        self._waits = waits

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Give the same around the model that is held to a schema."""
        return RetryVlm(with_schema(self.models[0], schema), self._waits)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask until there is a whole answer, or no use in asking."""
        return reactivex.defer(lambda scheduler: self._ask(clip, prompt, clock_of(scheduler), 1))

    def _ask(self, clip: Clip, prompt: str, clock: SchedulerBase, tried: int) -> Observable[Piece]:
        def failed(error: Exception, _source: Observable[Piece]) -> Observable[Piece]:
            age = None if clip.captured is None else seconds_of(clock) - clip.captured
            wait = self._waits.after(error, tried, age)
            if wait is None:
                return reactivex.throw(error)
            return _later(wait, clock, self._ask(clip, prompt, clock, tried + 1))

        return whole(self.models[0], clip, prompt).pipe(ops.catch(failed))


def _later(seconds: float, clock: SchedulerBase, answer: Observable[Piece]) -> Observable[Piece]:
    def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
        call = SingleAssignmentDisposable()

        def begin(_scheduler: SchedulerBase, _state: object) -> None:
            if not call.is_disposed:
                call.disposable = answer.subscribe(observer, scheduler=scheduler)

        return CompositeDisposable(clock.schedule_relative(seconds, begin), call)

    return Observable(subscribe)
