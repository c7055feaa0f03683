"""LeasedVlm: a model that is asked only while the process holds its lease."""

from __future__ import annotations

from typing import Any, Final, cast

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import MultipleAssignmentDisposable

from rxvlm.clip import Clip
from rxvlm.cluster.deciding.lease import Lease
from rxvlm.concurrency.timers import clock_of
from rxvlm.models.schemas.json_schema import JsonSchema, with_schema
from rxvlm.vlm import Piece, Vlm, ask_model

_LOOK_SECONDS: Final = 0.1


class LeasedVlm:
    """A model that is asked only under a lease, which is looked at just before each ask.

    An ask without a lease waits for it: a process that is cut off, or slept, asks nothing, and what waits too long
    ends by the time-out of its caller.

    Args:
        model: The model.
        lease: The lease.
    """

    def __init__(self, model: Vlm, lease: Lease) -> None:
        self.name = model.name
        self.models = (model,)
        self._lease = lease

    def __repr__(self) -> str:
        return repr(self.models[0])

    def with_schema(self, schema: JsonSchema) -> Vlm:
        """Return the model with a schema, under the same lease."""
        return LeasedVlm(with_schema(self.models[0], schema), self._lease)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask as soon as the lease holds."""

        def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
            clock, call = clock_of(scheduler), MultipleAssignmentDisposable()

            def look(*_: object) -> None:
                if call.is_disposed:
                    return
                if self._lease.holds:
                    answer = ask_model(self.models[0], clip, prompt)
                    call.disposable = answer.subscribe(observer, scheduler=scheduler)
                else:
                    call.disposable = clock.schedule_relative(_LOOK_SECONDS, look)

            look()
            return call

        return Observable(subscribe)


def under_lease(model: Vlm, lease: Lease) -> Vlm:
    """Put each model inside a model that sends questions itself under a lease; a combinator waits before it looks.

    Args:
        model: The model, with its combinators; they are changed.
        lease: The lease.
    """
    inner = cast("tuple[Vlm, ...]", tuple(getattr(model, "models", ())))
    if not inner:
        return LeasedVlm(model, lease)
    combinator = cast("Any", model)
    combinator.models = tuple(under_lease(one, lease) for one in inner)
    return model
