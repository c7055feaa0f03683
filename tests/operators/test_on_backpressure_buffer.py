"""on_backpressure_buffer: on virtual time, where a subscriber takes its time by moving the clock, and on threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import EventLoopScheduler, ThreadPoolScheduler, VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm.concurrency import workers
from rxvlm.errors import OverflowedError
from rxvlm.operators import on_backpressure_buffer
from rxvlm.operators.bounding.rules import Overflow
from rxvlm.testing import END


class Told:
    """Remembers what was lost."""

    def __init__(self) -> None:
        self.lost: list[tuple[Any, str]] = []

    def __call__(self, item: object, reason: str) -> None:
        self.lost.append((item, reason))


def fed(overflow: Overflow, told: Told | None, *, takes: float = 2.5, capacity: Any = 1) -> list[tuple[float, Any]]:
    """Feed 0 to 9, one a second, to a subscriber that takes seconds; give what it got and when."""
    clock = VirtualTimeScheduler(0.0)
    heard: list[tuple[float, Any]] = []

    def hear(item: object) -> None:
        heard.append((clock.to_seconds(clock.now), item))

    def take(item: int) -> None:
        hear(item)
        clock.sleep(takes)

    step = on_backpressure_buffer(capacity, overflow, scheduler=clock, on_drop=told)
    items = reactivex.merge(*(after(1.0 + item, item) for item in range(10)))
    items.pipe(step).subscribe(take, hear, lambda: hear(END), scheduler=clock)
    clock.advance_to(100.0)
    return heard


@pytest.fixture(autouse=True)
def idle_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let idle threads wait for ever: those that end were told to."""
    monkeypatch.setattr(workers, "IDLE_SECONDS", 3600.0)


def after(seconds: float, item: int) -> Observable[int]:
    return reactivex.timer(seconds).pipe(ops.map(lambda _: item))


def on_thread(action: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    return thread


def joined(thread: threading.Thread) -> None:
    thread.join(WATCHDOG)
    assert not thread.is_alive(), "hung"


def all_gone(before: set[threading.Thread]) -> None:
    """See that every thread that was not there before ends."""
    while more := set(threading.enumerate()) - before:
        for thread in more:
            if thread.ident is not None:  # else it is about to start
                joined(thread)


class Holding:
    """A subscriber on threads that holds the first item until it is let go, and remembers all."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.threads: set[threading.Thread] = set()
        self.inside, self.let_go, self.over = threading.Event(), threading.Event(), threading.Event()
        self.overlaps = 0
        self._busy = threading.Lock()

    def take(self, item: object) -> None:
        if not self._busy.acquire(blocking=False):
            self.overlaps += 1
            return
        self.heard.append(item)
        self.threads.add(threading.current_thread())
        if not self.inside.is_set():
            self.inside.set()
            assert self.let_go.wait(WATCHDOG)
        self._busy.release()

    def end(self, error: Exception | None = None) -> None:
        self.threads.add(threading.current_thread())
        self.heard.append(END if error is None else error)
        self.over.set()


def test_who_keeps_up_gets_everything_and_the_end() -> None:
    """A subscriber that is quicker than the source loses nothing."""
    told = Told()
    assert fed("drop_oldest", told, takes=0.5) == [*((1.0 + item, item) for item in range(10)), (10.5, END)]
    assert told.lost == []


def test_the_first_loss_that_nobody_is_told_of_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Without an on_drop the first loss is a warning with the step's name and the item; with one nothing is."""
    fed("drop_oldest", Told())
    assert caplog.records == []
    fed("drop_oldest", None)
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said.startswith("on_backpressure_buffer had no room for 3, which is dropped;")


@pytest.mark.parametrize(
    ("overflow", "given"),
    [
        ("drop_oldest", [(1.0, 0), (4.3, 1), (7.6, 3), (10.9, 6), (14.2, 9), (17.5, END)]),
        ("drop_newest", [(1.0, 0), (4.3, 1), (7.6, 2), (10.9, 4), (14.2, 7), (17.5, END)]),
    ],
)
def test_a_full_buffer_loses_by_its_rule(overflow: Overflow, given: list[tuple[float, Any]]) -> None:
    """With an item a second, one waiting and 3.3 s for each, the newest or the oldest is next."""
    told = Told()
    heard = fed(overflow, told, takes=3.3)
    assert [(round(time, 6), item) for time, item in heard] == given
    assert [item for item, _ in told.lost] == sorted(set(range(10)) - {item for _, item in given})
    assert {reason for _, reason in told.lost} == {"overflow"}


def held(
    overflow: Overflow, told: Told, capacity: Any = 2
) -> tuple[Subject[int], VirtualTimeScheduler, list[Any], Any]:
    """Feed 0 to 4 to a buffer whose clock stands still: one is on its way, the others want to wait."""
    source: Subject[int] = Subject()
    clock = VirtualTimeScheduler(0.0)
    heard: list[Any] = []
    step = on_backpressure_buffer(capacity, overflow, scheduler=clock, on_drop=told)
    subscription = source.pipe(step).subscribe(heard.append, heard.append, lambda: heard.append(END))
    for item in range(5):
        source.on_next(item)
    return source, clock, heard, subscription


@pytest.mark.parametrize(("overflow", "kept"), [("drop_oldest", [0, 3, 4]), ("drop_newest", [0, 1, 2])])
def test_one_is_on_its_way_besides_those_that_wait(overflow: Overflow, kept: list[int]) -> None:
    """The item that is on its way to the scheduler is not lost for those behind it, of which `capacity` wait."""
    told = Told()
    source, clock, heard, _ = held(overflow, told)
    assert heard == []
    source.on_completed()
    clock.advance_to(1.0)
    assert heard == [*kept, END]
    assert sorted(item for item, _ in told.lost) == sorted({0, 1, 2, 3, 4} - set(kept))


def test_error_ends_the_stream_at_the_item_too_many() -> None:
    """overflow="error" is an OverflowedError at once; the source is left, and all that was not given is told."""
    told = Told()
    source, clock, heard, _ = held("error", told)
    assert [type(item) for item in heard] == [OverflowedError]
    assert source.observers == []
    clock.advance_to(1.0)
    assert len(heard) == 1
    assert told.lost == [(3, "overflow"), (0, "error"), (1, "error"), (2, "error")]


def test_the_error_of_the_source_comes_after_what_waits() -> None:
    """What waits is given before the source's error, which comes on the scheduler, too."""
    told, broken = Told(), RuntimeError("broken")
    source, clock, heard, _ = held("drop_oldest", told)
    source.on_error(broken)
    assert heard == []
    clock.advance_to(1.0)
    assert heard == [0, 3, 4, broken]


@pytest.mark.parametrize("end", [reactivex.empty(), reactivex.throw(RuntimeError("broken"))], ids=["end", "error"])
def test_an_end_alone_comes_on_the_scheduler(end: Observable[int]) -> None:
    """The end and an error come on the scheduler though nothing waits; who has left before does not hear them."""
    clock, heard = VirtualTimeScheduler(0.0), list[Any]()
    stream = end.pipe(on_backpressure_buffer(1, "error", scheduler=clock))
    stream.subscribe(heard.append, heard.append, lambda: heard.append(END))
    stream.subscribe(heard.append, heard.append, lambda: heard.append(END)).dispose()
    assert heard == []
    clock.advance_to(1.0)
    assert len(heard) == 1


def test_dispose_loses_what_waits_and_is_on_its_way() -> None:
    """Leaving leaves the source; nothing comes after, and each item that was not given is told "disposed"."""
    told = Told()
    source, clock, heard, subscription = held("drop_oldest", told)
    subscription.dispose()
    assert source.observers == []
    clock.advance_to(1.0)
    assert heard == []
    assert told.lost == [(1, "overflow"), (2, "overflow"), (0, "disposed"), (3, "disposed"), (4, "disposed")]


def test_who_leaves_during_a_delivery_has_that_item() -> None:
    """An item that was given is not told of as lost, though the stream ends inside its delivery."""
    told, heard = Told(), list[Any]()
    clock = VirtualTimeScheduler(0.0)
    step = on_backpressure_buffer(5, "error", scheduler=clock, on_drop=told)
    reactivex.of(1, 2, 3).pipe(step, ops.take(1)).subscribe(heard.append, heard.append)
    clock.advance_to(1.0)
    assert heard == [1]
    assert told.lost == [(2, "disposed"), (3, "disposed")]


def test_a_subscriber_that_raises_gets_its_own_error() -> None:
    """What a subscriber raises ends its stream with on_error; what waited is told "error", it itself not."""
    told, heard = Told(), list[Any]()
    clock = VirtualTimeScheduler(0.0)

    def take(item: int) -> None:
        raise RuntimeError(f"no {item}")

    step = on_backpressure_buffer(5, "error", scheduler=clock, on_drop=told)
    reactivex.of(1, 2).pipe(step).subscribe(take, heard.append)
    clock.advance_to(1.0)
    assert [str(item) for item in heard] == ["no 1"]
    assert told.lost == [(2, "error")]


def test_a_subscriber_that_raises_at_its_end_kills_no_thread() -> None:
    """An event loop goes on for others though a subscriber raised at an item, at the error, or at the end."""
    loop = EventLoopScheduler()
    heard, over = list[int](), threading.Event()

    def fail(*_: object) -> None:
        raise RuntimeError("no")

    for stream in (reactivex.of(1), reactivex.empty(), reactivex.throw(RuntimeError("broken"))):
        stream.pipe(on_backpressure_buffer(5, "error", scheduler=loop)).subscribe(fail, fail, fail)
    step = on_backpressure_buffer(5, "error", scheduler=loop)
    reactivex.of(1, 2).pipe(step).subscribe(heard.append, on_completed=over.set)
    assert over.wait(WATCHDOG)
    assert heard == [1, 2]
    loop.dispose()


def test_a_capacity_function_is_asked_at_the_moment() -> None:
    """A capacity may be a function; one that raises ends the stream."""
    told = Told()
    source, clock, heard, _ = held("drop_oldest", told, capacity=lambda: 1)
    source.on_completed()
    clock.advance_to(1.0)
    assert heard == [0, 4, END]
    _, _, heard, _ = held("drop_oldest", Told(), capacity=lambda: 1 // 0)
    assert [type(item) for item in heard] == [ZeroDivisionError]


def test_the_clock_of_the_subscription_is_passed_up() -> None:
    """`scheduler` is where items are given; the source's timers follow the clock given at subscription."""
    given, clock, heard = VirtualTimeScheduler(0.0), VirtualTimeScheduler(0.0), list[Any]()
    step = on_backpressure_buffer(5, "error", scheduler=given)
    reactivex.timer(3.0).pipe(step).subscribe(heard.append, scheduler=clock)
    given.advance_to(10.0)
    clock.advance_to(10.0)
    assert heard == []
    given.advance_to(11.0)
    assert heard == [0]


@pytest.mark.parametrize("wrong", [(0, "block"), (-1, "error"), (1, "drop")], ids=str)
def test_arguments_out_of_range_are_errors_at_once(wrong: tuple[Any, Any]) -> None:
    """A capacity below 1 and an unknown rule are a ValueError when the step is made."""
    with pytest.raises(ValueError, match=r"must be"):
        on_backpressure_buffer(*wrong)


# Threads.


def test_without_a_scheduler_items_come_on_threads_that_end_with_the_stream() -> None:
    """Items and the end come on threads of the subscription's own; they are gone when it is over."""
    hold, before = Holding(), set(threading.enumerate())
    hold.let_go.set()
    reactivex.of(1, 2, 3).pipe(on_backpressure_buffer(1, "block")).subscribe(hold.take, hold.end, hold.end)
    assert hold.over.wait(WATCHDOG)
    assert hold.heard == [1, 2, 3, END]
    assert threading.current_thread() not in hold.threads
    all_gone(before)


def test_the_threads_end_when_the_stream_is_left() -> None:
    """Dispose inside a delivery on another thread returns at once; that thread ends after it, and nothing comes."""
    hold, told, before = Holding(), Told(), set(threading.enumerate())
    source: Subject[int] = Subject()
    step = on_backpressure_buffer(3, "error", on_drop=told)
    subscription = source.pipe(step).subscribe(hold.take, hold.end, hold.end)
    source.on_next(1)
    assert hold.inside.wait(WATCHDOG)
    source.on_next(2)
    joined(on_thread(subscription.dispose))
    hold.let_go.set()
    all_gone(before)
    assert (hold.heard, told.lost) == ([1], [(2, "disposed")])


def test_the_producer_is_not_held_by_a_slow_subscriber() -> None:
    """While the subscriber is held the producer feeds on, and ends; the end waits for the subscriber."""
    hold, told = Holding(), Told()
    source: Subject[int] = Subject()
    source.pipe(on_backpressure_buffer(2, "drop_oldest", on_drop=told)).subscribe(hold.take, hold.end, hold.end)
    source.on_next(0)
    assert hold.inside.wait(WATCHDOG)
    joined(on_thread(lambda: [source.on_next(item) for item in range(1, 100)]))
    joined(on_thread(source.on_completed))
    assert hold.heard == [0]
    hold.let_go.set()
    assert hold.over.wait(WATCHDOG)
    assert hold.heard == [0, 98, 99, END]
    assert len(told.lost) == 97


def test_block_holds_the_producer_and_loses_nothing() -> None:
    """overflow="block" lets the producer no further ahead than what waits, what is on its way, and one in its hand."""
    sent: list[int] = []
    most, over = 0, threading.Event()
    heard: list[int] = []

    def take(item: int) -> None:
        nonlocal most
        heard.append(item)
        most = max(most, len(sent) - item)

    source: Subject[int] = Subject()
    source.pipe(on_backpressure_buffer(3, "block")).subscribe(take, on_completed=over.set)

    def feed() -> None:
        for item in range(300):
            sent.append(item)
            source.on_next(item)
        source.on_completed()

    joined(on_thread(feed))
    assert over.wait(WATCHDOG)
    assert heard == list(range(300))
    assert most <= 3 + 2


def test_dispose_lets_a_blocked_producer_go() -> None:
    """A producer that waits is let go by dispose, and what it held in its hand is told."""
    told, hold = Told(), Holding()
    source: Subject[int] = Subject()
    subscription = source.pipe(on_backpressure_buffer(1, "block", on_drop=told)).subscribe(hold.take)
    source.on_next(0)
    assert hold.inside.wait(WATCHDOG)
    source.on_next(1)
    producer = on_thread(lambda: source.on_next(2))
    subscription.dispose()
    joined(producer)
    hold.let_go.set()
    assert set(told.lost) <= {(1, "disposed"), (2, "disposed")}
    assert (1, "disposed") in told.lost


def test_block_inside_its_own_delivery_is_an_error() -> None:
    """A subscriber that feeds a full source from inside its delivery would wait for itself: an error, at once."""
    source: Subject[int] = Subject()
    hold = Holding()

    def take(item: int) -> None:
        if item == 0:
            for more in range(1, 5):
                source.on_next(more)

    source.pipe(on_backpressure_buffer(2, "block")).subscribe(take, hold.end)
    source.on_next(0)
    assert hold.over.wait(WATCHDOG)
    assert [type(item) for item in hold.heard] == [OverflowedError]


def test_a_pool_gives_one_item_at_a_time_in_order() -> None:
    """On a pool of many threads items come one at a time, in order, though one is held."""
    hold = Holding()
    pool = ThreadPoolScheduler(4)
    with ThreadPoolExecutor(4) as pool.executor:
        source: Subject[int] = Subject()
        step = on_backpressure_buffer(300, "error", scheduler=pool)
        source.pipe(step).subscribe(hold.take, hold.end, hold.end)
        source.on_next(0)
        assert hold.inside.wait(WATCHDOG)
        for item in range(1, 200):
            source.on_next(item)
        source.on_completed()
        hold.let_go.set()
        assert hold.over.wait(WATCHDOG)
    assert hold.heard == [*range(200), END]
    assert hold.overlaps == 0


@pytest.mark.parametrize("leave", [False, True], ids=["to the end", "left"])
def test_every_item_is_given_or_told_among_threads(*, leave: bool) -> None:
    """With a full buffer between threads, left or not, each item fed is given or told, once, and in order."""
    for _ in range(30):
        told, heard, over = Told(), list[int](), threading.Event()
        before = set(threading.enumerate())
        source: Subject[int] = Subject()
        step = on_backpressure_buffer(2, "drop_oldest", on_drop=told)
        subscription = source.pipe(step).subscribe(heard.append, on_completed=over.set)
        for item in range(200):
            source.on_next(item)
        if leave:
            joined(on_thread(subscription.dispose))
        else:
            source.on_completed()
            assert over.wait(WATCHDOG)
        all_gone(before)
        lost = [item for item, _ in told.lost]  # one may be on its last step, to nobody, when the stream is left
        assert heard == sorted(heard)
        assert len({*heard, *lost}) == len(heard) + len(lost) >= 200 - leave
