"""What every combinator keeps, and how they nest."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Clip, ModelError, Piece, Vlm, vlm_from
from rxvlm.errors import BadAnswerError, ModelBusyError, ModelFailedError
from rxvlm.models.breaker import breaker
from rxvlm.models.fallback import fallback
from rxvlm.models.limit import limit
from rxvlm.models.retry import retry
from rxvlm.models.round_robin import round_robin
from rxvlm.models.schemas.json_schema import TakesSchema, with_schema
from rxvlm.operators import analyze
from rxvlm.testing import END, play, scripted

CLIP = Clip((b"x",), "image/jpeg", (0.0,), 640, 480, 0.0, 1.0)
A, CAT = Piece("a "), Piece("cat")
BROKEN = ModelError("broken")
SCHEMA = {"type": "object"}


@dataclass
class Oracle:
    """A model that emits a piece a second, then ends or fails; it records all that is done to it.

    Attributes:
        name: What it is called.
        pieces: What it says.
        error: What it fails with after that.
        schema: What it is held to.
        clocks: With which scheduler it was subscribed to, each time.
        hung_up: How often it was left before its end.
    """

    name: str = "oracle"
    pieces: tuple[Piece, ...] = (A, CAT)
    error: Exception | None = None
    schema: Mapping[str, Any] | None = None
    clocks: list[SchedulerBase | None] = field(default_factory=list[SchedulerBase | None])
    hung_up: int = 0

    def with_schema(self, schema: Mapping[str, Any]) -> Oracle:
        return Oracle(self.name, self.pieces, self.error, schema, self.clocks)

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        over = False

        def end(*_: object) -> None:
            nonlocal over
            over = True

        def left() -> None:
            self.hung_up += not over

        def subscribe(observer: Any, scheduler: SchedulerBase | None = None) -> Any:
            self.clocks.append(scheduler)
            last = reactivex.empty() if self.error is None else reactivex.throw(self.error)
            text = self.pieces if self.schema is None else (Piece(f"{self.schema}"),)
            told = reactivex.timer(1.0, 1.0).pipe(ops.take(len(text)), ops.map(lambda at: text[at]), ops.concat(last))
            return told.pipe(ops.do_action(None, end, end), ops.finally_action(left)).subscribe(
                observer, scheduler=scheduler
            )

        return Observable(subscribe)


class Rude:
    """A model whose ``ask`` raises."""

    name = "rude"

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        raise BROKEN


class Silent:
    """A model that completes without a piece."""

    name = "silent"

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        return reactivex.empty()


@dataclass(frozen=True)
class Case:
    """A combinator.

    Attributes:
        make: Makes it of one model.
        holds: Whether it gives an answer only when that is whole.
        signs: Whether it says who answered.
    """

    make: Callable[[Vlm], Vlm]
    holds: bool = False
    signs: bool = False


CASES: dict[str, Case] = {
    "retry": Case(retry, holds=True),
    "fallback": Case(fallback, holds=True, signs=True),
    "round_robin": Case(round_robin, signs=True),
    "limit": Case(lambda vlm: limit(vlm, requests_per_minute=60, tokens_per_minute=1e6, max_concurrent=1)),
    "breaker": Case(breaker),
    "all of them": Case(
        lambda vlm: fallback(breaker(retry(round_robin(limit(vlm, max_concurrent=1))))), holds=True, signs=True
    ),
}
every = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@every
def test_it_is_called_as_the_model_is(case: Case) -> None:
    """The name of a combinator of one model is that model's."""
    assert case.make(Oracle()).name == "oracle"


def test_several_are_named_together() -> None:
    """The name of a combinator of several models has all their names and shows how they are combined."""
    a, b, c = (scripted("yes", name=name) for name in "abc")
    assert fallback(round_robin(a, b), c).name == "a/b or c"


@every
def test_it_is_cold(case: Case) -> None:
    """Nothing is asked before subscription; every subscription asks anew, and receives a complete answer."""
    oracle = Oracle()
    answer = case.make(oracle).ask(CLIP, "?")
    assert oracle.clocks == []
    for times in (1, 2):
        assert [getattr(item, "text", item) for _, item in play(answer)] == ["a ", "cat", END]
        assert len(oracle.clocks) == times


@every
def test_pieces_come_as_they_are_said_or_when_all_are_there(case: Case) -> None:
    """Combinators that hold back emit all pieces at the end, the others emit each when it comes."""
    heard = play(case.make(Oracle()).ask(CLIP, "?"))
    assert [time for time, _ in heard] == ([2.0, 2.0, 2.0] if case.holds else [1.0, 2.0, 2.0])


@every
def test_it_says_who_answered(case: Case) -> None:
    """A combinator of several models signs each piece with the model; one of a single model leaves them as they are."""
    heard = play(case.make(Oracle()).ask(CLIP, "?"))
    assert [item.model for _, item in heard[:-1]] == ["oracle" if case.signs else None] * 2


@every
def test_an_error_is_in_the_stream(case: Case) -> None:
    """The model's own error is the error of the stream; combinators that hold back emit nothing before it."""
    heard = [item for _, item in play(case.make(Oracle(error=BROKEN)).ask(CLIP, "?"))]
    assert heard[-1] is BROKEN
    assert len(heard) == (1 if case.holds else 3)


@every
def test_what_ask_raises_is_in_the_stream(case: Case) -> None:
    """An exception of ``ask`` is an error of the stream, not an exception at the caller."""
    assert play(case.make(Rude()).ask(CLIP, "?")) == [(0.0, BROKEN)]


@every
def test_an_empty_answer_is_an_error(case: Case) -> None:
    """A model that completes without a piece has failed."""
    ((_, error),) = play(case.make(Silent()).ask(CLIP, "?"))
    assert isinstance(error, BadAnswerError)


@every
def test_leaving_hangs_up(case: Case) -> None:
    """Disposing disposes the ask of the model; nothing more is emitted, and nothing is held any more."""
    oracle, clock = Oracle(), VirtualTimeScheduler(0.0)
    vlm = case.make(oracle)
    heard = play(vlm.ask(CLIP, "?"), seconds=1.5, scheduler=clock)
    assert (len(heard), oracle.hung_up) == (0 if case.holds else 1, 1)
    clock.advance_to(10.0)
    assert len(heard) == (0 if case.holds else 1)
    assert play(vlm.ask(CLIP, "?"), scheduler=clock)[-1] == (12.0, END)


@every
def test_the_clock_is_passed_down(case: Case) -> None:
    """The scheduler of the subscription is the one that the model is subscribed with, also where there is none."""
    oracle, clock = Oracle(), VirtualTimeScheduler(0.0)
    vlm = case.make(oracle)
    for given in (clock, None):
        vlm.ask(CLIP, "?").subscribe(scheduler=given).dispose()
    assert oracle.clocks == [clock, None]


@every
def test_a_schema_is_passed_down(case: Case) -> None:
    """With a schema, a combinator passes it on to its models, keeps its behaviour, and has the same name."""
    oracle = Oracle()
    vlm = case.make(oracle)
    assert isinstance(vlm, TakesSchema)
    held = with_schema(vlm, SCHEMA)
    assert (type(held), held.name) == (type(vlm), vlm.name)
    assert [item.text for _, item in play(held.ask(CLIP, "?"))[:-1]] == [str(SCHEMA)]
    assert len(play(vlm.ask(CLIP, "?"))) == 3


@every
def test_a_model_that_takes_no_schema_stays_as_it_is(case: Case) -> None:
    """A model that cannot take a schema is asked as before."""
    heard = play(with_schema(case.make(scripted("yes")), SCHEMA).ask(CLIP, "?"))
    assert heard[0][1].text == "yes"


@every
def test_in_an_analysis(case: Case) -> None:
    """`analyze` makes an Analysis of its answer, with the name of the model that answered."""
    ((_, analysis), (_, end)) = play(reactivex.of(CLIP).pipe(analyze(case.make(Oracle()), "?")))
    assert (analysis.text, analysis.model, analysis.error, end) == ("a cat", "oracle", None, END)


# What is shared.


def test_a_limit_is_shared_with_the_model_held_to_a_schema() -> None:
    """Asks with and without a schema are counted together."""
    clock, heard = VirtualTimeScheduler(0.0), list[float]()
    vlm = limit(Oracle(pieces=(CAT,)), requests_per_minute=6)
    for model in (vlm, with_schema(vlm, SCHEMA)):
        model.ask(CLIP, "?").subscribe(lambda _: heard.append(clock.to_seconds(clock.now)), scheduler=clock)
    clock.advance_to(60.0)
    assert heard == [1.0, pytest.approx(10.9, abs=1e-3)]


def test_rests_are_shared_with_the_models_held_to_a_schema() -> None:
    """A model that failed when asked with a schema also rests for asks without one."""
    a, b = Oracle("a", error=BROKEN), Oracle("b")
    vlm = round_robin(a, b)
    clock = VirtualTimeScheduler(0.0)
    assert play(with_schema(vlm, SCHEMA).ask(CLIP, "?"), seconds=5.0, scheduler=clock)[-1][1] is BROKEN
    for _ in range(3):
        assert play(vlm.ask(CLIP, "?"), seconds=5.0, scheduler=clock)[0][1].model == "b"


# How they nest.


@pytest.mark.parametrize(
    ("nest", "says"),
    [
        (lambda vlm: limit(retry(vlm), max_concurrent=1), "put it outside"),
        (lambda vlm: limit(fallback(vlm, round_robin(retry(vlm))), max_concurrent=1), "put it outside"),
        (lambda vlm: limit(limit(retry(vlm), max_concurrent=1), max_concurrent=1), "put it outside"),
        (lambda vlm: retry(retry(vlm)), "would multiply"),
        (lambda vlm: retry(fallback(retry(vlm), vlm)), "would multiply"),
    ],
)
def test_what_makes_no_sense_says_so(nest: Callable[[Vlm], Vlm], says: str) -> None:
    """A retry inside a limit or another retry, however deep, is a ValueError that says what to do."""
    with pytest.raises(ValueError, match=says):
        nest(scripted("yes"))


def test_a_try_that_waits_holds_no_place() -> None:
    """In ``retry(limit(model))`` another ask goes while the first waits for its next try."""
    model = scripted(ModelFailedError("down"), "a cat", "a dog")
    vlm = retry(limit(model, max_concurrent=1), first=60.0, longest=60.0, seed=1)
    clock, heard = VirtualTimeScheduler(0.0), list[tuple[float, str]]()
    for prompt in ("first", "second"):
        answer = vlm.ask(CLIP, prompt).pipe(ops.map(lambda piece, prompt=prompt: f"{prompt}: {piece.text}"))
        answer.subscribe(lambda text: heard.append((clock.to_seconds(clock.now), text)), scheduler=clock)
    clock.advance_to(120.0)
    assert heard[0] == (2.0, "second: a cat")
    assert heard[1][1] == "first: a dog"


def test_a_full_limit_is_a_reason_for_the_next_model() -> None:
    """``fallback(limit(a), b)`` asks b while there is no room to wait for a."""
    a, b = scripted("slow", name="a"), scripted("quick", name="b")
    vlm = fallback(limit(a, max_concurrent=1, capacity=0), b)
    both = reactivex.merge(vlm.ask(CLIP, "?"), vlm.ask(CLIP, "?"))
    assert sorted(item.model for _, item in play(both)[:-1]) == ["a", "b"]


def test_limits_in_a_ring_share_the_load() -> None:
    """``round_robin(limit(a), limit(b))``: each keeps its own limit, and the ring uses both."""
    clock = VirtualTimeScheduler(0.0)
    a, b = scripted("yes", name="a"), scripted("yes", name="b")
    vlm = round_robin(*(limit(model, requests_per_minute=6, burst=0.0) for model in (a, b)))
    for _ in range(6):
        vlm.ask(CLIP, "?").subscribe(scheduler=clock)
    clock.advance_to(15.0)
    assert (len(a.asked), len(b.asked)) == (2, 2)


def test_one_limit_around_a_ring_is_shared_by_its_models() -> None:
    """``limit(round_robin(a, b))``: one limit for both, as one account has."""
    clock = VirtualTimeScheduler(0.0)
    a, b = scripted("yes", name="a"), scripted("yes", name="b")
    vlm = limit(round_robin(a, b), requests_per_minute=6, burst=0.0)
    for _ in range(6):
        vlm.ask(CLIP, "?").subscribe(scheduler=clock)
    clock.advance_to(35.0)
    assert (len(a.asked), len(b.asked)) == (2, 2)


def test_all_at_once() -> None:
    """With one model that refuses, one broken, one resting, a limit and retries, the remaining model answers."""
    busy = scripted(ModelBusyError("429", retry_after=1.0), name="busy")
    down = scripted(ModelFailedError("down"), name="down")
    spare = scripted("a cat", name="spare")
    vlm = fallback(retry(limit(round_robin(busy, down), max_concurrent=2), attempts=3, seed=3), spare)
    heard = play(vlm.ask(CLIP, "?"))
    assert (heard[0][1].text, heard[0][1].model) == ("a cat", "spare")
    assert len(busy.asked) + len(down.asked) == 3


# Threads.


class Storm:
    """A function that fails now and then, and counts the threads in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = count(1)
        self.now = self.most = 0

    def __call__(self, clip: Clip, prompt: str) -> str:
        _ = clip
        with self._lock:
            number = next(self._number)
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            if number % 5 == 0:
                raise ModelFailedError("down")
            if number % 17 == 0:
                raise ModelBusyError("429", retry_after=0.0)
            return prompt
        finally:
            with self._lock:
                self.now -= 1


@pytest.mark.usefixtures("no_threads_left")
def test_a_storm_of_threads_loses_nothing_and_doubles_nothing() -> None:
    """64 asks at once from 8 threads, some of which fail at first: each has its own answer, once, within the limit."""
    server, answered, over = Storm(), Counter[str](), threading.Semaphore(0)
    vlm = retry(
        limit(vlm_from(server), requests_per_minute=1e6, tokens_per_minute=1e9, max_concurrent=4),
        attempts=50,
        first=0.001,
        longest=0.002,
    )
    ready = threading.Barrier(8)

    def ask(thread: int) -> None:
        ready.wait(WATCHDOG)
        for number in range(8):
            vlm.ask(
                Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 1.0, source=f"{thread}"), f"{thread}.{number}"
            ).subscribe(lambda piece: answered.update([piece.text]), lambda _: over.release(), over.release)

    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(64):
        assert over.acquire(timeout=WATCHDOG)
    for thread in threads:
        thread.join(WATCHDOG)
    assert answered == Counter(f"{thread}.{number}" for thread in range(8) for number in range(8))
    assert server.most <= 4
