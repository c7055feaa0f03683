"""breaker: a model that is not asked while its server is down (a circuit breaker)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Final

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable, SingleAssignmentDisposable

from rxvlm.arguments import check_above_zero, check_at_least, suggest_options
from rxvlm.clip import Clip
from rxvlm.concurrency.timers import clock_of, now_in_seconds
from rxvlm.errors import ModelError, ModelFailedError, ModelOpenError
from rxvlm.models.breaking.circuit import Circuit, Outage
from rxvlm.models.combining.nesting import HoldsBack, models_in
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.uri import without_secrets
from rxvlm.vlm import Piece, Value, Vlm, ask_model, check_model

_SERVERS_FAULT: Final = (ConnectionError, TimeoutError, ModelFailedError)
_log = logging.getLogger("rxvlm")


def timeout_below(seconds: float) -> float:
    """Return a ``timeout`` for `breaker` below a time limit on calls, in seconds: 0.9 of it, 30 s at most."""
    return min(30.0, 0.9 * seconds)


@suggest_options()
def breaker(
    model: Vlm[Value], *, failures: int = 5, within: float = 60.0, open_for: float = 30.0, timeout: float = 30.0
) -> Vlm[Value]:
    """Do not ask a model while its server is down: fail at once instead, and try it again from time to time.

    ::

        questions  a b c d e f g h i j k l
        asked      a b c - - f - - - - - l

    Here ``failures=3``, and every call to the model fails: a, b and c open the breaker, so d and e get a
    `ModelOpenError` at once. The question f is a probe. It fails, too, so the breaker stays open for twice as long,
    until the probe l.

    It opens after ``failures`` failures within ``within`` seconds, or in a row with any time between them. While it is
    open, each ask fails at once with a `ModelOpenError`. This error is not retryable, and its ``retry_after`` says when
    the model is asked again. After ``open_for`` seconds one ask is let through as a probe, while others still fail. An
    answer closes the breaker. A failure opens it for twice as long, up to 8 times ``open_for``. If the probe is
    disposed of, another one follows.

    Failures are: no connection, a connection that broke off, a time-out, a failure of the server
    (`ModelUnreachableError`, `ModelDroppedError`, `ModelTimeoutError`, `ModelFailedError`, and any other
    ConnectionError or TimeoutError), and an ask that is disposed of ``timeout`` seconds or more after it began. If
    there is a `limit` inside, that time begins when the limit lets the ask go, because waiting there is not the
    server's fault. Nothing else counts as a failure: a refused clip, a rate limit and a wrong key do not count.

    The order is ``fallback(breaker(retry(limit(model))), other)``: a question that is tried four times counts once.
    All subscribers of the returned object share its state; their clocks must show the same time. Opening and
    closing are logged to ``"rxvlm"``.

    Args:
        model: The model.
        failures: How many failures open it, at least 1.
        within: Seconds in which these failures open it, above 0.
        open_for: Seconds until the first probe, above 0.
        timeout: Seconds after which an ask that is disposed of is a failure, above 0: a little less than the
            ``timeout`` of ``analyze``. The breaker itself does not end an ask.

    Returns:
        A Vlm of the same name.

    Raises:
        TypeError: If ``model`` is not a model, or a number is not a number.
        ValueError: If a number is out of range.
    """
    check_model(model)
    check_at_least("failures", failures, 1)
    check_above_zero("within", within, "seconds")
    check_above_zero("open_for", open_for, "seconds")
    check_above_zero("timeout", timeout, "seconds")
    return BreakerVlm(model, Circuit(model.name, failures, within, open_for), timeout)


def outages(model: Vlm) -> Iterator[Outage]:
    """Iterate over the present outages of all models inside a model that have a breaker."""
    for part in models_in(model):
        if isinstance(part, BreakerVlm) and (outage := part.circuit.outage) is not None:
            yield outage


class BreakerVlm:
    """A model behind a circuit breaker; see `breaker`."""

    def __init__(self, model: Vlm, circuit: Circuit, timeout: float) -> None:
        self.name = model.name
        self.models = (model,)
        self.circuit = circuit
        self.timeout = timeout
        self._limits = [part for part in models_in(model) if isinstance(part, HoldsBack)]

    def __repr__(self) -> str:
        return f"breaker({', '.join(map(repr, self.models))})"

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Return the same breaker around the inner model with a schema; both models share its state."""
        return BreakerVlm(with_schema(self.models[0], schema), self.circuit, self.timeout)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask, unless the model is down."""

        def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
            clock = clock_of(scheduler)
            now = now_in_seconds(clock)
            admitted = self.circuit.admit(now)
            if isinstance(admitted, Outage):
                observer.on_error(_error_of(admitted, now))
                return Disposable()
            call = _BreakerCall(self, clip, prompt, observer, clock)
            call.begin(admitted, scheduler)
            return Disposable(call.leave)

        return Observable(subscribe)

    def since(self, clip: Clip, prompt: str, began: float) -> float | None:
        """Return when the server got a question, in seconds since the epoch; None if it waits in a limit inside."""
        if not self._limits:
            return began
        let_go = (limit.in_flight_since(clip, prompt) for limit in self._limits)
        return max((since for since in let_go if since is not None), default=None)


class _BreakerCall:
    """One subscription to a model that is not down: it reports to the circuit how it ended, once."""

    def __init__(
        self, model: BreakerVlm, clip: Clip, prompt: str, observer: ObserverBase[Piece], clock: SchedulerBase
    ) -> None:
        self._model, self._clip, self._prompt, self._observer, self._clock = model, clip, prompt, observer, clock
        self._call = SingleAssignmentDisposable()
        self._open = threading.Lock()  # taken by the end that comes first: an answer, an error or a disposal

    def begin(self, phase: int, scheduler: SchedulerBase | None) -> None:
        """Ask the model."""
        self._phase, self._began = phase, now_in_seconds(self._clock)
        answer = ask_model(self._model.models[0], self._clip, self._prompt)
        self._call.disposable = answer.subscribe(self._on_piece, self._on_error, self._on_end, scheduler=scheduler)

    def leave(self) -> None:
        """Take note that the subscriber disposed; it is a failure of the server if it came late."""
        if self._open.acquire(blocking=False):
            now, timeout = now_in_seconds(self._clock), self._model.timeout
            since = self._model.since(self._clip, self._prompt, self._began)
            if since is not None and now - since >= timeout:
                self._fail(f"{self._model.name} did not answer within {timeout:g} s", 0.0)
            else:
                self._model.circuit.left(self._phase)
        self._call.dispose()

    def _on_piece(self, piece: Piece) -> None:
        try:
            self._observer.on_next(piece)
        except BaseException:
            self.leave()  # the stream will not end any more; as a probe it would keep the breaker open without end
            raise

    def _on_error(self, error: Exception) -> None:
        if self._open.acquire(blocking=False):
            if isinstance(error, _SERVERS_FAULT):
                self._fail(without_secrets(str(error)), (isinstance(error, ModelError) and error.retry_after) or 0.0)
            else:
                self._model.circuit.left(self._phase)
        self._observer.on_error(error)

    def _on_end(self) -> None:
        if self._open.acquire(blocking=False) and (over := self._model.circuit.answered(self._phase)):
            _log.warning(
                "%s answers again; it was down for %.0f s", over.name, now_in_seconds(self._clock) - over.since
            )
        self._observer.on_completed()

    def _fail(self, reason: str, least: float) -> None:
        now = now_in_seconds(self._clock)
        if outage := self._model.circuit.failed(self._phase, reason, now, least):
            level = logging.WARNING if outage.since == now else logging.INFO
            _log.log(level, "%s: %s", outage.line(now), outage.reason)


def _error_of(outage: Outage, now: float) -> ModelOpenError:
    return ModelOpenError(f"{outage.line(now)}: {outage.reason}", retry_after=outage.wait(now))
