"""at_first_item: a pipeline that is composed when its source has shown what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable
from reactivex.subject import Subject

from rxvlm.stream import Operator, Stream

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def at_first_item(compose: Callable[[], Operator[_In, _Out]]) -> Operator[_In, _Out]:
    """Compose a pipeline when the first item of its source comes, or its end.

    Args:
        compose: Returns the pipeline; called once for each subscription.
    """

    def operator(source: Observable[_In]) -> Observable[_Out]:
        def subscribe(observer: ObserverBase[_Out], scheduler: SchedulerBase | None = None) -> DisposableBase:
            def begin(items: Observable[_In]) -> DisposableBase:
                known = Stream.of(items, source.origin) if isinstance(source, Stream) else items
                return compose()(known).subscribe(observer, scheduler=scheduler)

            later = _Later(begin)
            above = source.subscribe(later.on_next, later.on_error, later.on_completed, scheduler=scheduler)
            return CompositeDisposable(above, later.subscription)

        return Observable(subscribe)

    return operator


class _Later(Subject[_In]):
    """The source of a pipeline that does not exist yet; it hears from one thread at a time, as every observer does."""

    def __init__(self, begin: Callable[[Observable[_In]], DisposableBase]) -> None:
        super().__init__()
        self.subscription = SingleAssignmentDisposable()
        self._begin: Callable[[Observable[_In]], DisposableBase] | None = begin

    def on_next(self, value: _In) -> None:
        self._begin_once()
        super().on_next(value)

    def on_error(self, error: Exception) -> None:
        self._begin_once()
        super().on_error(error)

    def on_completed(self) -> None:
        self._begin_once()
        super().on_completed()

    def _begin_once(self) -> None:
        if self._begin is not None:
            begin, self._begin = self._begin, None
            self.subscription.disposable = begin(self)
