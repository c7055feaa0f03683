from __future__ import annotations

from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Clip, Piece, Vlm
from rxvlm.errors import ClipTooShortError, ContentFilteredError, ModelBusyError, ModelFailedError
from rxvlm.models.fallback import fallback
from rxvlm.models.round_robin import MOST_DOUBLINGS, Rotation, round_robin
from rxvlm.testing import END, Say, ScriptedVlm, play, scripted

CLIP = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 1.0)
DOWN = ModelFailedError("down")


def asked_every(seconds: float, count: int, vlm: Vlm) -> list[tuple[float, str]]:
    """Ask every so many seconds, from 0 on; return when each answer or error came, and from which model."""

    def ask(_: int) -> Observable[str]:
        answer = vlm.ask(CLIP, "?")
        return answer.pipe(ops.map(lambda piece: str(piece.model)), ops.catch(lambda e, _: reactivex.just(str(e))))

    asks = reactivex.timer(0.0, seconds).pipe(ops.take(count), ops.flat_map(ask))
    return [(time, item) for time, item in play(asks, scheduler=VirtualTimeScheduler(0.0)) if item is not END]


def quick(name: str, *answers: str | Exception) -> ScriptedVlm:
    """Make a model that answers or fails synchronously."""
    says = [Say(error=answer) if isinstance(answer, Exception) else Say(answer) for answer in answers or ("yes",)]
    return scripted(*(Say(say.text, 0.0, error=say.error) for say in says), name=name)


def test_models_are_asked_in_turn() -> None:
    """Each question goes to the next model, and the answer names it."""
    vlm = round_robin(quick("a"), quick("b"), quick("c"))
    assert asked_every(1.0, 7, vlm) == [(float(at), "abcabca"[at]) for at in range(7)]


def test_one_that_fails_is_passed_over_for_a_while() -> None:
    """A model that failed is not asked for ``rest`` seconds, then its turn comes again."""
    vlm = round_robin(quick("a"), quick("b", DOWN, "yes"), rest=3.5)
    assert asked_every(1.0, 9, vlm) == [
        (0.0, "a"),
        (1.0, "down"),
        (2.0, "a"),
        (3.0, "a"),
        (4.0, "a"),
        (5.0, "b"),
        (6.0, "a"),
        (7.0, "b"),
        (8.0, "a"),
    ]


def test_rests_grow_and_an_answer_ends_the_growth() -> None:
    """Each rest in a row is twice as long, up to a bound; after an answer the next is as short as the first."""
    b = quick("b", DOWN, DOWN, DOWN, "yes", DOWN, "yes")
    heard = asked_every(1.0, 60, round_robin(quick("a"), b, rest=3.4))
    assert [time for time, item in heard if item == "down"] == [1.0, 5.0, 12.0, 28.0]
    assert [time for time, item in heard if item == "b"][:2] == [26.0, 32.0]


def test_rests_have_an_end() -> None:
    """No rest is longer than 16 times the first."""
    rotation, now = Rotation(1, 30.0, 1), 0.0
    for _ in range(MOST_DOUBLINGS + 5):
        rotation.failed(*rotation.choose(now), now, 0.0)
    assert rotation._states[0].left(now) == 30.0 * 16


def test_a_model_that_says_how_long_rests_so_long() -> None:
    """Retry-After lengthens a rest."""
    b = quick("b", ModelBusyError("busy", retry_after=6.5), "yes")
    heard = asked_every(1.0, 12, round_robin(quick("a"), b, rest=2.5))
    assert [time for time, item in heard if item in ("b", "busy")] == [1.0, 8.0, 10.0]


@pytest.mark.parametrize("error", [ClipTooShortError("too short"), ContentFilteredError("filtered")], ids=str)
def test_a_refused_clip_is_not_the_model_s_fault(error: Exception) -> None:
    """An error about the clip is the result, and the model's turn comes as before."""
    heard = asked_every(1.0, 4, round_robin(quick("a"), quick("b", error, "yes")))
    assert heard == [(0.0, "a"), (1.0, str(error)), (2.0, "a"), (3.0, "b")]


def test_a_foreign_error_is_the_model_s_fault() -> None:
    """An error that is not a ModelError makes a model rest, too."""
    heard = asked_every(1.0, 4, round_robin(quick("a"), quick("b", OSError("disk"))))
    assert [item for _, item in heard] == ["a", "disk", "a", "a"]


def test_several_failures_may_be_needed() -> None:
    """With ``failures=2`` one failure is forgiven, two in a row are not; an answer between them starts anew."""
    b = quick("b", DOWN, "yes", DOWN, DOWN, "yes")
    heard = asked_every(1.0, 12, round_robin(quick("a"), b, failures=2))
    assert "".join(item[0] for _, item in heard) == "adabadadaaaa"


def test_when_all_rest_the_one_that_rests_least_long_is_asked() -> None:
    """When all rest, the model whose rest ends first is asked."""
    a, b = quick("a", ModelBusyError("a busy", retry_after=50.0), "yes"), quick("b", DOWN, DOWN, "yes")
    heard = asked_every(1.0, 6, round_robin(a, b, rest=10.0))
    assert [item for _, item in heard] == ["a busy", "down", "down", "b", "b", "b"]


def test_what_was_asked_before_the_rest_changes_nothing() -> None:
    """Ten asks at once that all fail are one failure, and a late answer does not end the rest."""
    rotation = Rotation(1, 30.0, 1)
    asks = [rotation.choose(0.0) for _ in range(11)]
    for ask in asks[:10]:
        rotation.failed(*ask, 1.0, 0.0)
    rotation.answered(*asks[10])
    assert rotation._states[0].left(1.0) == 30.0


def test_an_answer_ends_the_rest() -> None:
    """A model that answers while it rests, because all rest, ends its rest."""
    rotation = Rotation(1, 30.0, 1)
    rotation.failed(*rotation.choose(0.0), 0.0, 0.0)
    rotation.answered(*rotation.choose(1.0))
    assert rotation._states[0].left(2.0) == 0.0


def test_fallback_around_it_asks_the_next_model() -> None:
    """``fallback(turns, turns)`` asks a second model where the first fails."""
    turns = round_robin(quick("a", DOWN), quick("b"))
    assert [item for _, item in asked_every(1.0, 3, fallback(turns, turns))] == ["b", "b", "b"]


def test_a_silent_model_rests() -> None:
    """An answer without a piece is a failure."""

    class Silent:
        name = "silent"

        def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
            _ = clip, prompt
            return reactivex.empty()

    heard = asked_every(1.0, 4, round_robin(quick("a"), Silent()))
    assert [item for _, item in heard] == ["a", "silent ended without an answer", "a", "a"]


def test_a_clock_that_is_set_back_ends_a_rest() -> None:
    """A rest that began in the future, as the clock now has it, is over."""
    rotation = Rotation(1, 30.0, 1)
    rotation.failed(*rotation.choose(1000.0), 1000.0, 0.0)
    assert rotation._states[0].left(1010.0) == 20.0
    assert rotation._states[0].left(999.0) == 0.0


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=60), st.integers(1, 4))
def test_nobody_is_asked_while_it_rests_unless_all_do(steps: list[tuple[float, bool]], count: int) -> None:
    """The chosen model does not rest; if all rest, it is the one whose rest ends first."""
    rotation, now = Rotation(count, 30.0, 1), 0.0
    for gap, fails in steps:
        now += gap
        left = [place.left(now) for place in rotation._states]
        at, rests = rotation.choose(now)
        assert left[at] == min(left)
        if fails:
            rotation.failed(at, rests, now, 0.0)
        else:
            rotation.answered(at, rests)


@pytest.mark.parametrize("wrong", [{"rest": 0.0}, {"failures": 0}], ids=str)
def test_numbers_out_of_range_are_errors_at_once(wrong: dict[str, Any]) -> None:
    """A number out of range is a ValueError that names it; so is a call without models."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        round_robin(quick("a"), **wrong)
    with pytest.raises(ValueError, match="at least one model"):
        round_robin()
