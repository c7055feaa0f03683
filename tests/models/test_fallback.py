from __future__ import annotations

import pickle
from typing import Any

import pytest
import reactivex
from reactivex import Observable

from rxvlm import Clip, ModelError, Piece, Vlm
from rxvlm.errors import BadAnswerError, ClipTooLargeError, ModelBusyError
from rxvlm.models.fallback import fallback
from rxvlm.testing import END, Say, play, scripted

CLIP = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 1.0)


class Pieces:
    """A model whose answers come in given pieces, and may break off."""

    def __init__(self, name: str, *pieces: Piece, error: Exception | None = None) -> None:
        self.name = name
        self._answer = reactivex.concat(
            reactivex.of(*pieces), reactivex.empty() if error is None else reactivex.throw(error)
        )

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        _ = clip, prompt
        return self._answer


def said(vlm: Vlm) -> list[tuple[float, Any]]:
    """Return the seconds, texts and models of an answer, and how it ended."""
    heard = play(vlm.ask(CLIP, "?"))
    return [(time, (item.text, item.model) if isinstance(item, Piece) else item) for time, item in heard]


def notes(error: Exception) -> list[str]:
    return list(getattr(error, "__notes__", []))


def test_the_first_is_asked_alone_while_it_answers() -> None:
    """If the first answers, the others are not asked, and the answer says which model it is from."""
    first, second = scripted("a cat", name="first"), scripted("a dog", name="second")
    assert said(fallback(first, second)) == [(1.0, ("a cat", "first")), (1.0, END)]
    assert second.asked == []


@pytest.mark.parametrize(
    "error", [ModelError("no"), ClipTooLargeError("too large"), ZeroDivisionError("foreign")], ids=str
)
def test_the_next_is_asked_after_any_error(error: Exception) -> None:
    """Whatever the error, the next model is asked the same question."""
    first, second = scripted(error, name="first"), scripted(Say("a dog", seconds=2.0), name="second")
    assert said(fallback(first, second)) == [(3.0, ("a dog", "second")), (3.0, END)]
    assert second.asked == [(CLIP, "?")]


def test_the_last_one_s_error_carries_the_others() -> None:
    """If all fail, the last one's own error is the result, with a note for each before it, also when pickled."""
    last = ModelBusyError("c is busy", retry_after=3.0)
    vlm = fallback(
        scripted(ModelError("a is out"), name="a"), scripted(OSError("no disk"), name="b"), scripted(last, name="c")
    )
    assert said(vlm) == [(3.0, last)]
    assert notes(last) == ["a failed before: ModelError: a is out", "b failed before: OSError: no disk"]
    assert notes(pickle.loads(pickle.dumps(last))) == notes(last)


def test_notes_do_not_pile_up_on_an_error_that_is_used_again() -> None:
    """A model that raises the same error object each time does not collect more and more notes on it."""
    last = ModelError("b is out")
    vlm = fallback(scripted(ModelError("a is out"), name="a"), scripted(last, name="b"))
    for _ in range(3):
        said(vlm)
    assert notes(last) == ["a failed before: ModelError: a is out"]


def test_a_note_tells_no_password() -> None:
    """A password in an address in an error is not in the note."""
    last = ModelError("out")
    said(fallback(scripted(OSError("no route to http://me:secret@host/v1"), name="a"), scripted(last)))
    assert "host" in notes(last)[0]
    assert "secret" not in notes(last)[0]


def test_nothing_is_given_of_an_answer_that_failed_half_way() -> None:
    """Pieces of a model that fails half-way are not emitted, whether it is the first or the last."""
    half = Pieces("half", Piece("a d"), error=ModelError("dropped"))
    whole = Pieces("whole", Piece("a "), Piece("cat"))
    assert [item for _, item in said(fallback(half, whole))] == [("a ", "whole"), ("cat", "whole"), END]
    assert [str(item) for _, item in said(fallback(half, half))] == ["dropped"]


def test_an_empty_answer_is_a_failure() -> None:
    """After a model that completes without a piece the next is asked; if the last does so, that is the error."""
    assert said(fallback(Pieces("silent"), scripted("a cat")))[0] == (1.0, ("a cat", "scripted"))
    assert isinstance(said(fallback(Pieces("silent")))[0][1], BadAnswerError)


def test_who_is_inside_keeps_its_signature() -> None:
    """A piece that names its model keeps that name."""
    signed = Pieces("relay", Piece("a cat", model="qwen"))
    assert said(fallback(signed))[0][1] == ("a cat", "qwen")


def test_leaving_hangs_up_the_one_that_is_asked() -> None:
    """Disposing while the second is asked disposes that ask, and no third model is asked."""
    second, third = scripted(Say("slow", seconds=60.0)), scripted("never")
    vlm = fallback(scripted(ModelError("no")), second, third)
    assert play(vlm.ask(CLIP, "?"), seconds=5.0) == []
    assert (second.hung_up, third.asked) == (1, [])


def test_it_needs_a_model() -> None:
    """No model is a ValueError."""
    with pytest.raises(ValueError, match="at least one model"):
        fallback()


def test_the_first_failure_of_a_model_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """A failure is logged: otherwise a user who reads only answers would not notice that the best model is down."""
    broken = Say(error=ModelBusyError("too many"))
    vlm = fallback(scripted(broken, broken, name="best"), scripted("a cat", "a dog", name="second"))
    for _ in range(2):
        said(vlm)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["best failed before: ModelBusyError: too many"]
