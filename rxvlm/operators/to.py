"""to: pass each item to a sink, which cannot end, slow or block a camera."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf
from typing import Final, Generic, Literal, TypeVar

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable

from rxvlm.arguments import check_above_zero, check_at_least, describe, suggest_options
from rxvlm.concurrency.serial import Serial
from rxvlm.concurrency.threads import wait_for
from rxvlm.concurrency.timers import clock_of
from rxvlm.concurrency.workers import Workers
from rxvlm.display import labels
from rxvlm.operators.bounding.alerts import Alerts
from rxvlm.operators.bounding.drain import Counters, Drain, OnError, SinkCalls
from rxvlm.operators.bounding.followed import Follow, Followed
from rxvlm.operators.bounding.rules import Overflow
from rxvlm.stream import Stream

_T = TypeVar("_T")
_DRAIN_SECONDS: Final = 10.0


class ToSink(Generic[_T]):
    """The operator that `to` returns; it counts over all its subscriptions.

    Args:
        calls: Makes the calls of the sink for one subscription.
        counters: Where its items are counted.
        rules: The capacity, the overflow rule (None: depends on the source), and the seconds to drain.
        scheduler: Where the sink is called; None for a thread of each subscription.
        follow: Called with each ledger of the stream, while there is a subscription; None: nothing.
        takes_muted: Whether the sink gets events of muted rules, too.
    """

    def __init__(
        self,
        calls: Callable[[Counters], SinkCalls[_T]],
        rules: tuple[int, Overflow | None, float],
        scheduler: SchedulerBase | None,
        follow: Follow | None = None,
        *,
        takes_muted: bool = False,
    ) -> None:
        self._follow, self._takes_muted = follow, takes_muted
        self._calls, self._scheduler = calls, scheduler
        self._capacity, _, self._drain = rules
        self._overflow: Overflow | None = rules[1]
        self._counters = Counters()
        self._open = 0
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._closed.set()

    @property
    def sent(self) -> int:
        """How many items the sink took."""
        return self._counters.sent

    @property
    def failed(self) -> int:
        """For how many items the sink raised."""
        return self._counters.failed

    @property
    def lost(self) -> int:
        """How many items the sink never got, or had not finished when its time was over."""
        return self._counters.lost

    def wait(self, seconds: float) -> bool:
        """Wait until the sink is closed, also after a disposal; return whether it is.

        Args:
            seconds: The longest wait.
        """
        return wait_for(self._closed, seconds)

    def __call__(self, source: Observable[_T]) -> Stream[_T]:
        """Return the stream whose items the sink gets."""
        name = self._calls(self._counters).name
        return Stream.of(source).then(self._operator, labels.call("to", [], {"sink": name}))

    def _operator(self, source: Stream[_T]) -> Observable[_T]:
        def subscribe(observer: ObserverBase[_T], scheduler: SchedulerBase | None = None) -> DisposableBase:
            followed = Followed(self._follow, source.origin.ledgers)
            drain, clock = self._opened(source, followed), clock_of(scheduler)
            alerts = Alerts(all_events=self._takes_muted)
            serial = Serial()  # the end comes on another thread than the items

            def on_next(item: _T) -> None:
                followed.look()
                wanted = alerts.of(item)
                if wanted is not None:
                    drain.put(wanted)
                serial(lambda: observer.on_next(item))

            def on_error(error: Exception) -> None:
                drain.end(clock, self._drain, lambda: serial(lambda: observer.on_error(error)))

            def on_completed() -> None:
                drain.end(clock, self._drain, lambda: serial(observer.on_completed))

            def leave() -> None:
                drain.forget_end()
                drain.end(clock, self._drain)

            above = source.subscribe(on_next, on_error, on_completed, scheduler=scheduler)
            return CompositeDisposable(above, Disposable(leave))

        return Observable(subscribe)

    def _opened(self, source: Stream[_T], followed: Followed) -> Drain[_T]:
        with self._lock:
            self._open += 1
            self._closed.clear()
        calls = self._calls(self._counters)
        calls.open()
        own = Workers(f"rxvlm-to-{calls.name}", most=1, keep=True)

        def over() -> None:
            followed.leave()
            own.close()
            with self._lock:
                self._open -= 1
                if not self._open:
                    self._closed.set()

        rule = self._overflow
        rules = self._capacity, lambda: rule or ("drop_oldest" if source.origin.never_waits else "block")
        return Drain(calls, self._scheduler or own, rules, self._counters, over)


@suggest_options()
def to(
    sink: Callable[[_T], object],
    *,
    capacity: int = 100,
    overflow: Literal["drop_oldest", "drop_newest", "block"] | None = None,
    on_error: Literal["log"] | OnError = "log",
    drain: float = _DRAIN_SECONDS,
    scheduler: SchedulerBase | None = None,
) -> ToSink[_T]:
    """Pass each item to a sink on a thread of its own, and on to the next step unchanged.

    >>> from rxvlm import collect, video
    >>> times = []
    >>> step = to(lambda frame: times.append(frame.time))
    >>> frames = collect(video("demo:yard?seconds=1&fps=4").pipe(step))
    >>> times, step.sent, step.failed, step.lost
    ([0.0, 0.25, 0.5, 0.75], 4, 0, 0)

    A sink may block and raise: it cannot end the stream or slow a camera. At the end of the stream the sink gets
    the waiting items, for ``drain`` seconds at most, and is closed; then the end is passed on. A
    disposal returns at once, and the sink gets the waiting items after it; ``wait`` of the operator waits for that.
    ``ops.do_action(sink)`` instead calls a sink on the stream's own thread, and does not close it.

    Args:
        sink: Called with one item after another, always on the same thread. If it has a ``close()``, that is
            called there at the end of each subscription. Four more methods are called if it has them, on other
            threads, so they must return at once: ``open()`` at the beginning; ``follow(ledger)`` with each ledger that
            the stream carries (its result is disposed of after the sink was closed); ``takes(item)``, which returns
            False for an item that the sink does not want and that needs no place in the queue; and ``finish(seconds)``
            when the stream has ended: the sink then has this time. Events of muted rules (`Event.muted`) are passed to
            the sink only if its attribute ``takes_muted`` is True.
        capacity: Items that wait for it at most, at least 1.
        overflow: What happens to the next item when the queue is full; see `on_backpressure_buffer`. None: a film
            waits, and a live camera loses the oldest item.
        on_error: ``"log"``: errors of the sink are logged, at most once a minute. Or a function that is
            called with the item and the error.
        drain: Seconds for the waiting items when the stream has ended, above 0; items that are left after that are
            lost.
        scheduler: Where the sink is called, one item at a time; None for a thread of each subscription.

    Returns:
        An operator with the counters ``sent``, ``failed`` and ``lost``.

    Raises:
        TypeError: If ``sink`` is not callable, or a number is not a number.
        ValueError: If a number is out of range, or a rule unknown.
    """
    if not callable(sink):
        raise TypeError(f"to takes a sink, which is a function of an item, not {describe(sink)}")
    if on_error != "log" and not callable(on_error):
        raise ValueError(f"on_error must be 'log' or a function of an item and an error, not {describe(on_error)}")
    check_at_least("capacity", capacity, 1)
    if overflow not in (None, "drop_oldest", "drop_newest", "block"):
        raise ValueError(f"overflow must be drop_oldest, drop_newest or block, not {overflow!r}: no sink ends a stream")
    if drain != inf:
        check_above_zero("drain", drain, "seconds")
    name = labels.value_in_short(sink)
    told = on_error if callable(on_error) else None
    follow: Follow | None = getattr(sink, "follow", None)
    rules = capacity, overflow, drain
    takes_muted = getattr(sink, "takes_muted", False) is True
    return ToSink(
        lambda counters: SinkCalls(sink, name, counters, told), rules, scheduler, follow, takes_muted=takes_muted
    )
