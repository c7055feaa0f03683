from __future__ import annotations

import gc
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, SchedulerBase
from reactivex.scheduler import EventLoopScheduler, VirtualTimeScheduler

from rxvlm import Clip, ModelError, Piece, Usage, Vlm, vlm_from
from rxvlm.concurrency.timers import clock_of, now_in_seconds
from rxvlm.errors import ModelBusyError, ModelFailedError
from rxvlm.models.limit import LimitVlm, limit
from rxvlm.models.limiting.fair_queue import FairQueue
from rxvlm.models.limiting.limiter import _TICK, LimitedAsk, Limiter, Request
from rxvlm.models.limiting.rate import LEAST, STEP_SECONDS, AdaptiveRate
from rxvlm.models.limiting.token_estimate import TokenEstimate
from rxvlm.models.wire.tokens import question_tokens
from rxvlm.testing import Say

CLIP = Clip((b"x",), "image/jpeg", (0.0,), 640, 480, 0.0, 1.0)
EPOCH = 1.7e9
COST = question_tokens(CLIP, "?") + 200  # the first answer is taken to have so many tokens


class Server:
    """A model that records when it was asked and for which camera; a function of the time decides its answers."""

    name = "server"

    def __init__(self, answer: Callable[[float], Say] | Say | None = None) -> None:
        self.asked: list[tuple[float, str]] = []
        self.now = self.most = 0
        self._answer = answer

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = prompt

        def answer(scheduler: SchedulerBase | None) -> Observable[Piece]:
            time = round(now_in_seconds(clock_of(scheduler)), 4)
            self.asked.append((time, clip.source))
            self.now += 1
            self.most = max(self.most, self.now)
            say = self._answer(time) if callable(self._answer) else self._answer or Say("yes")
            piece = Piece(say.text, usage=say.usage)
            said = reactivex.throw(say.error) if say.error else reactivex.just(piece)
            return reactivex.timer(say.seconds).pipe(ops.flat_map(lambda _: said), ops.finally_action(self._left))

        return reactivex.defer(answer)

    def _left(self) -> None:
        self.now -= 1

    @property
    def times(self) -> list[float]:
        return [time for time, _ in self.asked]

    def between(self, start: float, end: float) -> int:
        return sum(start <= time < end for time in self.times)


class Crowd:
    """Many subscribers of one model on one virtual clock, and what they receive."""

    def __init__(self, vlm: Vlm, clock: VirtualTimeScheduler | None = None) -> None:
        self.vlm = vlm
        self.clock = clock or VirtualTimeScheduler(0.0)
        self.heard: list[tuple[float, str, Any]] = []

    def at(self, time: float, source: str = "", *, clip: Clip = CLIP) -> None:
        self.clock.schedule_absolute(time, lambda *_: self.ask(source, clip=clip) and None)

    def every(self, seconds: float, source: str, until: float) -> None:
        for number in range(int(until / seconds)):
            self.at(number * seconds, source)

    def ask(self, source: str = "", *, clip: Clip = CLIP, then: Callable[[], None] | None = None) -> DisposableBase:
        def hear(item: object) -> None:
            self.heard.append((round(now_in_seconds(self.clock), 4), source, item))
            if then is not None:
                then()

        asked = self.vlm.ask(replace(clip, source=source), "?")
        return asked.subscribe(lambda piece: hear(piece.text), hear, scheduler=self.clock)

    def closed_loop(self, source: str) -> None:
        """Ask again as soon as there is an answer, as a camera with one call at a time does."""
        self.ask(source, then=lambda: self.closed_loop(source))

    def errors(self) -> list[tuple[float, str]]:
        return [(time, source) for time, source, item in self.heard if isinstance(item, ModelBusyError)]


# How fast.


def test_asks_go_evenly() -> None:
    """Asks that come at once go one a second at sixty per minute, in the order in which they came."""
    server = Server(Say("yes", seconds=0.3))
    crowd = Crowd(limit(server, requests_per_minute=60))
    for _ in range(4):
        crowd.at(0.5)
    crowd.at(10.25)
    crowd.clock.advance_to(60.0)
    assert server.times == [0.5, 1.4, 2.4, 3.4, 10.25]
    assert [time for time, *_ in crowd.heard] == [0.8, 1.7, 2.7, 3.7, 10.55]


def test_a_burst_may_go_at_once() -> None:
    """``burst`` seconds' worth go at once after a quiet while, the others evenly."""
    server = Server()
    crowd = Crowd(limit(server, requests_per_minute=60, burst=3.0))
    for _ in range(6):
        crowd.at(0.5)
    crowd.clock.advance_to(60.0)
    assert server.times == [0.5, 0.5, 0.5, 0.5, 1.5, 2.5]


def test_no_more_than_so_many_at_a_time() -> None:
    """With ``max_concurrent`` the next ask begins when one is answered, fails or is disposed of."""
    server = Server(lambda time: Say("yes", seconds=1.0 + time, error=ModelError("no") if time > 1 else None))
    crowd = Crowd(limit(server, max_concurrent=2))
    for _ in range(4):
        crowd.at(0.5)
    crowd.at(0.6)
    crowd.clock.advance_to(6.0)
    assert server.times == [0.5, 0.5, 2.0, 2.0, 5.0]
    assert server.most == 2


def test_tokens_are_paid_for_by_the_rule_before_the_next_goes() -> None:
    """Each ask costs its estimate; the next goes once that is paid for at the rate of tokens."""
    server = Server(Say("yes", seconds=0.1))
    crowd = Crowd(limit(server, tokens_per_minute=60 * COST, burst=0.0))
    for _ in range(3):
        crowd.at(0.0)
    crowd.clock.advance_to(60.0)
    assert server.times == [0.0, 1.0, 2.0]


def test_an_ask_that_costs_more_than_a_minute_has_goes_all_the_same() -> None:
    """No ask waits for ever: an expensive one goes, and those after it wait until it is paid for."""
    server = Server()
    crowd = Crowd(limit(server, tokens_per_minute=COST / 2, burst=0.0))
    crowd.at(0.0)
    crowd.at(1.0)
    crowd.clock.advance_to(300.0)
    assert server.times == [0.0, 120.0]


def test_the_usage_that_comes_back_corrects_the_estimate() -> None:
    """An answer that cost half of its estimate leaves the rest to the next, whose estimate is halved at once."""
    usage = Usage(input=question_tokens(CLIP, "?") // 2, output=100)
    server = Server(lambda time: Say("yes", seconds=50.0 if time else 0.1, usage=usage))
    crowd = Crowd(limit(server, tokens_per_minute=60 * COST, burst=0.0))
    for _ in range(3):
        crowd.at(0.0)
    crowd.clock.advance_to(60.0)
    assert server.times == pytest.approx([0.0, 0.5, 1.0], abs=0.01)


def test_a_quiet_while_saves_no_tokens() -> None:
    """After a long silence asks go as evenly as ever."""
    server = Server()
    crowd = Crowd(limit(server, tokens_per_minute=60 * COST, burst=0.0))
    for time in (0.0, 1000.0, 1000.0, 1000.0):
        crowd.at(time)
    crowd.clock.advance_to(1100.0)
    assert server.times == [0.0, 1000.0, 1001.0, 1002.0]


def test_what_failed_and_may_be_tried_again_costs_no_tokens() -> None:
    """Tokens are given back for a retryable error, and not for one that may have been billed."""
    free, billed = ModelFailedError("down"), ModelError("dropped")
    for error, second in ((free, 0.1), (billed, 1.0)):
        server = Server(Say("no", seconds=0.1, error=error))
        crowd = Crowd(limit(server, tokens_per_minute=60 * COST, burst=0.0))
        crowd.at(0.0)
        crowd.at(0.0)
        crowd.clock.advance_to(60.0)
        assert server.times == [0.0, second]


# Whose turn.


def share(server: Server, start: float, end: float) -> float:
    """Return the share of the camera "quiet" in the asks of a span of time."""
    asked = Counter(source for time, source in server.asked if start <= time < end)
    return asked["quiet"] / asked.total()


@pytest.mark.parametrize("capacity", [100, 7, 1])
def test_a_camera_ten_times_as_busy_gets_its_share_and_no_more(capacity: int) -> None:
    """Of two cameras that ask for more than the limit, each gets half, within 10 %, however small the capacity."""
    server = Server(Say("yes", seconds=0.3))
    crowd = Crowd(limit(server, requests_per_minute=30, capacity=capacity))
    crowd.every(0.1, "busy", 300.0)
    crowd.every(1.0, "quiet", 300.0)
    crowd.clock.advance_to(300.0)
    assert len(server.asked) == pytest.approx(150, abs=1)
    assert share(server, 0.0, 300.0) == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("slots", [1, 2])
def test_a_camera_that_asks_one_thing_at_a_time_gets_its_share(slots: int) -> None:
    """A camera that waits for its answer before it asks again still gets its turn."""
    server = Server(Say("yes", seconds=0.37))
    crowd = Crowd(limit(server, max_concurrent=slots))
    for _ in range(10):
        crowd.closed_loop("busy")
    for _ in range(slots):
        crowd.closed_loop("quiet")
    crowd.clock.advance_to(200.0)
    assert share(server, 0.0, 200.0) == pytest.approx(0.5, rel=0.1)


def test_what_a_quiet_camera_leaves_the_busy_one_gets() -> None:
    """A camera that wants less than its share gets all it wants, and the other the rest."""
    server = Server()
    crowd = Crowd(limit(server, requests_per_minute=60))
    crowd.every(0.1, "busy", 200.0)
    crowd.every(5.0, "quiet", 200.0)
    crowd.clock.advance_to(200.0)
    assert share(server, 0.0, 200.0) == pytest.approx(0.2, rel=0.1)


def test_beyond_the_capacity_the_newest_of_the_busiest_fails_at_once() -> None:
    """An ask that finds no room fails; if another camera has more waiting, its newest ask fails instead."""
    crowd = Crowd(limit(Server(), requests_per_minute=6, capacity=2))
    for time, source in ((0.0, "a"), (0.1, "a"), (0.2, "a"), (0.3, "a"), (0.4, "b"), (0.5, "b")):
        crowd.at(time, source)
    crowd.clock.advance_to(0.6)
    assert crowd.errors() == [(0.3, "a"), (0.4, "a"), (0.5, "b")]
    assert str(crowd.heard[0][2]) == "server has 2 asks waiting already"
    assert crowd.heard[0][2].retryable


def test_without_capacity_nobody_waits() -> None:
    """With ``capacity=0`` an ask that cannot go now fails now."""
    server = Server()
    crowd = Crowd(limit(server, max_concurrent=1, capacity=0))
    crowd.at(0.0)
    crowd.at(0.5)
    crowd.at(1.5)
    crowd.clock.advance_to(9.0)
    assert (server.times, crowd.errors()) == ([0.0, 1.5], [(0.5, "")])


# Slowing down.


def storm(seconds: float, retry_after: float | None = None) -> Callable[[float], Say]:
    """Return the answers of a server that fails with a 429 until a given time."""
    busy = ModelBusyError("429", retry_after=retry_after)
    return lambda time: Say("yes", seconds=0.05, error=busy if time < seconds else None)


def test_after_a_refusal_nobody_is_asked_for_as_long_as_it_says() -> None:
    """Retry-After applies to all subscribers of the limit; then the rate is half."""
    server = Server(storm(1.0, retry_after=20.0))
    crowd = Crowd(limit(server, requests_per_minute=60))
    crowd.every(0.5, "a", 30.0)
    crowd.clock.advance_to(26.0)
    assert server.times[0] == 0.0
    assert server.times[1] == pytest.approx(20.05, abs=0.01)
    assert server.times[2:] == pytest.approx([22.0, 24.0, 26.0], abs=0.2)


def test_a_storm_of_refusals_and_the_way_back() -> None:
    """While the server is busy few asks go; then the rate recovers step by step to the nominal one."""
    server = Server(storm(60.0))
    crowd = Crowd(limit(server, requests_per_minute=600))
    crowd.every(0.1, "a", 400.0)
    crowd.clock.advance_to(400.0)
    assert server.between(0.0, 60.0) < 12  # of 600
    rates = [server.between(start, start + 10.0) for start in range(70, 390, 10)]
    assert rates == sorted(rates)
    assert rates[0] < 60
    assert rates[-20:] == [100] * 20


def test_an_answer_ends_the_doubling_of_pauses() -> None:
    """Refusals in a row pause for 2 s, then 4 s; one after an answer for 2 s again."""
    busy = ModelBusyError("429")
    server = Server(lambda time: Say(seconds=0.05, error=busy if time < 3 or 20 <= time < 21 else None))
    crowd = Crowd(limit(server, max_concurrent=1))
    for time in (0.0, 0.1, 0.2, 20.0, 20.5):
        crowd.at(time)
    crowd.clock.advance_to(60.0)
    assert server.times == [0.0, 2.05, 6.1, 20.0, 22.05]


def test_refusals_of_what_was_sent_before_are_one() -> None:
    """Eight asks in flight that are all refused slow the limit down once."""
    server = Server(storm(1.0))
    vlm = limit(server, max_concurrent=8)
    assert isinstance(vlm, LimitVlm)
    crowd = Crowd(vlm)
    for _ in range(8):
        crowd.at(0.0)
    crowd.clock.advance_to(1.0)
    rate = vlm.limiter._rate
    assert isinstance(rate, AdaptiveRate)
    assert rate.factor == 0.5


def test_after_a_refusal_fewer_are_asked_at_a_time() -> None:
    """A ``max_concurrent`` of eight is four after a refusal, and one more every ten seconds."""
    server = Server(lambda time: Say(seconds=9.7, error=ModelBusyError("429") if time == 0.0 else None))
    crowd = Crowd(limit(server, max_concurrent=8))
    crowd.at(0.0)
    for _ in range(80):
        crowd.at(9.8)
    running: list[int] = []
    for time in (12.0, 22.0, 32.0, 42.0, 52.0, 62.0):
        crowd.clock.schedule_absolute(time, lambda *_: running.append(server.now))
    crowd.clock.advance_to(70.0)
    assert running == [4, 5, 6, 7, 8, 8]


def test_an_error_that_is_not_too_much_slows_nothing_down() -> None:
    """Only a ModelBusyError slows the limit down."""
    server = Server(Say("no", seconds=0.3, error=ModelFailedError("down")))
    crowd = Crowd(limit(server, requests_per_minute=60, burst=0.0))
    for _ in range(4):
        crowd.at(0.0)
    crowd.clock.advance_to(60.0)
    assert server.times == [0.0, 1.0, 2.0, 3.0]


# Who leaves, and what goes wrong.


def test_who_leaves_while_waiting_is_forgotten() -> None:
    """An ask that is disposed of while it waits is never sent, releases its clip at once, and lets the next go."""
    server = Server()
    crowd = Crowd(limit(server, requests_per_minute=6))
    crowd.at(0.0, "first")
    crowd.at(2.0, "third")
    crowd.clock.advance_to(1.0)
    clip = replace(CLIP)
    watched = weakref.ref(clip)
    waiting = crowd.vlm.ask(clip, "?").subscribe(scheduler=crowd.clock)
    del clip
    gc.collect()
    assert watched() is not None
    waiting.dispose()
    del waiting
    gc.collect()
    assert watched() is None
    crowd.clock.advance_to(60.0)
    assert server.asked == [(0.0, "first"), (9.9, "third")]


def test_who_leaves_frees_the_place() -> None:
    """An ask that is disposed of in flight makes room for the next at once."""
    server = Server(Say("slow", seconds=50.0))
    crowd = Crowd(limit(server, max_concurrent=1))
    asking = crowd.ask("a")
    crowd.at(1.0, "b")
    crowd.clock.schedule_absolute(3.0, lambda *_: asking.dispose())
    crowd.clock.advance_to(4.0)
    assert server.asked == [(0.0, "a"), (3.0, "b")]
    assert server.now == 1


def test_who_leaves_just_when_the_turn_has_come_is_not_asked_about() -> None:
    """If another thread disposes just before the ask begins, nothing is asked."""
    server = Server()
    limiter = Limiter(AdaptiveRate(None, None, 1, 0.0), 9)
    question = Request(CLIP, "?", "server", 20, server.ask(CLIP, "?"))
    ask = LimitedAsk(limiter, question, reactivex.Subject[Piece](), VirtualTimeScheduler(0.0))
    ask.leave()
    ask.begin()
    assert server.asked == []


def test_who_raises_frees_the_place(caplog: pytest.LogCaptureFixture) -> None:
    """A subscriber that raises does not affect others: its place is free, and the next ask begins."""
    server = Server()
    crowd = Crowd(limit(server, max_concurrent=1))
    errors: list[str] = []

    def rude(_: Piece) -> None:
        raise RuntimeError("rude")

    crowd.vlm.ask(CLIP, "?").subscribe(rude, lambda error: errors.append(str(error)), scheduler=crowd.clock)
    crowd.at(0.5, "b")
    with pytest.raises(RuntimeError, match="rude"):
        crowd.clock.advance_to(9.0)
    assert server.asked == [(0.0, ""), (1.0, "b")]
    assert caplog.records == []


def test_who_does_not_listen_to_errors_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """A rejected ask without an error handler is logged, and the ask that took its place goes on."""
    server = Server()
    crowd = Crowd(limit(server, requests_per_minute=6, capacity=2))
    crowd.ask("a")
    for _ in range(2):
        crowd.vlm.ask(replace(CLIP, source="deaf"), "?").subscribe(scheduler=crowd.clock)
    crowd.ask("b")
    crowd.clock.advance_to(60.0)
    assert [source for _, source in server.asked] == ["a", "deaf", "b"]
    assert "a subscriber raised" in caplog.text


def test_a_model_that_answers_at_once_needs_no_deep_stack() -> None:
    """A thousand waiting asks of a model that answers synchronously go one after the other."""
    answers: list[str] = []
    gate = reactivex.Subject[Piece]()

    class Sudden:
        name = "sudden"

        def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
            _ = prompt
            return gate.pipe(ops.take(1)) if clip.source == "first" else reactivex.just(Piece("yes"))

    vlm = limit(Sudden(), max_concurrent=1, capacity=1000)
    vlm.ask(replace(CLIP, source="first"), "?").subscribe()
    for _ in range(1000):
        vlm.ask(CLIP, "?").subscribe(lambda piece: answers.append(piece.text))
    assert answers == []
    gate.on_next(Piece("go"))
    assert answers == ["yes"] * 1000


# Clocks.


def test_a_waiting_ask_is_begun_by_any_clock_that_waits() -> None:
    """A clock that stands still does not delay others: timers on both clocks begin the asks."""
    server = Server()
    vlm = limit(server, requests_per_minute=60)
    still, running = Crowd(vlm), Crowd(vlm)
    still.ask("still")
    still.ask("still")
    running.at(0.5, "running")
    running.at(0.5, "running")
    running.clock.advance_to(5.0)
    assert [source for _, source in server.asked] == ["still", "running", "still", "running"]


class Closed(VirtualTimeScheduler):
    """A clock that takes no timers any more."""

    def schedule_relative(self, *_: Any, **__: Any) -> DisposableBase:
        raise RuntimeError("closed")


def test_a_clock_that_takes_no_timer_is_an_error_of_those_who_wait_by_it() -> None:
    """An ask on such a clock would wait for ever, so it fails with the reason; the others go on."""
    server = Server()
    crowd = Crowd(limit(server, requests_per_minute=60))
    crowd.ask("a")
    errors: list[str] = []
    crowd.vlm.ask(CLIP, "?").subscribe(on_error=lambda e: errors.append(str(e)), scheduler=Closed(0.0))
    crowd.ask("b")
    crowd.clock.advance_to(9.0)
    assert errors == ["closed"]
    assert [source for _, source in server.asked] == ["a", "b"]


def test_nobody_waiting_leaves_no_timer() -> None:
    """When the last waiting ask is disposed of, no timer remains on the clock."""
    scheduled: list[DisposableBase] = []

    class Watched(VirtualTimeScheduler):
        def schedule_absolute(self, duetime: Any, action: Any, state: Any = None) -> DisposableBase:
            scheduled.append(super().schedule_absolute(duetime, action, state))
            return scheduled[-1]

    crowd = Crowd(limit(Server(), requests_per_minute=6), Watched(0.0))
    crowd.ask("a")
    crowd.clock.advance_to(2.0)
    before = len(scheduled)
    waiting = crowd.ask("b")
    waiting.dispose()
    assert len(scheduled) == before + 1
    assert scheduled[-1].is_disposed  # type: ignore[attr-defined]


@pytest.mark.usefixtures("no_threads_left")
def test_a_limit_on_real_clocks() -> None:
    """Without a scheduler, and with one of RxPY's own, asks wait on threads, and all are answered."""
    answered = threading.Semaphore(0)
    vlm = limit(vlm_from(lambda *_: "yes"), requests_per_minute=60_000.0, max_concurrent=2)
    loop = EventLoopScheduler()
    for number in range(40):
        vlm.ask(CLIP, "?").subscribe(lambda _: answered.release(), scheduler=loop if number % 2 else None)
    for _ in range(40):
        assert answered.acquire(timeout=WATCHDOG)
    loop.dispose()


# The arithmetic.


def sent(pace: AdaptiveRate, asks: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Send asks of (seconds since the one before, tokens) as soon as they may go; return when each went."""
    now, gone = 0.0, list[tuple[float, float]]()
    for gap, tokens in asks:
        now += gap
        pace.advance(now)
        while (wait := pace.wait(0)) >= _TICK:
            now += wait
            pace.advance(now)
        pace.charge(tokens)
        gone.append((now, tokens))
    return gone


asks = st.lists(st.tuples(st.floats(0, 5) | st.just(0.0), st.floats(0, 900)), max_size=150)


@settings(max_examples=60)
@given(asks, st.floats(1, 600), st.floats(100, 60_000), st.floats(0, 60))
def test_never_more_than_the_limit_in_any_minute(
    asked: list[tuple[float, float]], rpm: float, tpm: float, burst: float
) -> None:
    """In any minute there are at most the limit, the burst and one; of requests and of tokens."""
    gone = sent(AdaptiveRate(rpm, tpm, None, burst), asked)
    assert gone == sorted(gone, key=lambda ask: ask[0])
    for at, (start, _) in enumerate(gone):
        minute = [tokens for time, tokens in gone[at:] if time < start + 60.0]
        assert len(minute) <= rpm * (1 + burst / 60) + 1.001
        assert sum(minute) <= tpm * (1 + burst / 60) + max(minute) + 0.1


@settings(max_examples=60)
@given(st.lists(st.floats(0, 30), max_size=30), st.floats(0, 3000))
def test_a_clock_that_is_set_back_adds_nothing(gaps: list[float], back: float) -> None:
    """When a clock is set back now and then, the rate is still kept, and no ask waits longer for that."""
    pace, now, shown, gone = AdaptiveRate(60, None, None, 0.0), 0.0, 0.0, list[float]()
    for gap in gaps:
        now, shown = now + gap, shown + gap
        pace.advance(shown)
        shown -= back
        pace.advance(shown)
        wait = pace.wait(0)
        assert wait < 1.0 + _TICK
        now, shown = now + wait, shown + wait
        pace.advance(shown)
        pace.charge(0.0)
        gone.append(now)
    assert all(later - sooner > 1.0 - 1e-5 for sooner, later in pairwise(gone))


def test_a_slowed_pace_recovers_by_steps() -> None:
    """After a refusal the rate is half; from the end of the pause it grows by an eighth every ten seconds."""
    pace = AdaptiveRate(60, None, None, 0.0)
    pace.advance(EPOCH)
    pace.refused(pace.charge(0.0), retry_after=7.0)
    factors: list[float] = []
    for _ in range(6):
        factors.append(pace.factor)
        pace.advance(EPOCH + 7.0 + STEP_SECONDS * len(factors))
    assert factors == [0.5, 0.625, 0.75, 0.875, 1.0, 1.0]


def test_pauses_double_until_there_is_an_answer() -> None:
    """Refusals in a row without a Retry-After pause for 2, 4, 8 ... at most 60 s; after an answer for 2 s again."""
    pace, now, pauses = AdaptiveRate(None, None, 1, 0.0), 0.0, list[float]()
    for _ in range(8):
        pace.refused(pace.charge(0.0), None)
        pauses.append(pace.wait(0))
        now += pauses[-1]
        pace.advance(now)
    assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert pace.factor >= LEAST
    pace.answered(pace.charge(0.0))
    pace.refused(pace.charge(0.0), None)
    assert pace.wait(0) == 2.0


def test_an_old_answer_says_nothing_of_the_new_spell() -> None:
    """An answer to a request that was sent before the last slow-down does not end the doubling of pauses."""
    pace = AdaptiveRate(None, None, 1, 0.0)
    before = pace.charge(0.0)
    for _ in range(2):
        pace.refused(pace.charge(0.0), None)
    pace.answered(before)
    pace.refused(pace.charge(0.0), None)
    assert pace.wait(0) == 8.0


def test_a_wait_at_a_slowed_pace_ends_as_soon_as_the_steps_allow() -> None:
    """At one a minute, halved: 27.5 s are paid for in the forty until it is nominal, then 32.5 are left."""
    pace, now = AdaptiveRate(1, None, None, 0.0), 0.0
    pace.advance(now)
    pace.refused(pace.charge(0.0), 0.0)
    while (wait := pace.wait(0)) >= _TICK:
        now += wait
        pace.advance(now)
    assert now == pytest.approx(72.5)


@pytest.mark.parametrize("endless", [float("inf"), 1e9])
def test_a_pause_has_an_end(endless: float) -> None:
    """An infinite Retry-After counts as one day."""
    pace = AdaptiveRate(60, None, None, 0.0)
    pace.refused(pace.charge(0.0), endless)
    assert pace.wait(0) == 86_400.0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["add", "take", "push", "leave"])), max_size=200))
def test_while_one_waits_no_other_source_is_served_twice(steps: list[tuple[str, str]]) -> None:
    """Each item of a FairQueue is served once or discarded, and no source is overtaken twice by the same other one."""
    turns, waiting = FairQueue[int](), dict[int, str]()
    served_since: dict[str, Counter[str]] = {}
    for number, (source, step) in enumerate(steps):
        if step == "add":
            turns.add(source, number)
            waiting[number] = source
            served_since.setdefault(source, Counter())
        elif step == "leave":
            mine = [item for item, whose in waiting.items() if whose == source]
            assert turns.discard(source, mine[-1] if mine else -1) == bool(mine)
            if mine:
                del waiting[mine[-1]]
        elif waiting and step == "push":
            most = max(Counter(waiting.values()).values())
            item = turns.evict()
            assert Counter(waiting.values())[waiting[item]] == most
            assert item == max(at for at, whose in waiting.items() if whose == waiting[item])
            del waiting[item]
        elif waiting:
            item = turns.pop()
            whose = waiting[item]
            assert item == min(at for at, other in waiting.items() if other == whose)
            del waiting[item]
            served_since[whose].clear()
            for other in served_since.keys() - {whose}:
                served_since[other][whose] += 1
        served_since = {source: seen for source, seen in served_since.items() if source in waiting.values()}
        assert all(seen.most_common(1)[0][1] <= 1 for seen in served_since.values() if seen)
        assert sorted(turns) == sorted(waiting)
        assert len(turns) == len(waiting)


def test_turns_remember_no_more_sources_than_they_can_hold() -> None:
    """A different source for each clip does not make the memory of turns grow without bound."""
    turns = FairQueue[int]()
    for number in range(5000):
        turns.add(f"clip-{number}", number)
        assert turns.pop() == number
        if number % 300 == 0:
            turns.add("steady", -1)
            turns.pop()
        assert "steady" in turns._served
    assert len(turns._served) == 1000


def test_of_equals_the_one_that_came_last_is_turned_away() -> None:
    """If all sources have equally many waiting and none was served, the newest item is evicted."""
    turns = FairQueue[int]()
    turns.add("a", 1)
    turns.add("b", 2)
    assert (turns.evict(), list(turns)) == (2, [1])


@given(st.integers(20, 40_000), st.floats(0.2, 5.0), st.integers(0, 2000))
def test_estimates_learn(question: int, scale: float, output: int) -> None:
    """After one answer the estimate is its cost; after many answers of another kind it is theirs."""
    estimate = TokenEstimate()
    assert estimate.tokens(question) == question + 200
    first = Usage(round(question * scale), output)
    estimate.learn(question, first)
    assert estimate.tokens(question) == pytest.approx(first.input + output)
    for _ in range(100):
        estimate.learn(question, Usage(question, 50))
    assert estimate.tokens(question) == pytest.approx(question + 50, rel=0.01, abs=1.0)


def test_a_usage_without_input_teaches_no_scale() -> None:
    """If a server reports output tokens only, the input is still estimated by the rule."""
    estimate = TokenEstimate()
    estimate.learn(1000, Usage(0, 30))
    assert estimate.tokens(1000) == 1030


@pytest.mark.parametrize(
    "wrong",
    [{}, {"requests_per_minute": 0.0}, {"tokens_per_minute": -1.0}, {"max_concurrent": 0}],
    ids=str,
)
def test_a_limit_that_is_none_is_an_error_at_once(wrong: dict[str, Any]) -> None:
    """No limit, or one that lets nothing through, is a ValueError."""
    with pytest.raises(ValueError, match="at least one limit"):
        limit(Server(), **wrong)


@pytest.mark.parametrize("wrong", [{"capacity": -1}, {"burst": -0.1}, {"burst": float("nan")}], ids=str)
def test_numbers_out_of_range_are_errors_at_once(wrong: dict[str, Any]) -> None:
    """A number out of range is a ValueError that names it."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        limit(Server(), max_concurrent=1, **wrong)
