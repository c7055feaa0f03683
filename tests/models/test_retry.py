from __future__ import annotations

import random
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Clip, ModelError, ModelTimeoutError, Piece
from rxvlm.errors import BadAnswerError, ModelBusyError, ModelFailedError
from rxvlm.models.retry import MOST_ATTEMPTS, RetryPolicy, retry
from rxvlm.testing import END, Say, play, scripted

CLIP = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 1.0)
FILMED_AT_0 = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 1.0, captured=0.0)
FAILED = ModelFailedError("internal")
SEED = 7


def waits(count: int, first: float = 1.0) -> list[float]:
    """Return the random waits of a retry with this seed."""
    share = random.Random(SEED)
    return [share.uniform(0.0, first * 2**tried) for tried in range(count)]


class HalfWay:
    """A model that breaks off in the middle of its first answer."""

    name = "half-way"

    def __init__(self) -> None:
        self._broken = False

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        if self._broken:
            return reactivex.of(Piece("a "), Piece("cat"))
        self._broken = True
        return reactivex.concat(reactivex.of(Piece("a d")), reactivex.throw(FAILED))


class Silent:
    """A model that completes without a piece."""

    name = "silent"

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        return reactivex.empty()


class Sudden:
    """A model that fails synchronously when it is asked."""

    name = "sudden"

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        self.asked += 1
        return reactivex.throw(FAILED)


def test_what_passes_is_asked_again_after_growing_waits() -> None:
    """A retryable error is followed by a wait, a random share of a bound that doubles, and another try."""
    model = scripted(FAILED, FAILED, FAILED, "a cat")
    heard = play(retry(model, seed=SEED).ask(CLIP, "?"))
    answered = pytest.approx(4.0 + sum(waits(3)), abs=1e-5)
    assert [(time, getattr(item, "text", item)) for time, item in heard] == [(answered, "a cat"), (answered, END)]
    assert [prompt for _, prompt in model.asked] == ["?"] * 4


def test_the_last_try_s_error_is_the_answer() -> None:
    """After so many attempts the error comes as it is."""
    last = ModelFailedError("still")
    model = scripted(FAILED, FAILED, last, "too late")
    assert play(retry(model, attempts=3, seed=SEED).ask(CLIP, "?"))[-1][1] is last
    assert len(model.asked) == 3


@pytest.mark.parametrize(
    "error", [ModelError("refused"), ModelTimeoutError("slow"), ConnectionError("foreign")], ids=str
)
def test_what_does_not_pass_is_the_answer_at_once(error: Exception) -> None:
    """After an error that is not retryable, or not a ModelError, the model is not asked again."""
    model = scripted(error, "a cat")
    assert play(retry(model).ask(CLIP, "?")) == [(1.0, error)]
    assert len(model.asked) == 1


def test_a_model_that_says_how_long_is_left_alone_so_long() -> None:
    """Retry-After is waited for, and the random share on top of it."""
    model = scripted(ModelBusyError("busy", retry_after=20.0), "a cat")
    heard = play(retry(model, seed=SEED).ask(CLIP, "?"))
    assert heard[0][0] == pytest.approx(22.0 + waits(1)[0], abs=1e-5)


def test_a_model_that_asks_for_too_long_is_not_asked_again() -> None:
    """An error with a Retry-After beyond ``longest`` is the result at once."""
    busy = ModelBusyError("busy", retry_after=61.0)
    assert play(retry(scripted(busy, "a cat"), longest=60.0).ask(CLIP, "?")) == [(1.0, busy)]


def test_a_clip_that_gets_too_old_is_not_asked_about_again() -> None:
    """No attempt begins after ``max_age``, and the error comes as soon as that is known."""
    busy = ModelBusyError("busy", retry_after=5.0)
    model = scripted(busy, busy, "a cat")
    assert play(retry(model, max_age=10.0, seed=SEED).ask(FILMED_AT_0, "?"))[-1][1] is busy
    assert len(model.asked) == 2
    assert play(retry(scripted(busy, busy, "a cat"), max_age=10.0, seed=SEED).ask(CLIP, "?"))[-1][1] is END


def test_nothing_is_given_of_an_answer_that_failed_half_way() -> None:
    """The pieces of a failed attempt are not emitted; those of the successful one all are."""
    heard = play(retry(HalfWay(), seed=SEED).ask(CLIP, "?"))
    assert [item for _, item in heard] == [Piece("a "), Piece("cat"), END]


def test_an_empty_answer_is_an_error() -> None:
    """A model that completes without a piece has failed, and is not asked again."""
    ((_, error),) = play(retry(Silent()).ask(CLIP, "?"))
    assert isinstance(error, BadAnswerError)
    assert str(error) == "silent ended without an answer"


def test_leaving_ends_the_wait() -> None:
    """Disposed while it waits, it does not ask again."""
    model = scripted(ModelBusyError("busy", retry_after=30.0), "a cat")
    clock = VirtualTimeScheduler(0.0)
    assert play(retry(model).ask(CLIP, "?"), seconds=20.0, scheduler=clock) == []
    clock.advance_to(100.0)
    assert len(model.asked) == 1


@pytest.mark.parametrize("too_late", [False, True])
def test_leaving_takes_the_timer_back(*, too_late: bool) -> None:
    """The timer of a wait is disposed of; if it fires at the same moment, nothing is asked."""
    timers: list[DisposableBase] = []

    class Watched(VirtualTimeScheduler):
        def schedule_relative(self, *args: Any, **kwargs: Any) -> DisposableBase:
            timer = super().schedule_relative(*args, **kwargs)
            timers.append(timer)
            return Disposable() if too_late else timer

    model, clock = Sudden(), Watched(0.0)
    play(retry(model, first=60.0, seed=SEED).ask(CLIP, "?"), seconds=1.0, scheduler=clock)
    assert [getattr(timer, "is_disposed", None) for timer in timers] == [not too_late]
    clock.advance_to(100.0)
    assert model.asked == 1


def test_leaving_hangs_up_the_second_try() -> None:
    """Disposing during a later attempt disposes that attempt."""
    model = scripted(FAILED, Say("slow", seconds=60.0))
    assert play(retry(model).ask(CLIP, "?"), seconds=20.0) == []
    assert (len(model.asked), model.hung_up) == (2, 1)


def test_as_many_tries_as_there_may_be_need_no_deep_stack() -> None:
    """The most attempts, all failing at once, end with the error, below another hundred calls."""
    model = Sudden()

    def deep(depth: int) -> Any:
        return deep(depth - 1) if depth else play(retry(model, attempts=MOST_ATTEMPTS, first=0.5).ask(CLIP, "?"))

    assert deep(100)[-1][1] is FAILED
    assert model.asked == MOST_ATTEMPTS


def test_the_first_answer_of_a_late_try_is_heard_below_a_deep_stack() -> None:
    """The last of the most attempts may answer."""
    model = scripted(*[FAILED] * (MOST_ATTEMPTS - 1), "a cat")
    assert play(retry(model, attempts=MOST_ATTEMPTS).ask(CLIP, "?").pipe(ops.map(lambda piece: piece.text)))[0][1] == (
        "a cat"
    )


@given(
    tried=st.integers(1, 49), told=st.none() | st.floats(0, 90), age=st.none() | st.floats(0, 90), seed=st.integers()
)
def test_a_wait_is_within_its_bounds(tried: int, told: float | None, age: float | None, seed: int) -> None:
    """A wait is the Retry-After plus a share of the bound; there is none if that is too long or ends too late."""
    rules = RetryPolicy(50, 0.5, 60.0, 45.0, random.Random(seed))
    error = ModelBusyError("busy", retry_after=told)
    wait = rules.wait_after(error, tried, age)
    if wait is None:
        assert (told or 0) > 60.0 or (age is not None and age + (told or 0) + rules.bound(tried) > 45.0)
    else:
        assert (told or 0) <= wait <= (told or 0) + min(60.0, 0.5 * 2 ** (tried - 1))
        assert age is None or age + wait <= 45.0


@pytest.mark.parametrize(
    "wrong",
    [{"attempts": 0}, {"attempts": 51}, {"first": 0.0}, {"first": 2.0, "longest": 1.0}, {"max_age": 0.0}],
    ids=str,
)
def test_numbers_out_of_range_are_errors_at_once(wrong: dict[str, Any]) -> None:
    """A number out of range is a ValueError that names it."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        retry(scripted("yes"), **wrong)
