"""to: a sink gets every item, and can neither end, slow nor block a camera."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import operators as ops
from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm import Ledger, collect, video
from rxvlm.concurrency.timers import TIMERS
from rxvlm.operators import to
from rxvlm.sources import pushed
from rxvlm.stream import Origin, Stream


class Sink:
    """A sink that notes what it got, on which thread, and that it was closed; it waits while ``gate`` is shut."""

    def __init__(self, *, shut: bool = False, fails: tuple[int, ...] = ()) -> None:
        self.got: list[Any] = []
        self.threads: set[int] = set()
        self.closed = 0
        self.busy, self.gate, self.end = threading.Event(), threading.Event(), threading.Event()
        self._fails = fails
        if not shut:
            self.gate.set()

    def __call__(self, item: Any) -> None:
        self.busy.set()
        assert self.gate.wait(WATCHDOG)
        self.threads.add(threading.get_ident())
        if item in self._fails:
            raise KeyError(item)
        self.got.append(item)

    def close(self) -> None:
        self.closed += 1
        self.end.set()


def test_items_pass_unchanged_and_the_sink_gets_them_all() -> None:
    """On one thread of its own; it is closed before the end is passed on."""
    sink = Sink()
    step = to(sink)
    closed_at_end: list[int] = []
    stream = reactivex.range(0, 500).pipe(step, ops.do_action(on_completed=lambda: closed_at_end.append(sink.closed)))
    assert collect(stream) == sink.got == list(range(500))
    assert (step.sent, step.failed, step.lost, closed_at_end) == (500, 0, 0, [1])
    assert len(sink.threads) == 1
    assert threading.get_ident() not in sink.threads


def test_an_error_comes_after_the_sink_was_closed() -> None:
    """The stream's own error is passed on as late as its end."""
    sink = Sink()
    with pytest.raises(ZeroDivisionError):
        collect(reactivex.concat(reactivex.of(1, 2), reactivex.throw(ZeroDivisionError())).pipe(to(sink)))
    assert (sink.got, sink.closed) == ([1, 2], 1)


def test_a_sink_that_raises_is_counted_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The items pass all the same; the log has the user's line, once a minute."""
    sink = Sink(fails=(1, 3))
    step = to(sink)
    assert collect(reactivex.range(0, 5).pipe(step)) == [0, 1, 2, 3, 4]
    assert (step.sent, step.failed, step.lost) == (3, 2, 0)
    assert caplog.text.count("raise KeyError(item)") == 1


def test_failures_may_be_told() -> None:
    """``on_error`` gets the item and the error; if it raises itself, that is no matter either."""
    told: list[tuple[int, str]] = []

    def tell(item: int, error: Exception) -> None:
        told.append((item, repr(error)))
        raise RuntimeError

    assert collect(reactivex.range(0, 3).pipe(to(Sink(fails=(1,)), on_error=tell))) == [0, 1, 2]
    assert told == [(1, "KeyError(1)")]


def test_a_camera_does_not_wait_for_a_sink() -> None:
    """Of a live camera the oldest items are lost, and counted."""
    camera, sink = pushed("yard"), Sink(shut=True)
    frames: list[int] = []
    step, all_pushed = to(sink, capacity=2), threading.Event()
    stream = camera.pipe(ops.map(lambda frame: frame.index), step)

    def take(index: int) -> None:
        frames.append(index)
        if index == 9:
            all_pushed.set()

    stream.subscribe(take, on_completed=sink.end.set)
    import numpy as np

    for second in range(10):
        camera.push(np.zeros((4, 4, 3), np.uint8), time=float(second))
    assert all_pushed.wait(WATCHDOG)
    assert frames == list(range(10))
    camera.end()
    sink.gate.set()
    assert step.wait(WATCHDOG)
    assert sink.got[-2:] == [8, 9]
    assert step.sent + step.lost == 10


def test_a_film_waits_for_a_sink() -> None:
    """Nothing of a film is lost, however small the queue."""
    step = to(Sink(), capacity=1)
    assert len(collect(video("demo:yard?seconds=20&fps=10").pipe(step))) == step.sent == 200


def test_a_disposal_returns_at_once_and_the_sink_still_gets_what_waits() -> None:
    """It is closed behind the disposal; nothing more is delivered to the subscriber."""
    source, sink, ends = Subject[int](), Sink(shut=True), list[str]()
    step = to(sink)
    subscription = source.pipe(step).subscribe(on_completed=lambda: ends.append("completed"))
    for number in range(3):
        source.on_next(number)
    assert sink.busy.wait(WATCHDOG)
    subscription.dispose()
    assert not step.wait(0.0)
    sink.gate.set()
    assert step.wait(WATCHDOG)
    assert (sink.got, sink.closed, ends) == ([0, 1, 2], 1, [])


def test_a_sink_that_hangs_is_given_up() -> None:
    """After ``drain`` seconds the end is passed on, and what is left is lost; it is closed when it comes back."""
    sink = Sink(shut=True)
    step = to(sink, drain=0.05)
    assert collect(reactivex.range(0, 4).pipe(step)) == [0, 1, 2, 3]
    assert (step.sent, step.failed, step.lost) == (0, 0, 4)
    sink.gate.set()
    assert sink.end.wait(WATCHDOG)
    assert (step.sent, step.lost, sink.closed) == (0, 4, 1)


def test_a_function_is_a_sink() -> None:
    """It needs no ``close``; ``print`` will do."""
    got: list[int] = []
    assert collect(reactivex.of(1, 2).pipe(to(got.append))) == got == [1, 2]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"sink": 3}, TypeError, "to takes a sink"),
        ({"capacity": 0}, ValueError, "capacity must be at least 1"),
        ({"overflow": "error"}, ValueError, "no sink ends a stream"),
        ({"drain": 0}, ValueError, "drain must be above 0 seconds"),
        ({"on_error": "raise"}, ValueError, "on_error must be 'log' or a function"),
    ],
)
def test_misuse_is_an_error_at_once(options: dict[str, Any], error: type[Exception], says: str) -> None:
    """Before anything is subscribed to."""
    given: dict[str, Any] = {"sink": print, **options}
    with pytest.raises(error, match=says):
        to(**given)


def test_a_sink_that_is_given_up_while_it_is_idle_is_closed() -> None:
    """Its scheduler never gets to it."""
    sink = Sink()
    step = to(sink, drain=0.05, scheduler=VirtualTimeScheduler())
    assert collect(reactivex.of(1, 2).pipe(step)) == [1, 2]
    assert step.wait(WATCHDOG)
    assert (sink.got, sink.closed, step.lost) == ([], 1, 2)


def test_what_a_sink_does_not_take_passes_it_by() -> None:
    """Such an item takes no place in the queue, and is counted nowhere."""

    class Even(Sink):
        def takes(self, item: int) -> bool:
            return item % 2 == 0

    sink, source = Even(shut=True), Subject[int]()
    step = to(sink, capacity=2, overflow="drop_oldest")
    passed: list[int] = []
    source.pipe(step).subscribe(passed.append)
    for number in range(6):  # 0 is with the sink, 2 and 4 wait
        source.on_next(number)
    source.on_completed()
    sink.gate.set()
    assert step.wait(WATCHDOG)
    assert (passed, sink.got) == ([0, 1, 2, 3, 4, 5], [0, 2, 4])
    assert (step.sent, step.failed, step.lost) == (3, 0, 0)


def test_a_sink_that_waits_is_told_when_it_will_be_given_up() -> None:
    """``finish`` comes on another thread while the sink is busy, with the seconds that are left."""

    class Patient(Sink):
        def finish(self, seconds: float) -> None:
            self.told = seconds
            self.gate.set()

    sink = Patient(shut=True)
    step = to(sink, drain=WATCHDOG)
    assert collect(reactivex.of(1, 2).pipe(step)) == sink.got == [1, 2]
    assert sink.told == WATCHDOG


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_a_sink_that_asks_for_the_exit_is_one_that_raises(error: BaseException) -> None:
    """What is no Exception, such as that of ``sys.exit``, does not end the sink's thread: the rest is sent."""

    def leave(item: int) -> None:
        if item == 1:
            raise error

    step = to(leave)
    assert collect(reactivex.range(0, 4).pipe(step)) == [0, 1, 2, 3]
    assert (step.sent, step.failed, step.lost) == (3, 1, 0)


def test_a_close_that_raises_or_hangs_does_not_keep_the_end() -> None:
    """The end is passed on when ``close`` has failed, and after ``drain`` seconds where it hangs; nothing is lost."""
    go = threading.Event()

    class Closed(Sink):
        def __init__(self, close: Any, *, hangs: bool) -> None:
            super().__init__()
            self._close, self.hangs = close, hangs

        def close(self) -> None:
            self._close()

    for sink in (Closed(lambda: 1 / 0, hangs=False), Closed(lambda: go.wait(WATCHDOG), hangs=True)):
        step = to(sink, drain=0.2)
        assert collect(reactivex.range(0, 3).pipe(step)) == [0, 1, 2]
        assert (step.sent, step.failed, step.lost, sink.got) == (3, 0, 0, [0, 1, 2])
        if sink.hangs:
            go.set()
        assert step.wait(WATCHDOG)


def test_a_sink_may_dispose_of_its_own_stream() -> None:
    """From inside its call: it is given what waits, and closed."""
    sink, source = Sink(), Subject[int]()
    step = to(lambda item: (running.dispose() if item == 1 else None, sink(item)))
    running = source.pipe(step).subscribe()
    for item in range(4):
        source.on_next(item)
    assert step.wait(WATCHDOG)
    assert sink.got[:2] == [0, 1]
    assert step.lost == 0


def test_a_long_drain_is_no_harm() -> None:
    """Also an infinite one: the timers of all others go on."""
    for seconds in (1e12, float("inf")):
        assert collect(reactivex.range(0, 3).pipe(to(Sink(), drain=seconds))) == [0, 1, 2]
    assert collect(reactivex.timer(0.01, scheduler=TIMERS)) == [0]


def test_a_subscriber_that_raises_leaves_no_sink_open() -> None:
    """Neither at an item nor at the end: the sink is closed, and nothing waits for it any more."""

    def raises(_: object = None) -> None:
        raise ZeroDivisionError

    for on_next, on_end in ((raises, None), (None, raises)):
        sink = Sink()
        step = to(sink)
        reactivex.of(1).pipe(step).subscribe(on_next, on_end, on_end)
        assert sink.end.wait(WATCHDOG)
        assert step.wait(WATCHDOG)


class Following(list[Any]):
    """A sink that notes the ledgers that it is told to follow, and when it no longer does."""

    def __init__(self) -> None:
        super().__init__()
        self.followed: list[Ledger] = []

    def __call__(self, item: Any) -> None:
        self.append(item)

    def follow(self, ledger: Ledger) -> DisposableBase:
        self.followed.append(ledger)
        return Disposable(lambda: self.followed.remove(ledger))

    def close(self) -> None:
        self.append([ledger.name for ledger in self.followed])


def test_a_sink_follows_the_ledgers_of_its_stream() -> None:
    """Those of a camera that is added later, too, once, and until the sink is closed."""
    ledgers = {"yard": Ledger("yard")}
    sink, items, clock = Following(), Subject[int](), VirtualTimeScheduler()
    Stream.of(items, Origin(ledgers)).pipe(to(sink, scheduler=clock)).subscribe(scheduler=clock)
    items.on_next(1)
    ledgers["gate"] = Ledger("gate")
    items.on_next(2)
    items.on_completed()
    clock.start()
    assert sink == [1, 2, ["yard", "gate"]]
    assert sink.followed == []
