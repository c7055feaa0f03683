"""limit: a model that is not asked more than it allows."""

from __future__ import annotations

from math import inf

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxvlm.clip import Clip
from rxvlm.models.combining.asking import asked, parts
from rxvlm.models.limiting.limiter import Ask, Gate, Question
from rxvlm.models.limiting.rate import Pace
from rxvlm.models.retry import RetryVlm
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.models.wire.tokens import question_tokens
from rxvlm.vlm import Piece, Vlm, check_model


def limit(
    model: Vlm,
    *,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    max_concurrent: int | None = None,
    capacity: int = 100,
    burst: float = 0.1,
) -> Vlm:
    """Ask a model no more than it allows, whoever asks.

    ::

        camera a  --12345----------------     requests_per_minute=60: one a second
        camera b  ----------6-7----------
        asked     --1---2---3---6---4---7     in turn: who was served longest ago is next

    All who share the object share the limit, on whatever threads. Asks that may not go yet wait, and go in turn
    by ``Clip.source``: while a camera waits, no other is served twice. Beyond ``capacity`` the newest of the
    camera with most waiting fails at once, with a `ModelBusyError`. One that is hung up on is forgotten.

    Asks go evenly, as servers count them by the second, too: per minute at most the limit, plus ``burst``
    seconds' worth and one. What an ask costs in tokens is estimated by the rule of Qwen-VL and the mean of the
    answers so far, and corrected by the `Usage` that comes back. Nothing is charged for
    what failed and may be tried again.

    After a `ModelBusyError` of the model nobody is asked for as long as it says, else for 2 s, doubling up to
    60 s. Then the rates and ``max_concurrent`` are half of the nominal ones, and recover
    by an eighth of them every 10 s.

    A waiting ask is begun by whoever makes room, or by a timer on the clock of any that wait: clocks have to tell
    the same time. ``timeout`` and ``max_age`` of ``analyze`` count the waiting, too.

    Args:
        model: The model, or several: of a `fallback`, and of a `structured` one, each question counts once,
            though two may be asked.
        requests_per_minute: At most, above 0; None for no such limit.
        tokens_per_minute: At most, in and out, above 0; None for no such limit.
        max_concurrent: Asks at a time, at least 1; None for no such limit.
        capacity: Asks that wait at most, at least 0.
        burst: Seconds' worth of the rates that may go at once, at least 0: 60 suits a server that counts by
            the minute alone.

    Returns:
        A Vlm of the same name.

    Raises:
        TypeError: If ``model`` is no model.
        ValueError: If there is no limit, a number is out of range, or there is a `retry` inside: it would
            hold a place while it waits, and keep refusals from the limit. Put it outside: ``retry(limit(model))``.
    """
    check_model(model)
    limits = [limit for limit in (requests_per_minute, tokens_per_minute, max_concurrent) if limit is not None]
    if not limits or not all(0 < limit < inf for limit in limits):
        raise ValueError(f"limit needs at least one limit, each above 0 and finite, not {limits or 'none'}")
    if capacity < 0 or not burst >= 0:
        raise ValueError(f"capacity and burst must be at least 0, not {capacity} and {burst}")
    if any(isinstance(part, RetryVlm) for part in parts(model)):
        raise ValueError(f"there is a retry in {model.name}: put it outside, retry(limit(model))")
    return LimitVlm(model, Gate(Pace(requests_per_minute, tokens_per_minute, max_concurrent, burst), capacity))


class LimitVlm:
    """A model that is not asked too much; see `limit`."""

    def __init__(self, model: Vlm, gate: Gate) -> None:
        self.name = model.name
        self.models = (model,)
        self._gate = gate

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Give the same around the model that is held to a schema, within the same limit."""
        return LimitVlm(with_schema(self.models[0], schema), self._gate)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Wait for the turn, and ask."""
        question = Question(clip.source, self.name, question_tokens(clip, prompt), asked(self.models[0], clip, prompt))

        def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
            ask = Ask(self._gate, question, observer, scheduler)
            self._gate.enter(ask)
            return Disposable(ask.leave)

        return Observable(subscribe)
