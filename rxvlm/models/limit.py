"""limit: ask a model no faster than its provider allows."""

from __future__ import annotations

from math import inf

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxvlm.arguments import check_at_least, check_not_negative, check_number, suggest_options
from rxvlm.clip import Clip
from rxvlm.models.combining.nesting import models_in
from rxvlm.models.limiting.limiter import LimitedAsk, Limiter, Request
from rxvlm.models.limiting.rate import AdaptiveRate
from rxvlm.models.retry import RetryVlm
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.models.wire.tokens import question_tokens
from rxvlm.vlm import Piece, Value, Vlm, ask_model, check_model


@suggest_options({"rpm": ": did you mean 'requests_per_minute'?", "tpm": ": did you mean 'tokens_per_minute'?"})
def limit(
    model: Vlm[Value],
    *,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    max_concurrent: int | None = None,
    capacity: int = 100,
    burst: float = 0.1,
) -> Vlm[Value]:
    """Ask a model no faster than its provider allows, for all cameras and threads together.

    ::

        camera a  --12345--------------------
        camera b  -----------6-7-------------
        asked     --1---2---3---6---4---7---5

    Here ``requests_per_minute=60``, and a character is a quarter of a second: one question a second is asked, in turn.
    The camera that was served longest ago is next.

    The limit holds for all subscribers of the returned object, on all threads. Other asks wait, and
    are sent in turn by ``Clip.source``: while a camera waits, no other camera is served twice. When more than
    ``capacity`` asks wait, the newest ask of the camera with the most waiting asks fails at once, with a
    `ModelBusyError`. An ask that is disposed of stops waiting.

    Asks are spread evenly, because servers also count by the second: in any minute at most the limit is sent, plus
    the asks of ``burst`` seconds, plus one. The tokens of an ask are estimated by the rule of Qwen-VL and the mean of
    the answers so far, and corrected by the `Usage` of the answer. A question that failed and may be tried again is
    not counted.

    After a `ModelBusyError` of the model, nothing is asked for the time that the error says. If it says none, the pause
    is 2 s, doubling up to 60 s. Then the rates and ``max_concurrent`` are half of the nominal ones, and recover by an
    eighth of them every 10 s.

    A waiting ask begins on the thread of the ask that ends before it, or by a timer on the clock of a waiting ask: so
    all clocks must show the same time. ``timeout`` and ``max_age`` of ``analyze`` include the waiting.

    Args:
        model: The model. A question to a `fallback` or a `structured` model counts once, though it may become
            two requests.
        requests_per_minute: The most requests in a minute, above 0; None for no such limit.
        tokens_per_minute: The most tokens in a minute, input and output together, above 0; None for no such limit.
        max_concurrent: Asks in flight, at least 1; None for no such limit.
        capacity: How many asks may wait, at least 0.
        burst: The asks of this number of seconds may be sent at once, at least 0; 60 is right for a server that counts
            by the minute only.

    Returns:
        A Vlm of the same name.

    Raises:
        TypeError: If ``model`` is not a model.
        ValueError: If there is no limit, a number is out of range, or there is a `retry` inside: it would hold
            a place while it waits, and hide from the limit that the model is busy. Put it outside:
            ``retry(limit(model))``.
    """
    check_model(model)
    _check_limits(
        requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute, max_concurrent=max_concurrent
    )
    check_at_least("capacity", capacity, 0)
    check_not_negative("burst", burst, "seconds")
    if any(isinstance(part, RetryVlm) for part in models_in(model)):
        raise ValueError(f"there is a retry in {model.name}: put it outside, retry(limit(model))")
    rate = AdaptiveRate(requests_per_minute, tokens_per_minute, max_concurrent, burst)
    return LimitVlm(model, Limiter(rate, capacity))


def _check_limits(**limits: float | None) -> None:
    """Check that there is a limit, and that each that there is can be kept."""
    wrong = [] if any(limit is not None for limit in limits.values()) else [f"{', '.join(limits)} are None"]
    for name, limit in limits.items():
        if limit is not None:
            check_number(name, limit)
            wrong += [] if 0 < limit < inf else [f"{name} is {limit}"]
    if wrong:
        raise ValueError(f"limit needs at least one limit, each above 0 and finite, but {' and '.join(wrong)}")


class LimitVlm:
    """A model behind a limit; see `limit`."""

    def __init__(self, model: Vlm, limiter: Limiter) -> None:
        self.name = model.name
        self.models = (model,)
        self.limiter = limiter

    def __repr__(self) -> str:
        return f"limit({', '.join(map(repr, self.models))})"

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Return the same limit around the inner model with a schema; both models share it."""
        return LimitVlm(with_schema(self.models[0], schema), self.limiter)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask when the limit allows it."""
        tokens = question_tokens(clip, prompt)
        request = Request(clip, prompt, self.name, tokens, ask_model(self.models[0], clip, prompt))

        def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
            ask = LimitedAsk(self.limiter, request, observer, scheduler)
            self.limiter.enter(ask)
            return Disposable(ask.leave)

        return Observable(subscribe)

    def in_flight_since(self, clip: Clip, prompt: str) -> float | None:
        """Return when the newest ask of a question that is in flight was let go; None if none is; see `HoldsBack`."""
        return self.limiter.in_flight_since(clip, prompt)
