"""flat_map_bounded where its facts are about threads: serialised results, and producers that wait."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import CurrentThreadScheduler, ImmediateScheduler, ThreadPoolScheduler
from reactivex.subject import Subject

from rxvlm.concurrency.workers import Workers
from rxvlm.errors import OverflowedError
from rxvlm.operators import flat_map_bounded
from rxvlm.operators.bounding.rules import Order
from rxvlm.testing import END

WATCHDOG = 30.0


class Told:
    """Remembers what was lost."""

    def __init__(self) -> None:
        self.lost: list[tuple[Any, str]] = []

    def __call__(self, item: object, reason: str) -> None:
        self.lost.append((item, reason))


class Running:
    """An action on a thread of its own."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._failed: list[Exception] = []
        self._action = action
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._action()
        except Exception as error:  # noqa: BLE001 - given in `join`
            self._failed.append(error)

    def join(self) -> None:
        self._thread.join(WATCHDOG)
        assert not self._thread.is_alive(), "hung"
        if self._failed:
            raise self._failed[0]

    def waits(self) -> bool:
        """Give, once it is known, whether it waits for a condition, or has ended."""
        for _ in range(int(WATCHDOG * 1000)):
            frame = sys._current_frames().get(self._thread.ident or 0)  # pyright: ignore[reportPrivateUsage] - documented, in spite of its name
            if frame is None or not self._thread.is_alive():
                return False
            if (frame.f_code.co_filename, frame.f_code.co_name) == (threading.__file__, "wait"):
                return True
            threading.Event().wait(0.001)
        pytest.fail("it neither waits nor ends")


@contextmanager
def switching_fast() -> Generator[None]:
    """Let threads take turns some thousand times more often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def unexpected(error: Exception) -> None:
    raise error


def on(pool: ThreadPoolScheduler) -> Callable[[int], Observable[int]]:
    """Make works that give their item on a thread of a pool."""
    return lambda item: reactivex.just(item, pool)


def always(work: Observable[int]) -> Callable[[int], Observable[int]]:
    """Make one stream the work of every item."""
    return lambda _: work


class Hold:
    """A subscriber that holds the first thread that comes, until it is let go."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.inside = threading.Event()
        self.let_go = threading.Event()
        self.overlaps = 0
        self._busy = threading.Lock()

    def __call__(self, item: int) -> None:
        if not self._busy.acquire(blocking=False):
            self.overlaps += 1
            return
        self.heard.append(item)
        if not self.inside.is_set():
            self.inside.set()
            assert self.let_go.wait(WATCHDOG)
        self._busy.release()


@pytest.mark.parametrize("order", ["arrival", "source"])
def test_results_are_serialised_and_no_lock_is_held_over_them(order: Order) -> None:
    """While one thread is inside on_next another's result waits without that thread; a third may feed and end."""
    source: Subject[int] = Subject()
    works: dict[int, Subject[int]] = {item: Subject() for item in (1, 2, 3)}
    hold, ended = Hold(), threading.Event()
    step = flat_map_bounded(works.__getitem__, max_concurrent=3, capacity=0, overflow="error", order=order)
    source.pipe(step).subscribe(hold, unexpected, ended.set)
    source.on_next(1)
    source.on_next(2)
    held = Running(lambda: works[1].on_next(1))
    assert hold.inside.wait(WATCHDOG)
    Running(lambda: (works[2].on_next(2), works[2].on_completed())).join()
    Running(lambda: (source.on_next(3), works[3].on_next(3))).join()
    Running(source.on_completed).join()
    assert hold.heard == [1]
    hold.let_go.set()
    held.join()
    for work in (works[1], works[3]):
        work.on_completed()
    assert ended.wait(WATCHDOG)
    assert (hold.heard, hold.overlaps) == ([1, 2, 3], 0)


def test_disposing_does_not_wait_for_a_delivery() -> None:
    """While one thread is inside on_next another can dispose, and returns; nothing comes after."""
    source: Subject[int] = Subject()
    work: Subject[int] = Subject()
    hold = Hold()
    step = flat_map_bounded(always(work), max_concurrent=1, capacity=0, overflow="error")
    subscription = source.pipe(step).subscribe(hold, unexpected)
    source.on_next(1)
    held = Running(lambda: work.on_next(1))
    assert hold.inside.wait(WATCHDOG)
    Running(lambda: work.on_next(2)).join()
    Running(subscription.dispose).join()
    assert work.observers == []
    hold.let_go.set()
    held.join()
    assert hold.heard == [1]


def test_a_works_error_waits_for_the_delivery() -> None:
    """While one thread is inside on_next the error of another work returns at once, and is delivered after it."""
    source: Subject[int] = Subject()
    works: dict[int, Subject[int]] = {item: Subject() for item in (1, 2)}
    hold = Hold()
    log: list[Any] = []
    step = flat_map_bounded(works.__getitem__, max_concurrent=2, capacity=0, overflow="error")
    source.pipe(step, ops.do_action(hold), ops.do_action(log.append)).subscribe(on_error=log.append)
    source.on_next(1)
    source.on_next(2)
    held = Running(lambda: works[1].on_next(1))
    assert hold.inside.wait(WATCHDOG)
    Running(lambda: works[2].on_error(RuntimeError("broken"))).join()
    assert log == []
    hold.let_go.set()
    held.join()
    assert [str(item) for item in log] == ["1", "broken"]


class Blocking:
    """One place, taken, with room for none: the next item holds its producer up."""

    def __init__(self, *, capacity: int = 0, on_drop: Told | None = None) -> None:
        self.log: list[Any] = []
        self.works: dict[int, Subject[int]] = {item: Subject() for item in range(5)}
        self.source: Subject[int] = Subject()
        step = flat_map_bounded(self._work, max_concurrent=1, capacity=capacity, overflow="block", on_drop=on_drop)
        self.subscription = self.source.pipe(step).subscribe(self.log.append, self.log.append)

    def _work(self, item: int) -> Observable[int]:
        self.log.append(f"work {item}")
        return self.works[item]

    def feed(self, item: int) -> None:
        self.source.on_next(item)
        self.log.append(f"fed {item}")


@pytest.mark.parametrize("capacity", [0, 1])
def test_block_holds_the_producer_until_there_is_room(capacity: int) -> None:
    """overflow="block" holds the producer's thread where there is no room, and lets it go on when a place is free."""
    blocking = Blocking(capacity=capacity)
    for item in range(1 + capacity):
        blocking.feed(item)
    producer = Running(lambda: blocking.feed(1 + capacity))
    assert producer.waits()
    blocking.log.append("free")
    blocking.works[0].on_completed()
    producer.join()
    fed, free = blocking.log.index(f"fed {1 + capacity}"), blocking.log.index("free")
    assert fed > free
    assert "work 1" in blocking.log


def test_block_holds_the_producer_while_a_result_is_being_delivered() -> None:
    """A work's place is free once its results have been taken: a slow subscriber slows the producer."""
    source: Subject[int] = Subject()
    works: dict[int, Subject[int]] = {item: Subject() for item in (1, 2)}
    hold = Hold()
    step = flat_map_bounded(works.__getitem__, max_concurrent=1, capacity=0, overflow="block")
    source.pipe(step).subscribe(hold, unexpected)
    source.on_next(1)
    held = Running(lambda: (works[1].on_next(1), works[1].on_completed()))
    assert hold.inside.wait(WATCHDOG)
    producer = Running(lambda: source.on_next(2))
    assert producer.waits()
    hold.let_go.set()
    held.join()
    producer.join()
    assert works[2].observers != []


def test_block_goes_on_when_a_work_ends_behind_the_head() -> None:
    """With order="source" a work that ends before its turn makes room among those that wait."""
    source: Subject[int] = Subject()
    works: dict[int, Subject[int]] = {item: Subject() for item in (1, 2, 3, 4)}
    step = flat_map_bounded(works.__getitem__, max_concurrent=2, capacity=1, overflow="block", order="source")
    source.pipe(step).subscribe(on_error=unexpected)
    for item in (1, 2, 3):
        source.on_next(item)
    producer = Running(lambda: source.on_next(4))
    assert producer.waits()
    works[2].on_completed()
    producer.join()
    assert works[3].observers != []


def test_block_goes_on_as_soon_as_a_place_is_free() -> None:
    """With order="source" the head's place is free although the results held back behind it are not taken yet."""
    source: Subject[int] = Subject()
    works: dict[int, Subject[int]] = {item: Subject() for item in (1, 2, 3)}
    hold = Hold()
    step = flat_map_bounded(works.__getitem__, max_concurrent=2, capacity=0, overflow="block", order="source")
    source.pipe(step).subscribe(hold, unexpected)
    source.on_next(1)
    source.on_next(2)
    works[2].on_next(2)
    works[2].on_completed()
    producer = Running(lambda: source.on_next(3))
    assert producer.waits()
    held = Running(works[1].on_completed)
    assert hold.inside.wait(WATCHDOG)
    producer.join()
    assert works[3].observers != []
    hold.let_go.set()
    held.join()


def test_dispose_lets_a_blocked_producer_go() -> None:
    """Disposing frees the thread of a producer that waits, and tells what it held in its hand."""
    told = Told()
    blocking = Blocking(on_drop=told)
    blocking.feed(1)
    producer = Running(lambda: blocking.feed(2))
    assert producer.waits()
    blocking.subscription.dispose()
    producer.join()
    assert "work 2" not in blocking.log
    assert told.lost == [(1, "disposed"), (2, "disposed")]


def test_a_works_error_lets_a_blocked_producer_go() -> None:
    """The error of a work frees the thread of a producer that waits, and tells what it held in its hand."""
    told = Told()
    blocking = Blocking(on_drop=told)
    blocking.feed(1)
    producer = Running(lambda: blocking.feed(2))
    assert producer.waits()
    blocking.works[1].on_error(RuntimeError("broken"))
    producer.join()
    assert "work 2" not in blocking.log
    assert told.lost == [(1, "error"), (2, "error")]


def on_a_watched_thread(action: Callable[[], None]) -> None:
    """Run what may hang if it is broken."""
    Running(action).join()


def test_block_inside_the_delivery_of_its_own_work_is_an_error() -> None:
    """A subscriber that feeds a full source from inside on_next would wait for itself: an error, at once."""
    heard: list[Any] = []
    told = Told()

    def run() -> None:
        source: Subject[int] = Subject()
        work: Subject[int] = Subject()

        def take(item: int) -> None:
            heard.append(item)
            source.on_next(2)

        step = flat_map_bounded(always(work), max_concurrent=1, capacity=0, overflow="block", on_drop=told)
        source.pipe(step).subscribe(take, heard.append)
        source.on_next(1)
        work.on_next(10)

    on_a_watched_thread(run)
    assert [type(item) for item in heard] == [int, OverflowedError]
    assert told.lost == [(2, "overflow"), (1, "error")]


def test_block_inside_the_start_of_its_own_work_is_an_error() -> None:
    """A work that feeds its full source while it starts would wait for itself: an error, at once."""
    heard: list[Any] = []

    def run() -> None:
        source: Subject[int] = Subject()

        def work(item: int) -> Observable[int]:
            if item == 1:
                source.on_next(2)
            return reactivex.just(item)

        step = flat_map_bounded(work, max_concurrent=1, capacity=0, overflow="block")
        source.pipe(step).subscribe(heard.append, heard.append)
        source.on_next(1)

    on_a_watched_thread(run)
    assert [type(item) for item in heard] == [OverflowedError]


@pytest.mark.parametrize("capacity", [0, 1])
def test_block_while_works_wait_for_this_thread_is_an_error(capacity: int) -> None:
    """Works on the trampoline of the producer's own thread could never make room: an error, at once."""
    heard: list[Any] = []

    def work(item: int) -> Observable[int]:
        return reactivex.of(item, item)

    def run() -> None:
        step = flat_map_bounded(work, max_concurrent=1, capacity=capacity, overflow="block")
        reactivex.from_iterable(range(3)).pipe(step).subscribe(heard.append, heard.append)

    on_a_watched_thread(run)
    assert [type(item) for item in heard] == [OverflowedError]


def test_block_waits_where_works_run_on_other_threads() -> None:
    """A source on the trampoline of its thread may well wait for works on a pool: no error, nothing lost."""
    heard: list[Any] = []
    with ThreadPoolExecutor(2) as executor:
        pool = ThreadPoolScheduler(2)
        pool.executor = executor
        ended = threading.Event()

        def run() -> None:
            step = flat_map_bounded(on(pool), max_concurrent=2, capacity=1, overflow="block", order="source")
            reactivex.from_iterable(range(100)).pipe(step).subscribe(heard.append, heard.append, ended.set)

        on_a_watched_thread(run)
        assert ended.wait(WATCHDOG)
    assert heard == list(range(100))


@pytest.mark.parametrize("order", ["arrival", "source"])
def test_no_item_is_lost_or_doubled_among_threads(order: Order) -> None:
    """With a producer that waits and works on three threads, each of 50 x 200 items comes once, in order if asked."""
    with switching_fast(), ThreadPoolExecutor(3) as executor:
        pool = ThreadPoolScheduler(3)
        pool.executor = executor
        for _ in range(25):
            heard, ended = Hold(), threading.Event()
            heard.inside.set()
            source: Subject[int] = Subject()
            step = flat_map_bounded(on(pool), max_concurrent=3, capacity=2, overflow="block", order=order)
            source.pipe(step).subscribe(heard, unexpected, ended.set)

            def feed(source: Subject[int] = source) -> None:
                for item in range(200):
                    source.on_next(item)
                source.on_completed()

            Running(feed).join()
            assert ended.wait(WATCHDOG)
            assert heard.overlaps == 0
            assert sorted(heard.heard) == list(range(200))
            assert order == "arrival" or heard.heard == sorted(heard.heard)


def test_every_item_is_given_or_told_among_threads() -> None:
    """With drop_oldest and works on three threads each item is either given or told, once."""
    with switching_fast(), ThreadPoolExecutor(3) as executor:
        pool = ThreadPoolScheduler(3)
        pool.executor = executor
        for _ in range(25):
            heard: list[int] = []
            told, ended = Told(), threading.Event()
            source: Subject[int] = Subject()
            step = flat_map_bounded(
                on(pool),
                max_concurrent=2,
                capacity=1,
                overflow="drop_oldest",
                on_drop=told,
            )
            source.pipe(step, ops.do_action(heard.append)).subscribe(on_completed=ended.set)
            for item in range(200):
                source.on_next(item)
            source.on_completed()
            assert ended.wait(WATCHDOG)
            assert sorted([*heard, *(item for item, _ in told.lost)]) == list(range(200))


def test_disposing_among_threads_leaves_no_work_behind() -> None:
    """However dispose and the ends of works meet, no item is told twice, and the source is left."""
    with switching_fast(), ThreadPoolExecutor(3) as executor:
        pool = ThreadPoolScheduler(3)
        pool.executor = executor
        for _ in range(50):
            heard: list[int] = []
            told = Told()
            source: Subject[int] = Subject()
            step = flat_map_bounded(on(pool), max_concurrent=2, capacity=2, overflow="block", on_drop=told)
            subscription = source.pipe(step).subscribe(heard.append, unexpected)
            fed: list[int] = []

            def feed(source: Subject[int] = source, fed: list[int] = fed) -> None:
                for item in range(20):
                    fed.append(item)
                    source.on_next(item)

            producer = Running(feed)
            subscription.dispose()
            producer.join()
            reasons = {reason for _, reason in told.lost}
            assert reasons <= {"disposed"}
            assert len({item for item, _ in told.lost}) == len(told.lost)
            assert source.observers == []


def test_the_trampoline_is_left_clean_after_an_error() -> None:
    """After a block that would never end the thread can be used for another stream."""
    heard: list[Any] = []

    def run() -> None:
        step = flat_map_bounded(reactivex.just, max_concurrent=1, capacity=0, overflow="block")
        reactivex.from_iterable(range(3)).pipe(step).subscribe(on_error=heard.append)
        assert CurrentThreadScheduler.singleton().schedule_required()
        reactivex.of(1).subscribe(heard.append, unexpected, lambda: heard.append(END))

    on_a_watched_thread(run)
    assert [type(heard[0]), *heard[1:]] == [OverflowedError, 1, END]


class Thing:
    """Something whose death is heard of."""

    def __init__(self) -> None:
        self.dead = threading.Event()
        weakref.finalize(self, self.dead.set)


@pytest.fixture
def no_collector() -> Generator[None]:
    """Let only what nothing refers to be freed."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector", "no_threads_left")
@pytest.mark.parametrize("order", ["arrival", "source"])
@pytest.mark.parametrize("threaded", [False, True])
def test_item_and_result_die_with_their_work(order: Order, *, threaded: bool) -> None:
    """Once a work has ended and its result was taken nothing holds either, though the stream goes on."""
    pool = Workers("rxvlm-test") if threaded else ImmediateScheduler.singleton()
    source: Subject[Thing] = Subject()
    deaths: list[threading.Event] = []

    def make() -> Thing:
        result = Thing()
        deaths.append(result.dead)
        return result

    def work(
        _: Thing,
    ) -> Observable[Thing]:  # of a concat RxPY keeps closures in a cycle, and with them the work's slot
        return reactivex.concat(reactivex.from_callable(make, pool), reactivex.empty())

    step = flat_map_bounded(work, max_concurrent=1, capacity=2, overflow="block", order=order)
    taken = threading.Semaphore(0)
    subscription = source.pipe(step).subscribe(lambda _: taken.release(), unexpected)
    for _ in range(2):
        item = Thing()
        deaths.append(item.dead)
        source.on_next(item)
        del item
        assert taken.acquire(timeout=WATCHDOG)
    assert len(deaths) == 4
    assert all(dead.wait(WATCHDOG if threaded else 0.0) for dead in deaths)
    subscription.dispose()
    if isinstance(pool, Workers):
        pool.close()


@pytest.mark.usefixtures("no_collector")
def test_works_leave_no_cycles_behind() -> None:
    """What a work needed is free when it has ended: there is nothing for the collector to find."""
    source: Subject[int] = Subject()
    at_once = ImmediateScheduler.singleton()
    step = flat_map_bounded(lambda item: reactivex.just(item, at_once), max_concurrent=1, capacity=0, overflow="block")
    heard: list[int] = []
    subscription = source.pipe(step).subscribe(heard.append, unexpected)
    gc.collect()
    for item in range(100):
        source.on_next(item)
    assert gc.collect() < len(heard) == 100
    subscription.dispose()
