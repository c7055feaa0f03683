"""round_robin: models in turn, without those that fail for a while."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.clip import Clip
from rxvlm.concurrency.timers import clock_of, seconds_of
from rxvlm.errors import ModelError, ModelRefusedError
from rxvlm.models.combining.asking import asked, signed
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.vlm import Piece, Vlm, check_model

MOST_DOUBLINGS = 4


def round_robin(*models: Vlm, rest: float = 30.0, failures: int = 1) -> Vlm:
    """Ask models in turn, and pass over one that fails for a while.

    ::

        asked    a  b  c  a  b  -  a  b  -  a      c failed: it rests
                          c tries again after its rest, and rests twice as long if it fails again

    An error that blames the model counts: all but a `ModelRefusedError`, which is about the clip. It is
    the answer to that question; ``fallback(turns, turns)`` asks the next model instead. A rest
    is ``rest`` seconds, twice as many each time in a row up to 16 times, and not
    shorter than the model asks to be left alone. When all rest, the one is asked that rests
    least long. What was asked before a rest began changes nothing about it. A model that is hung up on
    is not blamed: give it a time-out below that of ``analyze``.

    Pieces come as they are said, ``Piece.model`` says by whom. All who share the object share turns and
    rests; their clocks have to tell the same time.

    Args:
        *models: The models, at least one.
        rest: Seconds of the first rest, above 0.
        failures: After how many failures in a row a model rests, at least 1.

    Returns:
        A Vlm; its name is theirs with "/" between.

    Raises:
        TypeError: If one is no model.
        ValueError: If there is no model, or a number is out of range.
    """
    for model in models:
        check_model(model)
    if not models:
        raise ValueError("round_robin needs at least one model")
    if not rest > 0 or failures < 1:
        raise ValueError(f"rest must be above 0 seconds and failures at least 1, not {rest} and {failures}")
    return RoundRobinVlm(models, Ring(len(models), rest, failures))


@dataclass(slots=True)
class _Place:
    """How a model has fared: ``rests`` in all, and in a row; the last one began at ``since``."""

    failures: int = 0
    rests: int = 0
    in_a_row: int = 0
    since: float = 0.0
    length: float = 0.0

    def left(self, now: float) -> float:
        """Give the seconds that it rests yet; a clock that was set back ends the rest."""
        passed = now - self.since
        return self.length - passed if 0 <= passed < self.length else 0.0


class Ring:
    """Whose turn it is, and who rests; for any thread.

    Args:
        count: How many there are.
        rest: Seconds of the first rest.
        failures: After how many failures in a row.
    """

    def __init__(self, count: int, rest: float, failures: int) -> None:
        self._places = [_Place() for _ in range(count)]
        self._rest, self._failures = rest, failures
        self._turn = 0
        self._lock = threading.Lock()

    def choose(self, now: float) -> tuple[int, int]:
        """Give whose turn it is, and how often that one has rested."""
        with self._lock:
            count = len(self._places)
            order = [(self._turn + step) % count for step in range(count)]
            chosen = min(order, key=lambda at: self._places[at].left(now))  # of equals the first
            self._turn = chosen + 1
            return chosen, self._places[chosen].rests

    def failed(self, at: int, rests: int, now: float, least: float) -> None:
        """Hear that one failed, and wants to be left alone for at least so many seconds."""
        with self._lock:
            place = self._places[at]
            if place.rests != rests:
                return
            place.failures += 1
            if place.failures < self._failures:
                return
            place.since, place.length = now, max(least, self._rest * 2 ** min(place.in_a_row, MOST_DOUBLINGS))
            place.rests += 1
            place.in_a_row += 1

    def answered(self, at: int, rests: int) -> None:
        """Hear that one answered."""
        with self._lock:
            place = self._places[at]
            if place.rests == rests:
                place.failures = place.in_a_row = 0
                place.length = 0.0


class RoundRobinVlm:
    """Models that are asked in turn; see `round_robin`."""

    def __init__(self, models: tuple[Vlm, ...], ring: Ring) -> None:
        self.name = "/".join(model.name for model in models)
        self.models = models
        self._ring = ring

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Give the same of the models that are held to a schema; turns and rests are shared."""
        return RoundRobinVlm(tuple(with_schema(model, schema) for model in self.models), self._ring)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask the one whose turn it is."""
        return reactivex.defer(lambda scheduler: self._ask(clip, prompt, clock_of(scheduler)))

    def _ask(self, clip: Clip, prompt: str, clock: SchedulerBase) -> Observable[Piece]:
        at, rests = self._ring.choose(seconds_of(clock))
        model = self.models[at]

        def failed(error: Exception) -> None:
            if not isinstance(error, ModelRefusedError):
                least = error.retry_after if isinstance(error, ModelError) else None
                self._ring.failed(at, rests, seconds_of(clock), least or 0.0)

        def answered() -> None:
            self._ring.answered(at, rests)

        return asked(model, clip, prompt).pipe(ops.do_action(None, failed, answered), ops.map(signed(model)))
