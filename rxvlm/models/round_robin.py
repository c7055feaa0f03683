"""round_robin: ask models in turn; skip a failing model for some time."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import check_above_zero, check_at_least, suggest_options
from rxvlm.clip import Clip
from rxvlm.concurrency.timers import clock_of, now_in_seconds
from rxvlm.errors import ModelError, ModelRefusedError
from rxvlm.models.combining.nesting import signed_by
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.vlm import Piece, Value, Vlm, ask_model, check_model

MOST_DOUBLINGS = 4


@suggest_options()
def round_robin(*models: Vlm[Value], rest: float = 30.0, failures: int = 1) -> Vlm[Value]:
    """Ask models in turn; skip a failing model for some time.

    ::

        asked  a b c a b a b a b c a

    Here c failed when it was first asked: it rests, and only a and b are asked. After its rest c is asked again. If it
    fails again, it rests twice as long.

    Every error counts as a failure of the model, except `ModelRefusedError`, which is about the clip. The error is
    the result of that question; ``fallback(turns, turns)`` asks the next model instead. A rest lasts
    ``rest`` seconds, twice as long each time in a row, up to 16 times, and at least as long as the error's
    ``retry_after``. When all models rest, the one whose rest ends first is asked. If a question was asked before a rest
    began, its outcome does not change the rest. A question that is disposed of is not a failure. So set the time-out of
    each model below the ``timeout`` of ``analyze``; otherwise a model that hangs never rests.

    Pieces are emitted as they come; ``Piece.model`` says which model they are from. All subscribers of the
    returned object share its turns and rests; their clocks must show the same time.

    Args:
        *models: The models, at least one.
        rest: Seconds of the first rest, above 0.
        failures: How many failures in a row begin a rest, at least 1.

    Returns:
        A Vlm; its name is their names, joined by "/".

    Raises:
        TypeError: If one of them is not a model.
        ValueError: If there is no model, or a number is out of range.
    """
    for model in models:
        check_model(model)
    if not models:
        raise ValueError("round_robin needs at least one model")
    check_above_zero("rest", rest, "seconds")
    check_at_least("failures", failures, 1)
    return RoundRobinVlm(models, Rotation(len(models), rest, failures))


@dataclass(slots=True)
class _ModelState:
    """The failures and rests of one model.

    Attributes:
        failures: In a row, since the last answer or rest.
        rests: Rests so far.
        in_a_row: Rests since the last answer.
        since: When the last rest began, in seconds.
        length: Of the last rest, in seconds; 0 if an answer has ended it.
    """

    failures: int = 0
    rests: int = 0
    in_a_row: int = 0
    since: float = 0.0
    length: float = 0.0

    def left(self, now: float) -> float:
        """Return the seconds until the rest ends, 0 if there is none; a clock that is set back ends it."""
        passed = now - self.since
        return self.length - passed if 0 <= passed < self.length else 0.0


class Rotation:
    """Decides which model is asked next, and which models rest. Thread-safe.

    Args:
        count: Number of models.
        rest: Seconds of the first rest.
        failures: How many failures in a row begin a rest.
    """

    def __init__(self, count: int, rest: float, failures: int) -> None:
        self._states = [_ModelState() for _ in range(count)]
        self._rest, self._failures = rest, failures
        self._turn = 0
        self._lock = threading.Lock()

    def choose(self, now: float) -> tuple[int, int]:
        """Return the index of the model to ask, and how often it has rested: `failed` and `answered` take both."""
        with self._lock:
            count = len(self._states)
            order = [(self._turn + step) % count for step in range(count)]
            chosen = min(order, key=lambda at: self._states[at].left(now))  # the first of equals
            self._turn = chosen + 1
            return chosen, self._states[chosen].rests

    def failed(self, at: int, rests: int, now: float, least: float) -> None:
        """Record a failure; if a rest begins, it lasts at least ``least`` seconds."""
        with self._lock:
            state = self._states[at]
            if state.rests != rests:
                return
            state.failures += 1
            if state.failures < self._failures:
                return
            state.since, state.length = now, max(least, self._rest * 2 ** min(state.in_a_row, MOST_DOUBLINGS))
            state.rests += 1
            state.in_a_row += 1

    def answered(self, at: int, rests: int) -> None:
        """Record an answer: it ends the row of failures and rests."""
        with self._lock:
            state = self._states[at]
            if state.rests == rests:
                state.failures = state.in_a_row = 0
                state.length = 0.0


class RoundRobinVlm:
    """Models that are asked in turn; see `round_robin`."""

    def __init__(self, models: tuple[Vlm, ...], rotation: Rotation) -> None:
        self.name = "/".join(model.name for model in models)
        self.models = models
        self._rotation = rotation

    def __repr__(self) -> str:
        return f"round_robin({', '.join(map(repr, self.models))})"

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Return a round robin of the same models, each with the schema; both share turns and rests."""
        return RoundRobinVlm(tuple(with_schema(model, schema) for model in self.models), self._rotation)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask the model whose turn it is."""
        return reactivex.defer(lambda scheduler: self._ask(clip, prompt, clock_of(scheduler)))

    def _ask(self, clip: Clip, prompt: str, clock: SchedulerBase) -> Observable[Piece]:
        at, rests = self._rotation.choose(now_in_seconds(clock))
        model = self.models[at]

        def failed(error: Exception) -> None:
            if not isinstance(error, ModelRefusedError):
                least = error.retry_after if isinstance(error, ModelError) else None
                self._rotation.failed(at, rests, now_in_seconds(clock), least or 0.0)

        def answered() -> None:
            self._rotation.answered(at, rests)

        return ask_model(model, clip, prompt).pipe(ops.do_action(None, failed, answered), ops.map(signed_by(model)))
