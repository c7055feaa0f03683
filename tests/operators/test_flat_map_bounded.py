"""flat_map_bounded on virtual time; what is about threads is in test_flat_map_bounded_threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm.errors import OverflowedError
from rxvlm.operators import flat_map_bounded
from rxvlm.operators.bounding.rules import Capacity, Order, Overflow
from rxvlm.stream import OnDrop
from rxvlm.testing import END, play


class Works:
    """Works that take seconds on the clock of the subscription, and give their item."""

    def __init__(self, seconds: dict[int, float], *, failing: dict[int, Exception] | None = None) -> None:
        self.started: list[int] = []
        self.hung_up: list[int] = []
        self.running = 0
        self.peak = 0
        self._seconds = seconds
        self._failing = failing or {}

    def __call__(self, item: int) -> Observable[int]:
        def begin(scheduler: SchedulerBase | None) -> Observable[int]:
            _ = scheduler
            self.started.append(item)
            self.running += 1
            self.peak = max(self.peak, self.running)
            open_ = [item]

            def end(*_: object) -> None:
                self.running -= len(open_)
                open_.clear()

            def left() -> None:
                self.hung_up.extend(open_)
                end()

            said: Observable[int] = reactivex.just(item)
            if item in self._failing:
                said = reactivex.throw(self._failing[item])
            return reactivex.timer(self._seconds.get(item, 1.0)).pipe(
                ops.flat_map(lambda _: said), ops.do_action(None, end, end), ops.finally_action(left)
            )

        return reactivex.defer(begin)


class Told:
    """Remembers what was lost."""

    def __init__(self) -> None:
        self.lost: list[tuple[Any, str]] = []

    def __call__(self, item: object, reason: str) -> None:
        self.lost.append((item, reason))


def items_at(times: dict[int, float], *, end: float | None = None, error: Exception | None = None) -> Observable[int]:
    """Give each item at its second, then end, or fail, at ``end``."""

    def subscribe(observer: ObserverBase[int], scheduler: SchedulerBase | None = None) -> DisposableBase:
        assert scheduler is not None
        timers = CompositeDisposable()

        def give(_scheduler: SchedulerBase, item: int | None) -> None:
            if item is not None:
                observer.on_next(item)
            elif error is None:
                observer.on_completed()
            else:
                observer.on_error(error)

        for item, time in times.items():
            timers.add(scheduler.schedule_relative(time, give, item))
        if end is not None:
            timers.add(scheduler.schedule_relative(end, give))
        return timers

    return Observable(subscribe)


def unexpected(error: Exception) -> None:
    raise error


def bounded(
    work: Callable[[int], Observable[int]],
    *,
    max_concurrent: int = 1,
    capacity: Capacity = 0,
    overflow: Overflow = "drop_oldest",
    order: Order = "arrival",
    on_drop: OnDrop | None = None,
) -> Callable[[Observable[int]], Observable[int]]:
    return flat_map_bounded(
        work, max_concurrent=max_concurrent, capacity=capacity, overflow=overflow, order=order, on_drop=on_drop
    )


# Order.


def test_arrival_order_gives_results_as_they_come() -> None:
    """With order="arrival" a quick work overtakes a slow one."""
    works = Works({1: 5.0, 2: 1.0})
    heard = play(items_at({1: 0.1, 2: 0.2}, end=0.3).pipe(bounded(works, max_concurrent=2)))
    assert heard == [(1.2, 2), (5.1, 1), (5.1, END)]


def test_source_order_holds_results_back_until_their_turn() -> None:
    """With order="source" a quick work waits for the slow one before it."""
    works = Works({1: 5.0, 2: 1.0})
    heard = play(items_at({1: 0.1, 2: 0.2}, end=0.3).pipe(bounded(works, max_concurrent=2, order="source")))
    assert heard == [(5.1, 1), (5.1, 2), (5.1, END)]


def test_source_order_gives_the_results_of_the_head_at_once() -> None:
    """With order="source" only what is not at the head is held back: the head's results flow."""

    def work(item: int) -> Observable[int]:
        return items_at({10 * item: 1.0, 10 * item + 1: 2.0}, end=3.0)

    heard = play(items_at({1: 0.1, 2: 0.7}, end=0.8).pipe(bounded(work, max_concurrent=2, order="source")))
    assert heard == [(1.1, 10), (2.1, 11), (3.1, 20), (3.1, 21), (3.7, END)]


@pytest.mark.parametrize("capacity", [0, 1, 3])
def test_source_order_bounds_what_runs_and_what_is_held(capacity: int) -> None:
    """With order="source" running and held results together are at most max_concurrent + capacity."""
    works = Works({1: 50.0})
    delivered: list[int] = []
    most = 0

    def work(item: int) -> Observable[int]:
        nonlocal most
        most = max(most, len(works.started) + 1 - len(delivered))
        return works(item)

    times = {item: 0.1 + item * 1.3 for item in range(1, 30)}
    step = bounded(work, max_concurrent=2, capacity=capacity, order="source")
    play(items_at(times, end=60.05).pipe(step, ops.do_action(delivered.append)))
    assert most == 2 + capacity
    assert works.peak == 2
    assert delivered == sorted(delivered)


# Overflow.


def test_drop_oldest_loses_what_waited_longest() -> None:
    """overflow="drop_oldest" keeps the newest waiting, and tells what it lost."""
    works, told = Works({}), Told()
    stream = items_at({1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4}, end=0.5)
    heard = play(stream.pipe(bounded(works, capacity=1, on_drop=told)))
    assert heard == [(1.1, 1), (2.1, 4), (2.1, END)]
    assert told.lost == [(2, "overflow"), (3, "overflow")]


def test_drop_newest_loses_what_comes_last() -> None:
    """overflow="drop_newest" keeps what waits, and tells what it lost."""
    works, told = Works({}), Told()
    stream = items_at({1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4}, end=0.5)
    heard = play(stream.pipe(bounded(works, capacity=1, overflow="drop_newest", on_drop=told)))
    assert heard == [(1.1, 1), (2.1, 2), (2.1, END)]
    assert told.lost == [(3, "overflow"), (4, "overflow")]


def test_error_ends_the_stream_and_tells_of_everything() -> None:
    """overflow="error" fails the stream at the item too many; what ran and waited is told "error"."""
    works, told = Works({}), Told()
    stream = items_at({1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4}, end=0.5)
    heard = play(stream.pipe(bounded(works, capacity=1, overflow="error", on_drop=told)))
    assert [time for time, _ in heard] == [0.3]
    assert isinstance(heard[0][1], OverflowedError)
    assert told.lost == [(3, "overflow"), (1, "error"), (2, "error")]
    assert works.hung_up == [1]


@pytest.mark.parametrize("overflow", ["drop_oldest", "drop_newest"])
def test_capacity_0_keeps_nothing_waiting(overflow: Overflow) -> None:
    """With capacity 0 what finds no free place is lost itself, whatever the rule."""
    works, told = Works({}), Told()
    stream = items_at({1: 0.1, 2: 0.2, 3: 1.3}, end=1.4)
    heard = play(stream.pipe(bounded(works, overflow=overflow, on_drop=told)))
    assert heard == [(1.1, 1), (2.3, 3), (2.3, END)]
    assert told.lost == [(2, "overflow")]


def test_capacity_0_with_error_takes_as_many_as_there_are_places() -> None:
    """With capacity 0 and overflow="error" max_concurrent items are no overflow, one more is."""
    works = Works({})
    step = bounded(works, max_concurrent=2, overflow="error")
    heard = play(items_at({1: 0.1, 2: 0.2, 3: 0.3}).pipe(step))
    assert [(time, type(item)) for time, item in heard] == [(0.3, OverflowedError)]


def test_a_capacity_function_is_asked_at_the_moment() -> None:
    """A capacity that is a function bounds by what it gives when an item comes."""
    room = [2]
    works, told = Works({}), Told()
    stream = items_at({1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4}, end=0.5)
    heard = play(stream.pipe(bounded(works, capacity=lambda: room[0], on_drop=told)))
    assert [item for _, item in heard] == [1, 3, 4, END]
    assert told.lost == [(2, "overflow")]


@pytest.mark.parametrize(("overflow", "lost"), [("drop_oldest", 2), ("drop_newest", 3)])
def test_the_first_loss_that_nobody_is_told_of_is_logged(
    caplog: pytest.LogCaptureFixture, overflow: Overflow, lost: int
) -> None:
    """Without an on_drop each subscription warns once, of its first loss: who lost what, and what to do instead."""
    step = bounded(Works({}), capacity=1, overflow=overflow)
    lossy = items_at({1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4, 5: 0.5}, end=0.6).pipe(step)
    for run in (1, 2):
        play(lossy)
        assert len(caplog.records) == run
    said = caplog.records[0].getMessage()
    assert caplog.records[0].levelname == "WARNING"
    assert said.startswith(f"flat_map_bounded had no room for {lost}, which is dropped;")
    assert "overflow='block'" in said
    assert "on_drop=..." in said


def test_what_is_logged_of_a_lost_item_is_short_and_holds_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Of an item that holds a password the password is not logged; of a long one its beginning."""
    source: Subject[str] = Subject()
    step = flat_map_bounded(lambda _: reactivex.never(), max_concurrent=1, capacity=0, overflow="drop_newest")
    source.pipe(step).subscribe()
    source.on_next("")
    source.on_next("rtsp://admin:secret@yard/1 " + "and so on " * 1000)
    (said,) = [record.getMessage() for record in caplog.records]
    assert "'rtsp://yard/1 and so on" in said
    assert len(said) < 500


@pytest.mark.parametrize("overflow", ["drop_oldest", "drop_newest", "error"])
@pytest.mark.parametrize("told", [Told(), None])
def test_what_somebody_is_told_of_is_not_logged(
    caplog: pytest.LogCaptureFixture, overflow: Overflow, told: Told | None
) -> None:
    """Nothing is logged of what an on_drop hears, nor of an overflow that is the stream's error, nor of a disposal."""
    times = {1: 0.1, 2: 0.2} if told is None and overflow != "error" else {1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4}
    play(items_at(times).pipe(bounded(Works({}), capacity=1, overflow=overflow, on_drop=told)), seconds=0.5)
    assert caplog.records == []


@pytest.mark.parametrize(("overflow", "kept"), [("drop_oldest", 5), ("drop_newest", 2)])
def test_a_capacity_that_shrinks_loses_all_that_is_too_many(overflow: Overflow, kept: int) -> None:
    """When the capacity has shrunk, the next item pushes out as many as are too many."""
    room = [3]
    works, told = Works({}), Told()

    def shrink(item: int) -> None:
        if item == 5:
            room[0] = 1

    stream = items_at({1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4, 5: 0.5}, end=0.6).pipe(ops.do_action(shrink))
    heard = play(stream.pipe(bounded(works, capacity=lambda: room[0], overflow=overflow, on_drop=told)))
    assert [item for _, item in heard] == [1, kept, END]
    assert sorted(item for item, _ in told.lost) == sorted({2, 3, 4, 5} - {kept})


def test_a_capacity_that_raises_at_an_item_ends_the_stream() -> None:
    """A capacity function that raises when an item comes is the stream's error, and the item is told "error"."""
    told = Told()

    def capacity() -> int:
        raise RuntimeError("no idea")

    heard = play(items_at({1: 0.1}).pipe(bounded(Works({}), capacity=capacity, on_drop=told)))
    assert [(time, str(item)) for time, item in heard] == [(0.1, "no idea")]
    assert told.lost == [(1, "error")]


def test_a_capacity_that_raises_at_a_works_end_ends_the_stream() -> None:
    """A capacity function that raises when a place is free is the stream's error, after that work's result."""
    answers = iter([1, 1])
    told = Told()

    def capacity() -> int:
        return next(answers)

    heard = play(items_at({1: 0.1, 2: 0.2}).pipe(bounded(Works({}), capacity=capacity, on_drop=told)))
    assert [(time, type(item)) for time, item in heard] == [(1.1, int), (1.1, StopIteration)]
    assert told.lost == [(2, "error")]


@pytest.mark.parametrize(
    "wrong",
    [{"max_concurrent": 0}, {"capacity": -1}, {"overflow": "drop"}, {"order": "any"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_arguments_out_of_range_are_errors_at_once(wrong: dict[str, Any]) -> None:
    """A bound out of range or an unknown rule is a ValueError when the step is made, and names the value."""
    arguments: dict[str, Any] = {"max_concurrent": 1, "capacity": 1, "overflow": "block", **wrong}
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        flat_map_bounded(Works({}), **arguments)


# Works that end at once, and works that feed their source.


def test_a_work_that_ends_while_it_is_subscribed_leaves_its_successor_alone() -> None:
    """A synchronous work is over before its subscription is there: the next work keeps its own."""

    def work(item: int) -> Observable[int]:
        return reactivex.just(item) if item % 2 else reactivex.timer(1.0).pipe(ops.map(lambda _: item))

    heard = play(items_at({1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4}, end=0.5).pipe(bounded(work, capacity=5)))
    assert heard == [(0.1, 1), (1.2, 2), (1.2, 3), (2.2, 4), (2.2, END)]


@pytest.mark.parametrize("order", ["arrival", "source"])
def test_ten_thousand_synchronous_works_do_not_recurse(order: Order) -> None:
    """A long queue of works that end at once is worked off in a loop, not on a growing stack."""
    source: Subject[int] = Subject()
    first: Subject[int] = Subject()
    heard: list[int] = []

    def work(item: int) -> Observable[int]:
        return first if item == 0 else reactivex.just(item)

    source.pipe(bounded(work, capacity=10_000, overflow="error", order=order)).subscribe(heard.append, unexpected)
    for item in range(10_001):
        source.on_next(item)
    assert heard == []
    first.on_completed()
    assert heard == list(range(1, 10_001))


def test_a_subscriber_may_feed_the_source() -> None:
    """An item that is fed from inside a delivery is worked on after it, and the end still comes."""
    source: Subject[int] = Subject()
    heard: list[Any] = []

    def take(item: int) -> None:
        heard.append(item)
        if item < 3:
            source.on_next(item + 1)
            heard.append(f"fed {item + 1}")

    step = bounded(reactivex.just, capacity=1)
    source.pipe(step).subscribe(take, unexpected, lambda: heard.append(END))
    source.on_next(1)
    source.on_completed()
    assert heard == [1, "fed 2", 2, "fed 3", 3, END]


def test_a_work_may_feed_the_source_while_it_is_subscribed() -> None:
    """A work that feeds its own source when it starts loses nothing."""
    source: Subject[int] = Subject()
    heard: list[Any] = []
    told = Told()

    def work(item: int) -> Observable[int]:
        if item < 4:
            source.on_next(item + 1)
        return reactivex.just(item)

    source.pipe(bounded(work, capacity=1, on_drop=told)).subscribe(heard.append, unexpected, lambda: heard.append(END))
    source.on_next(1)
    source.on_completed()
    assert heard == [1, 2, 3, 4, END]
    assert told.lost == []


# Errors and ends.


def test_a_work_function_that_raises_ends_its_stream() -> None:
    """What the work function raises is the stream's error; works beside it are hung up, their items told once."""
    works, told = Works({}), Told()

    def work(item: int) -> Observable[int]:
        if item == 2:
            raise RuntimeError("no work")
        return works(item)

    heard = play(items_at({1: 0.1, 2: 0.2}, end=0.3).pipe(bounded(work, max_concurrent=2, on_drop=told)))
    assert [(time, str(item)) for time, item in heard] == [(0.2, "no work")]
    assert works.hung_up == [1]
    assert told.lost == [(1, "error"), (2, "error")]


def test_a_work_that_is_no_stream_ends_its_stream() -> None:
    """A work function that gives no Observable is the stream's error, and its item is told once."""
    told = Told()
    wrong: Any = dict[int, None]({1: None}).get
    heard = play(items_at({1: 0.1}).pipe(bounded(wrong, on_drop=told)))
    assert [type(item) for _, item in heard] == [AttributeError]
    assert told.lost == [(1, "error")]


def test_a_works_error_hangs_up_its_siblings_and_leaves_the_source() -> None:
    """The error of a work ends the stream at once: siblings are hung up, what waits is told, the source is left."""
    works, told = Works({2: 0.5, 1: 9.0}, failing={2: RuntimeError("broken")}), Told()
    left: list[str] = []
    source = items_at({1: 0.1, 2: 0.2, 3: 0.3, 4: 2.0}).pipe(ops.finally_action(lambda: left.append("source")))
    heard = play(source.pipe(bounded(works, max_concurrent=2, capacity=1, on_drop=told)))
    assert [(time, str(item)) for time, item in heard] == [(0.7, "broken")]
    assert works.hung_up == [1]
    assert works.started == [1, 2]
    assert told.lost == [(1, "error"), (2, "error"), (3, "error")]
    assert left == ["source"]


def test_a_result_that_was_held_back_is_told_when_it_is_lost() -> None:
    """With order="source" a finished result that an error keeps from its turn is told."""
    works, told = Works({1: 3.0, 2: 1.0}, failing={1: RuntimeError("broken")}), Told()
    play(items_at({1: 0.1, 2: 0.2}).pipe(bounded(works, max_concurrent=2, order="source", on_drop=told)))
    assert told.lost == [(1, "error"), (2, "error")]
    assert works.hung_up == []


def test_an_error_from_above_comes_after_the_works_outstanding() -> None:
    """An error of the source waits for what runs and what waits."""
    works = Works({})
    source = items_at({1: 0.1, 2: 0.2}, end=0.3, error=RuntimeError("cut"))
    heard = play(source.pipe(bounded(works, capacity=1)))
    assert [(time, str(item)) for time, item in heard] == [(1.1, "1"), (2.1, "2"), (2.1, "cut")]


def test_an_end_from_above_comes_after_the_works_outstanding() -> None:
    """The end of the source waits for what runs and what waits; without any it comes at once."""
    assert play(items_at({1: 0.1, 2: 0.2}, end=0.3).pipe(bounded(Works({}), capacity=1))) == [
        (1.1, 1),
        (2.1, 2),
        (2.1, END),
    ]
    assert play(items_at({}, end=0.3).pipe(bounded(Works({})))) == [(0.3, END)]


@pytest.mark.parametrize("order", ["arrival", "source"])
def test_disposing_stops_works_and_tells_what_is_lost(order: Order) -> None:
    """Disposing hangs up what runs, tells "disposed" for it and for what waits, and delivers nothing more."""
    works, told = Works({}), Told()
    stream = items_at({1: 0.1, 2: 0.2, 3: 0.3}, end=9.0).pipe(
        bounded(works, max_concurrent=2, capacity=1, order=order, on_drop=told)
    )
    clock = VirtualTimeScheduler(0.0)
    assert play(stream, seconds=0.5, scheduler=clock) == []
    assert works.hung_up == [1, 2]
    assert told.lost == [(1, "disposed"), (2, "disposed"), (3, "disposed")]
    clock.advance_to(100.0)
    assert works.started == [1, 2]


def test_leaving_early_from_inside_a_delivery_stops_the_rest() -> None:
    """A subscriber that has enough ends the works beside the one that it heard of."""
    works = Works({1: 1.0, 2: 2.0})
    heard = play(items_at({1: 0.1, 2: 0.2, 3: 0.3}).pipe(bounded(works, max_concurrent=2, capacity=1), ops.take(1)))
    assert heard == [(1.1, 1), (1.1, END)]
    assert works.running == 0
    assert works.started == [1, 2]


def test_a_work_that_disposes_keeps_those_behind_it_from_starting() -> None:
    """When several places become free at once and the first work ends the stream, the second is not begun."""
    works = Works({1: 5.0})
    clock = VirtualTimeScheduler(0.0)
    subscription: list[DisposableBase] = []

    def work(item: int) -> Observable[int]:
        if item == 5:
            subscription[0].dispose()
        return works(item)

    source = items_at({item: 0.1 + item * 0.51 for item in range(1, 7)})
    step = bounded(work, max_concurrent=2, capacity=2, order="source")
    subscription.append(source.pipe(step).subscribe(scheduler=clock))
    clock.advance_to(60.0)
    assert 6 not in works.started
    assert works.running == 0


def test_a_subscriber_that_raises_ends_only_its_own_stream(caplog: pytest.LogCaptureFixture) -> None:
    """A subscriber that raises hears its own error, is logged, and harms no other on the same source."""
    source: Subject[int] = Subject()
    raised: list[Exception] = []
    other: list[int] = []
    told = Told()

    def take(item: int) -> None:
        if item == 2:
            raise RuntimeError("not this one")

    works: dict[int, Subject[int]] = {item: Subject() for item in (1, 2, 3)}
    source.pipe(bounded(works.__getitem__, max_concurrent=3, on_drop=told)).subscribe(take, raised.append)
    source.pipe(bounded(works.__getitem__, max_concurrent=3)).subscribe(other.append, unexpected)
    for item in works:
        source.on_next(item)
    for item, work in works.items():
        work.on_next(item)
    assert [str(error) for error in raised] == ["not this one"]
    assert sorted(told.lost) == [(1, "error"), (2, "error"), (3, "error")]
    assert other == [1, 2, 3]
    assert "not this one" in caplog.text


def test_a_subscriber_that_raises_and_hears_no_errors_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Without an on_error of its own the raising subscriber's error is logged, and the work's thread goes on."""
    work: Subject[int] = Subject()
    source: Subject[int] = Subject()
    left: list[str] = []

    def take(item: int) -> None:
        raise RuntimeError(f"not {item}")

    source.pipe(bounded(lambda _: work), ops.finally_action(lambda: left.append("left"))).subscribe(take)
    source.on_next(1)
    work.on_next(1)
    assert left == ["left"]
    assert "not 1" in caplog.text


def test_an_on_drop_that_raises_ends_its_own_stream() -> None:
    """What on_drop raises is the stream's error; the source is not harmed, and works are hung up."""
    works = Works({})

    def on_drop(_item: object, reason: str) -> None:
        raise RuntimeError(f"told {reason}")

    heard = play(items_at({1: 0.1, 2: 0.2}, end=0.3).pipe(bounded(works, on_drop=on_drop)))
    assert [(time, str(item)) for time, item in heard] == [(0.2, "told overflow")]
    assert works.hung_up == [1]


def test_an_on_drop_that_raises_does_not_keep_works_running() -> None:
    """Disposing hangs up every work, though on_drop raises at the first."""
    works = Works({})

    def on_drop(_item: object, reason: str) -> None:
        raise RuntimeError(f"told {reason}")

    play(items_at({1: 0.1, 2: 0.2}).pipe(bounded(works, max_concurrent=2, on_drop=on_drop)), seconds=0.5)
    assert works.hung_up == [1, 2]


def test_the_clock_of_the_subscription_reaches_the_works() -> None:
    """The scheduler given at subscription is passed to every work's stream and to the source."""
    seen: list[SchedulerBase | None] = []
    clock = VirtualTimeScheduler(0.0)

    def note(scheduler: SchedulerBase | None) -> Observable[int]:
        seen.append(scheduler)
        return reactivex.empty()

    source = reactivex.defer(lambda scheduler: seen.append(scheduler) or items_at({1: 0.1, 2: 0.2, 3: 0.3}, end=0.4))
    play(source.pipe(bounded(lambda _: reactivex.defer(note), capacity=2)), scheduler=clock)
    assert seen == [clock] * 4


def test_each_subscription_has_places_of_its_own() -> None:
    """Two subscriptions to one step do not share its bounds."""
    works = Works({})
    step = items_at({1: 0.1}, end=0.2).pipe(bounded(works))
    assert play(reactivex.merge(step, step)) == [(1.1, 1), (1.1, 1), (1.1, END)]
