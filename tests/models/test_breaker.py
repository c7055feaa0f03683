from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Clip, ModelError, Piece, Vlm, vlm_from
from rxvlm.errors import (
    BadAnswerError,
    ClipTooLargeError,
    ModelBusyError,
    ModelDroppedError,
    ModelFailedError,
    ModelNotFoundError,
    ModelOpenError,
    ModelRefusedError,
    ModelTimeoutError,
    ModelUnauthorizedError,
    ModelUnreachableError,
)
from rxvlm.models import breaker, fallback, limit, retry, round_robin, structured
from rxvlm.models.breaker import outages
from rxvlm.operators import analyze
from rxvlm.testing import Say, play, scripted

CLIP = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 1.0)
OTHER_CLIP = Clip((b"y",), "image/jpeg", (0.0,), 8, 8, 0.0, 1.0)
DOWN = ModelUnreachableError("no route")
HANGS = Say("too late", seconds=1e6)


class Asker:
    """Asks a model on one virtual clock, one question after another.

    Args:
        model: The model.
    """

    def __init__(self, model: Vlm) -> None:
        self.model = model
        self.clock = VirtualTimeScheduler(0.0)

    @property
    def now(self) -> float:
        return self.clock.to_seconds(self.clock.now)

    def ask(self, seconds: float = 2.0) -> Any:
        """Ask, wait so long, and return the text, the error, or None if the question was disposed of."""
        heard = play(self.model.ask(CLIP, "?"), seconds=seconds, scheduler=self.clock)
        return getattr(heard[0][1], "text", heard[0][1]) if heard else None

    def ask_often(self, times: int, seconds: float = 2.0) -> list[str]:
        """Ask so often; return the kinds of the answers."""
        return [type(self.ask(seconds)).__name__ for _ in range(times)]

    def sleep(self, seconds: float) -> None:
        self.clock.advance_to(self.now + seconds)


def is_open(asker: Asker) -> bool:
    return isinstance(asker.ask(), ModelOpenError)


@pytest.mark.parametrize(
    "error",
    [
        DOWN,
        ModelDroppedError("broke off"),
        ModelTimeoutError("slow"),
        ModelFailedError("500"),
        ConnectionRefusedError("a function's own"),
        TimeoutError("a function's own"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_failures_of_the_server_open_it(error: Exception) -> None:
    """After five failures it fails at once, without asking, and says so with a time."""
    model = scripted(error, name="llava")
    asker = Asker(breaker(model))
    assert asker.ask_often(5) == [type(error).__name__] * 5
    said = asker.ask(seconds=0.0)
    assert isinstance(said, ModelOpenError)
    assert (said.retryable, said.retry_after) == (False, pytest.approx(29.0))
    assert "llava is down since" in str(said)
    assert "tried again in 29 s" in str(said)
    assert str(error) in str(said)
    assert len(model.asked) == 5


@pytest.mark.parametrize(
    "error",
    [
        ModelRefusedError("no"),
        ClipTooLargeError("too large"),
        ModelBusyError("429", retry_after=0.0),
        ModelUnauthorizedError("key"),
        ModelNotFoundError("404"),
        BadAnswerError("HTML"),
        ValueError("misuse"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_do_not_open_it(error: Exception) -> None:
    """What is not the fault of a dead server is passed on, however often it comes."""
    model = scripted(error)
    assert Asker(breaker(model, failures=2)).ask_often(9) == [type(error).__name__] * 9
    assert len(model.asked) == 9


def test_failures_in_a_row_open_it_however_far_apart() -> None:
    """Failures an hour apart open it if no answer was between them."""
    asker = Asker(breaker(scripted(DOWN), failures=3, within=60.0))
    for _ in range(3):
        asker.ask()
        asker.sleep(3600.0)
    assert len(list(outages(asker.model))) == 1


@pytest.mark.parametrize(("pause", "opens"), [(0.0, True), (9.0, False)])
def test_failures_between_answers_open_it_only_within_a_time(pause: float, opens: bool) -> None:  # noqa: FBT001 - a case
    """Where answers come in between, so many failures within so many seconds open it, and slower ones do not."""
    model = scripted(DOWN, "yes", DOWN, "yes", DOWN, "yes")
    asker = Asker(breaker(model, failures=3, within=12.0))
    for _ in range(5):
        asker.ask()
        asker.sleep(pause)
    assert is_open(asker) is opens


def opened(*answers: str | Say | Exception, open_for: float = 10.0) -> tuple[Asker, Any]:
    """Return an asker of a breaker that two failures have opened, and the model; then come these answers."""
    model = scripted(DOWN, DOWN, *answers)
    asker = Asker(breaker(model, failures=2, open_for=open_for, timeout=5.0))
    asker.ask_often(2, seconds=1.0)
    return asker, model


def test_a_probe_that_is_answered_closes_it(caplog: pytest.LogCaptureFixture) -> None:
    """After its time one ask goes through; an answer closes it, and the log says so."""
    asker, model = opened("yes")
    assert is_open(asker)
    asker.sleep(8.5)
    assert [asker.ask(), asker.ask()] == ["yes", "yes"]
    assert len(model.asked) == 4
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.WARNING]
    assert "answers again" in caplog.messages[1]


def test_the_times_between_probes_grow() -> None:
    """Each probe that fails doubles the time, up to eight times the first; an answer makes it the first again."""
    asker, model = opened(*[DOWN] * 5, "yes", DOWN, DOWN)
    waits: list[float] = []
    for _ in range(6):
        waits.append(asker.ask(seconds=0.0).retry_after)
        asker.sleep(waits[-1])
        asker.ask(seconds=1.0)
    assert waits == pytest.approx([10.0, 20.0, 40.0, 80.0, 80.0, 80.0])
    asker.ask_often(2, seconds=1.0)
    assert asker.ask(seconds=0.0).retry_after == pytest.approx(10.0)
    assert len(model.asked) == 10


def test_the_server_s_own_wait_is_kept() -> None:
    """If the failure that opens it says how long to wait, it is open for so long, but for no more than the longest."""
    for told, waits in ((25.0, 25.0), (1e9, 80.0)):
        failed = ModelFailedError("503", retry_after=told)
        asker = Asker(breaker(scripted(failed), failures=1, open_for=10.0))
        asker.ask(seconds=1.0)
        assert asker.ask(seconds=0.0).retry_after == pytest.approx(waits)


def test_while_a_probe_is_in_flight_all_others_fail() -> None:
    """One probe is asked at a time."""
    asker, model = opened(Say("yes", seconds=3.0))
    asker.sleep(10.0)
    heard: list[Any] = []
    asker.model.ask(CLIP, "?").subscribe(heard.append, heard.append, scheduler=asker.clock)
    assert [type(asker.ask(seconds=1.0)).__name__ for _ in range(2)] == ["ModelOpenError"] * 2
    assert "being tried now" in str(next(outages(asker.model)).line(asker.now))
    asker.sleep(3.0)
    assert [piece.text for piece in heard] == ["yes"]
    assert len(model.asked) == 3


@pytest.mark.parametrize(
    "first", [HANGS, ModelRefusedError("too large"), ModelBusyError("429")], ids=["disposed", "refused", "busy"]
)
def test_a_probe_that_shows_nothing_is_followed_by_another(first: Say | Exception) -> None:
    """A probe that is disposed of early, or says nothing about the server, leaves the next ask to be the probe."""
    asker, model = opened(first, "yes")
    asker.sleep(10.0)
    asker.ask(seconds=1.0)
    assert asker.ask() == "yes"
    assert len(model.asked) == 4


def test_a_probe_that_hangs_is_a_failure() -> None:
    """A probe that is disposed of after the time-out opens it for longer."""
    asker, _ = opened(HANGS, "yes")
    asker.sleep(10.0)
    assert asker.ask(seconds=5.0) is None
    assert asker.ask(seconds=0.0).retry_after == pytest.approx(20.0)
    assert "did not answer within 5 s" in str(asker.ask(seconds=0.0))


def test_a_probe_whose_subscriber_raises_is_followed_by_another() -> None:
    """A subscriber that raises does not keep the breaker half open for ever."""
    asker, _ = opened("yes")
    asker.sleep(10.0)

    def refuse(_piece: Piece) -> None:
        raise ZeroDivisionError

    asker.model.ask(CLIP, "?").subscribe(refuse, scheduler=asker.clock)
    with pytest.raises(ZeroDivisionError):
        asker.sleep(2.0)
    asker.clock = VirtualTimeScheduler(asker.now)  # a virtual clock does not go on after an exception
    assert asker.ask() == "yes"


@pytest.mark.parametrize(("seconds", "opens"), [(29.9, False), (30.0, True)])
def test_an_ask_that_is_disposed_of_late_is_a_failure(seconds: float, opens: bool) -> None:  # noqa: FBT001 - a case
    """Who cuts a call that hangs disposes of it: from ``timeout`` on that counts, before it does not."""
    asker = Asker(breaker(scripted(HANGS), failures=2))
    for _ in range(2):
        asker.ask(seconds)
    assert is_open(asker) is opens


def test_the_time_outs_of_analyze_open_it() -> None:
    """A model that hangs is not asked any more after some windows, and the answers say why."""
    model = scripted(HANGS)
    clips = reactivex.of(*[CLIP] * 5)
    heard = play(
        clips.pipe(analyze(breaker(model, failures=2, timeout=9.0), "?", timeout=10.0, capacity=9)), seconds=25.0
    )
    kinds = [type(analysis.error).__name__ for _, analysis in heard[:-1]]
    assert kinds == ["ModelTimeoutError"] * 2 + ["ModelOpenError"] * 3
    assert len(model.asked) == 2


@pytest.mark.parametrize("around", [lambda vlm: vlm, retry, fallback], ids=["limit", "retry", "fallback"])
def test_waiting_in_a_limit_is_no_fault_of_the_server(around: Callable[[Vlm], Vlm]) -> None:
    """Of two asks behind ``max_concurrent=1`` that are disposed of late, only the one that was sent counts."""
    model = scripted(HANGS)
    vlm = breaker(around(limit(model, max_concurrent=1)), failures=2, timeout=5.0)
    clock = VirtualTimeScheduler(0.0)
    sent, waiting = (vlm.ask(clip, "?").subscribe(scheduler=clock) for clip in (CLIP, OTHER_CLIP))
    clock.advance_to(50.0)
    waiting.dispose()
    sent.dispose()
    assert list(outages(vlm)) == []
    vlm.ask(CLIP, "?").subscribe(scheduler=clock)
    clock.advance_to(54.0)
    assert len(model.asked) == 2


def test_the_time_begins_when_the_limit_lets_an_ask_go() -> None:
    """An ask that waited long in the limit is not late soon after it was sent, and is late when the server hangs."""
    model = scripted(Say("slow", seconds=20.0), HANGS)
    for late in (False, True):
        vlm = breaker(limit(model, max_concurrent=1), failures=1, timeout=5.0)
        clock = VirtualTimeScheduler(0.0)
        vlm.ask(CLIP, "first").subscribe(scheduler=clock)
        second = vlm.ask(CLIP, "second").subscribe(scheduler=clock)
        clock.advance_to(26.0 if late else 24.0)
        second.dispose()
        assert len(list(outages(vlm))) == late
        model = scripted(Say("slow", seconds=20.0), HANGS)


def test_a_question_that_is_tried_again_counts_once() -> None:
    """In ``breaker(retry(model))`` four attempts that fail are one failure."""
    model = scripted(ModelFailedError("503"))
    asker = Asker(breaker(retry(model, first=0.1, longest=0.1, seed=1), failures=2))
    assert asker.ask_often(3, seconds=9.0) == ["ModelFailedError", "ModelFailedError", "ModelOpenError"]
    assert len(model.asked) == 8


@pytest.mark.parametrize(
    "inside", [breaker, lambda m: fallback(breaker(m), m), lambda m: structured(breaker(m), dict[str, Any])]
)
def test_a_retry_outside_is_refused(inside: Callable[[Vlm], Vlm]) -> None:
    """A retry outside a breaker, however deep, is a ValueError with the right order."""
    with pytest.raises(ValueError, match=r"fallback\(breaker\(retry\(limit\(m\)\)\), other\)"):
        retry(inside(scripted("yes")))


def test_in_the_right_order_the_other_model_answers() -> None:
    """``fallback(breaker(retry(limit(m))), other)``: once it is open, the other is asked at once."""
    down, other = scripted(DOWN, name="down"), scripted(Say("yes", seconds=0.0), name="other")
    asker = Asker(fallback(breaker(retry(limit(down, max_concurrent=1), attempts=1), failures=2), other))
    assert [asker.ask(), asker.ask(), asker.ask(seconds=0.1)] == ["yes", "yes", "yes"]
    assert len(down.asked) == 2


def test_a_ring_leaves_out_a_model_that_is_down() -> None:
    """`round_robin` lets a model rest as long as its breaker says."""
    down, other = scripted(DOWN, name="down"), scripted("yes", name="other")
    asker = Asker(round_robin(breaker(down, failures=1, open_for=500.0), other, rest=1.0))
    for _ in range(20):
        asker.ask()
    assert len(down.asked) == 1


def test_what_was_asked_before_it_opened_changes_nothing() -> None:
    """Failures that come while it is open do not prolong it, and an answer does not close it."""
    model = scripted(Say(error=DOWN, seconds=5.0), Say("yes", seconds=6.0), DOWN)
    vlm = breaker(model, failures=1, open_for=30.0)
    clock = VirtualTimeScheduler(0.0)
    for _ in range(3):
        vlm.ask(CLIP, "?").subscribe(on_error=lambda _: None, scheduler=clock)
    clock.advance_to(10.0)
    (outage,) = outages(vlm)
    assert (outage.since, outage.until) == (1.0, 31.0)


def test_a_clock_that_is_set_back_does_not_prolong_an_outage() -> None:
    """If the clock shows a time before the outage, it ends on that clock after the usual wait."""
    asker, model = opened("yes")
    asker.clock = VirtualTimeScheduler(-1e6)
    assert asker.ask(seconds=0.0).retry_after == pytest.approx(10.0)
    asker.sleep(10.0)
    assert asker.ask() == "yes"
    assert len(model.asked) == 3


def test_the_error_travels() -> None:
    """The error can be pickled, with its time."""
    asker, _ = opened()
    error = asker.ask(seconds=0.0)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.retry_after, again.retryable) == (str(error), error.retry_after, False)
    assert isinstance(error, ModelError)


@pytest.mark.parametrize(
    "wrong",
    [{"failures": 0}, {"within": 0.0}, {"open_for": -1.0}, {"timeout": 0.0}, {"timeout": float("nan")}],
    ids=str,
)
def test_a_number_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    """A number out of range is a ValueError that names it."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        breaker(scripted("yes"), **wrong)


@pytest.mark.usefixtures("no_threads_left")
def test_threads_that_fail_together_open_it_once(caplog: pytest.LogCaptureFixture) -> None:
    """Many failures at the same time, on threads, open it once."""

    def fails(_clip: Clip, _prompt: str) -> str:
        raise DOWN

    vlm = breaker(vlm_from(fails))

    def ask(_: int) -> Observable[Any]:
        return vlm.ask(CLIP, "?").pipe(ops.catch(lambda error, _: reactivex.just(error)))

    heard = reactivex.merge(*map(ask, range(40))).pipe(ops.to_list(), ops.timeout(WATCHDOG))
    kinds = {type(error) for error in heard.run()}
    assert kinds <= {ModelUnreachableError, ModelOpenError}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
