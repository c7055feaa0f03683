"""The Rx contract, for every operator there is: one thing at a time, nothing after the end, nobody left behind."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import av
import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable
from reactivex.scheduler import ImmediateScheduler, VirtualTimeScheduler

from rxvlm import Analysis, Clip, Ledger, Window, operators, rule
from rxvlm.concurrency import workers
from rxvlm.media import jpeg, mp4
from rxvlm.media.demux import Demux
from rxvlm.operators import Operator
from rxvlm.stream import Stream
from rxvlm.testing import END, Say, frames_at, scripted, video_of

Pool = SchedulerBase | None

FRAMES = frames_at([float(second) for second in range(12)], size=(8, 6))
WINDOWS = [Window(tuple(FRAMES[at : at + 3]), float(at), at + 3.0) for at in range(0, 12, 3)]
CLIPS = [
    Clip.of(window, tuple(jpeg.encode(frame.image, 80) for frame in window.frames), (8, 6), window.times)
    for window in WINDOWS
]


def compressed(window: Window) -> Window:
    """Give a window of packets, as a camera sends them."""
    data = mp4.encode([(frame.time, frame.picture()) for frame in window.frames], size=(8, 6))
    with av.open(io.BytesIO(data), "r") as container:
        demux = Demux(container.streams.video[0])
        shown = [one for packet in container.demux(video=0) for one in demux.push(packet)]
    shown += demux.flush()
    frames = [replace(frame, pixels=one.pixels) for frame, one in zip(window.frames, shown, strict=True)]
    return replace(window, frames=tuple(frames))


COPIED = [compressed(window) for window in WINDOWS]
ANSWERS = [Analysis(clip, "What?", "m", 0.0, 1.0, "a cat") for clip in CLIPS]
NUMBERS = [1, 2, 3, 4]
ROOM = 20
AT_ONCE = ImmediateScheduler.singleton()


@dataclass(frozen=True)
class Case:
    """An operator, and what to feed it.

    Attributes:
        make: Makes it; what works on a pool is given one, None for its own threads.
        items: What it is fed.
        hops: Whether what it gives may come on another thread than that of its source.
        end_hops: Whether only the end may.
        gives: How much of each item, where it hops.
        first: How many items it takes to give anything, where it hops.
    """

    make: Callable[[Pool], Operator[Any, Any]]
    items: Sequence[Any]
    hops: bool = False
    end_hops: bool = False
    gives: int = 1
    first: int = 1


def analyze(pool: Pool) -> Operator[Clip, Any]:
    return operators.analyze(scripted(Say("a cat", seconds=0.0)), "What?", capacity=ROOM, scheduler=pool)


def ask_all(pool: Pool) -> Operator[Clip, Any]:
    model = scripted(Say("a cat", seconds=0.0))
    return operators.ask_all(model, ["What?", "Where?"], capacity=ROOM, scheduler=pool)


def ask_models(pool: Pool) -> Operator[Clip, Any]:
    models = {"a": scripted(Say("a cat", seconds=0.0)), "b": scripted(Say("a dog", seconds=0.0))}
    return operators.ask_models(models, "What?", capacity=ROOM, scheduler=pool)


def worked(pool: Pool) -> Operator[int, int]:
    def work(item: int) -> Observable[int]:
        return reactivex.timer(0.0, scheduler=pool if item == 1 else AT_ONCE).pipe(ops.map(lambda _: item))

    return operators.flat_map_bounded(work, max_concurrent=2, capacity=ROOM, overflow="error")


def last(window: Window, count: int) -> Any:
    return window.frames[-count:]


def ignored(_item: object) -> None:
    """Take an item, and do nothing with it."""


CASES: dict[str, Case] = {
    "analyze": Case(analyze, CLIPS, hops=True),
    "ask_all": Case(ask_all, CLIPS, hops=True, gives=2),
    "ask_models": Case(ask_models, CLIPS, hops=True),
    "at_most_every": Case(lambda _: operators.at_most_every(2.0, time=float), NUMBERS),
    "buffer_by_count": Case(lambda _: operators.buffer_by_count(2), FRAMES),
    "buffer_by_time": Case(lambda _: operators.buffer_by_time(2.5, patience=3600.0), FRAMES),
    "clip_around": Case(lambda _: operators.clip_around(lambda frame: frame.index % 6 == 3, 1.0, 2.0), FRAMES),
    "clip_evenly": Case(
        lambda pool: operators.clip_evenly(1.0, 1, capacity=ROOM, scheduler=pool), FRAMES, hops=True, first=2
    ),
    "close_ledger": Case(lambda _: operators.close_ledger(Ledger()), NUMBERS),
    "crop": Case(lambda _: operators.crop((0, 0, 500, 500)), FRAMES),
    "encode_copy": Case(lambda pool: operators.encode_copy(capacity=ROOM, scheduler=pool), COPIED, hops=True),
    "encode_jpegs": Case(lambda pool: operators.encode_jpegs(capacity=ROOM, scheduler=pool), WINDOWS, hops=True),
    "encode_mp4": Case(lambda pool: operators.encode_mp4(capacity=ROOM, scheduler=pool), WINDOWS, hops=True),
    "encode_with": Case(
        lambda pool: operators.encode_with(lambda window: CLIPS[WINDOWS.index(window)], capacity=ROOM, scheduler=pool),
        WINDOWS,
        hops=True,
    ),
    "events_when": Case(
        lambda _: operators.events_when(lambda analysis: analysis.clip.start % 6 == 0, need=(1, 1), clear=1), ANSWERS
    ),
    "flat_map_bounded": Case(worked, NUMBERS, hops=True),
    "gate_by_motion": Case(lambda _: operators.gate_by_motion(lambda _window: 1.0, open_at=0.5), WINDOWS),
    "keep_fullest": Case(lambda _: operators.keep_fullest(), WINDOWS),
    "mask": Case(lambda _: operators.mask([[(0, 0), (500, 0), (500, 500)]]), FRAMES),
    "to": Case(lambda pool: operators.to(ignored, scheduler=pool), NUMBERS, end_hops=True),
    "on_backpressure_buffer": Case(
        lambda pool: operators.on_backpressure_buffer(ROOM, "error", scheduler=pool), NUMBERS, hops=True
    ),
    "resize": Case(lambda _: operators.resize(4), FRAMES),
    "sample_changes": Case(lambda _: operators.sample_changes(2), WINDOWS),
    "sample_evenly": Case(lambda _: operators.sample_evenly(2), WINDOWS),
    "sample_rate": Case(lambda _: operators.sample_rate(0.5), WINDOWS),
    "sample_sharpest": Case(lambda _: operators.sample_sharpest(2), WINDOWS),
    "sample_with": Case(lambda _: operators.sample_with(last, 1), WINDOWS),
    "skip_short_end": Case(lambda _: operators.skip_short_end(), WINDOWS),
    "thin_to_rate": Case(lambda _: operators.thin_to_rate(0.5), FRAMES),
    "with_context": Case(lambda _: operators.with_context(lambda frame: frame.index % 6 == 3, 1.0, 2.0), FRAMES),
    "with_events": Case(lambda _: operators.with_events(rule("n", lambda _: None)), ANSWERS),
}
NO_OPERATORS = {"EventClips", "OnDrop", "Operator", "Strategy", "latest", "moving"}

every = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


class Source:
    """A source in the test's hand, that remembers with which clock it was subscribed to, and who has left it."""

    def __init__(self) -> None:
        self.clocks: list[SchedulerBase | None] = []
        self.left = 0
        self._observers: list[ObserverBase[Any]] = []
        self.stream: Observable[Any] = Observable(self._subscribe)

    def _subscribe(self, observer: ObserverBase[Any], scheduler: SchedulerBase | None = None) -> DisposableBase:
        self.clocks.append(scheduler)
        self._observers.append(observer)
        return Disposable(self._leave)

    def _leave(self) -> None:
        self.left += 1

    def give(self, *items: Any) -> None:
        for item in items:
            for observer in self._observers:
                observer.on_next(item)

    def end(self, error: Exception | None = None) -> None:
        for observer in self._observers:
            if error is None:
                observer.on_completed()
            else:
                observer.on_error(error)


class Hearing:
    """A subscriber that remembers, notes what overlaps, and may hold the first who comes."""

    def __init__(self, *, hold: bool = False) -> None:
        self.heard: list[Any] = []
        self.overlaps = 0
        self.inside, self.let_go, self.over = threading.Event(), threading.Event(), threading.Event()
        self._hold = hold
        self._busy = threading.Lock()

    def subscribe(self, stream: Observable[Any], clock: SchedulerBase | None = None) -> DisposableBase:
        return stream.subscribe(self._take, self._end, lambda: self._end(END), scheduler=clock)

    def _take(self, item: object) -> None:
        if not self._busy.acquire(blocking=False):
            self.overlaps += 1
            return
        self.heard.append(item)
        if self._hold and not self.inside.is_set():
            self.inside.set()
            assert self.let_go.wait(WATCHDOG)
        self._busy.release()

    def _end(self, item: object) -> None:
        self._take(item)
        self.over.set()

    @property
    def said(self) -> list[str]:
        """What was heard, so that one subscription's can be compared with another's."""
        return [str(item) for item in self.heard]


class OnClock:
    """An operator between a source and a subscriber, on a virtual clock that is its pool, too."""

    def __init__(self, case: Case, *more: Operator[Any, Any]) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.source, self.hearing = Source(), Hearing()
        self.stream = self.source.stream.pipe(case.make(self.clock), *more)
        self.subscription = self.hearing.subscribe(self.stream, self.clock)

    def rest(self) -> None:
        self.clock.advance_to(self.clock.to_seconds(self.clock.now) + 60.0)


@pytest.fixture(autouse=True)
def idle_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let idle threads wait for ever: those that end were told to."""
    monkeypatch.setattr(workers, "IDLE_SECONDS", 3600.0)


def on_thread(action: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    return thread


def joined(*threads: threading.Thread) -> None:
    for thread in threads:
        thread.join(WATCHDOG)
        assert not thread.is_alive(), f"{thread.name} is left"


def all_gone(before: set[threading.Thread]) -> None:
    """See that every thread that was not there before ends."""
    while more := set(threading.enumerate()) - before:
        joined(*(thread for thread in more if thread.ident is not None))  # one without is about to start


def test_every_operator_is_here() -> None:
    """The table lists what `rxvlm.operators` lists, types and prompts aside."""
    assert set(CASES) == set(operators.__all__) - NO_OPERATORS


@every
def test_completion_comes_last_and_once(case: Case) -> None:
    """Completion comes after all that the items fed make, though that was outstanding when the source ended."""
    run = OnClock(case)
    run.source.give(*case.items)
    run.source.end()
    assert (END in run.hearing.heard) != (case.hops or case.end_hops)
    run.rest()
    assert len(run.hearing.heard) > 1
    assert run.hearing.heard.index(END) == len(run.hearing.heard) - 1


@every
def test_an_error_comes_last_and_once(case: Case) -> None:
    """The source's error comes as it is, after all that completion would have come after."""
    fine, failing = OnClock(case), OnClock(case)
    broken = RuntimeError("broken")
    fine.source.give(*case.items)
    fine.source.end()
    failing.source.give(*case.items)
    failing.source.end(broken)
    assert (broken in failing.hearing.heard) != (case.hops or case.end_hops)
    fine.rest()
    failing.rest()
    assert failing.hearing.heard[-1] is broken
    assert failing.hearing.said[:-1] == fine.hearing.said[:-1]


@every
@pytest.mark.parametrize("error", [None, RuntimeError("broken")], ids=["end", "error"])
def test_nothing_comes_after_the_end(case: Case, error: Exception | None) -> None:
    """A source that goes on after its end is not heard; it was left."""
    run = OnClock(case)
    run.source.give(*case.items)
    run.source.end(error)
    run.rest()
    heard = list(run.hearing.heard)
    run.source.give(*case.items)
    run.source.end()
    run.source.end(RuntimeError("again"))
    run.rest()
    assert (run.hearing.heard, run.source.left) == (heard, 1)


@every
def test_nothing_comes_after_leaving(case: Case) -> None:
    """At whatever item it is disposed of: the source is left, and neither items nor an end come any more."""
    for moment in range(len(case.items) + 1):
        run = OnClock(case)
        run.source.give(*case.items[:moment])
        run.subscription.dispose()
        heard = list(run.hearing.heard)
        run.source.give(*case.items[moment:])
        run.source.end()
        run.rest()
        assert (run.hearing.heard, run.source.left) == (heard, 1)
        assert END not in heard


@every
def test_who_takes_one_leaves_the_source(case: Case) -> None:
    """A stream that ends inside a delivery, from below, gives that item and the end alone, and leaves the source."""
    run = OnClock(case, ops.take(1))
    run.source.give(*case.items)
    run.rest()
    assert (len(run.hearing.heard), run.hearing.heard[-1], run.source.left) == (2, END, 1)


@every
def test_the_clock_is_passed_up(case: Case) -> None:
    """The scheduler given at subscription is the one that the source is subscribed with."""
    clock, source = VirtualTimeScheduler(0.0), Source()
    source.stream.pipe(case.make(VirtualTimeScheduler(0.0))).subscribe(scheduler=clock).dispose()
    assert [given is clock for given in source.clocks] == [True]


@every
def test_each_subscription_is_its_own(case: Case) -> None:
    """Two subscribers of one stream hear the same; one that comes later hears what it would have heard alone."""
    run, second, third = OnClock(case), Hearing(), Hearing()
    second.subscribe(run.stream, run.clock)
    run.source.give(*case.items)
    run.source.end()
    run.rest()
    later = Source()
    step = case.make(run.clock)
    OnClock(Case(lambda _: step, case.items)).source.give(*case.items[:1])
    third.subscribe(later.stream.pipe(step), run.clock)
    later.give(*case.items)
    later.end()
    run.rest()
    assert run.hearing.said == second.said == third.said


@every
def test_one_thing_at_a_time(case: Case) -> None:
    """While one thread is held inside on_next, what others feed, and the end, come after it, and never at once."""
    run, source = Hearing(hold=True), Source()
    before = set(threading.enumerate())
    run.subscribe(source.stream.pipe(case.make(None)))
    first = case.items[: case.first] if case.hops else case.items
    feeding = on_thread(lambda: source.give(*first))
    assert run.inside.wait(WATCHDOG)
    if case.hops:  # its source is not held: more can be fed, and the end, by another thread
        joined(feeding)
        joined(on_thread(lambda: (source.give(*case.items[case.first :]), source.end())))
        assert len(run.heard) == 1
    run.let_go.set()
    joined(feeding)
    source.end()
    assert run.over.wait(WATCHDOG)
    assert run.overlaps == 0
    assert run.heard.index(END) == len(run.heard) - 1
    assert len(run.heard) == case.gives * len(case.items) + 1 or not case.hops
    all_gone(before)


@every
def test_leaving_leaves_no_thread(case: Case) -> None:
    """However many items were fed, leaving by another thread ends all threads, and nothing comes once they are gone."""
    for moment in range(len(case.items) + 1):
        run, source = Hearing(), Source()
        before = set(threading.enumerate())
        subscription = run.subscribe(source.stream.pipe(case.make(None)))
        source.give(*case.items[:moment])
        joined(on_thread(subscription.dispose))
        all_gone(before)
        heard = list(run.heard)
        source.give(*case.items)
        source.end()
        all_gone(before)
        assert (run.heard, source.left) == (heard, 1)


@every
def test_leaving_during_a_delivery_returns_at_once(case: Case) -> None:
    """While one thread is held inside on_next another can leave, and returns; that delivery is the last."""
    run, source = Hearing(hold=True), Source()
    before = set(threading.enumerate())
    subscription = run.subscribe(source.stream.pipe(case.make(None)))
    feeding = on_thread(lambda: source.give(*case.items))
    assert run.inside.wait(WATCHDOG)
    joined(on_thread(subscription.dispose))
    run.let_go.set()
    joined(feeding)
    all_gone(before)
    assert (len(run.heard), source.left) == (1, 1)


@every
def test_an_end_leaves_no_thread(case: Case) -> None:
    """A stream that has ended has no threads, nobody having disposed of it."""
    run, source = Hearing(), Source()
    before = set(threading.enumerate())
    run.subscribe(source.stream.pipe(case.make(None)))
    source.give(*case.items)
    source.end(RuntimeError("broken"))
    assert run.over.wait(WATCHDOG)
    all_gone(before)
    assert run.said[-1] == "broken"


@pytest.mark.parametrize("name", CASES)
def test_a_stream_says_how_the_step_was_called(name: str) -> None:
    """By the operator's own name, and not by that of a function inside it."""
    stream = video_of(FRAMES).pipe(CASES[name].make(None))
    assert isinstance(stream, Stream)
    assert stream.steps[-1].startswith(f"{name}(")
