from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from conftest import WATCHDOG
from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm.clip import Clip
from rxvlm.errors import BadAnswerError
from rxvlm.models.function import vlm_from
from rxvlm.testing import END, play
from rxvlm.vlm import Piece, Usage, Vlm

CLIP = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 1.0)
Hear = Callable[[Observable[Any]], Any]


def test_a_function_is_a_model(hear: Hear) -> None:
    """The result of a function of clip and prompt is the answer, under the function's name."""

    def count_bytes(clip: Clip, prompt: str) -> str:
        return f"{prompt} {clip.size}"

    model: Vlm = vlm_from(count_bytes)
    assert model.name == "count_bytes"
    assert hear(model.ask(CLIP, "Bytes:")).items == [Piece("Bytes: 1")]


def test_an_async_function_is_a_model(hear: Hear) -> None:
    """An async function is awaited."""

    async def later(_clip: Clip, prompt: str) -> str:
        return prompt.upper()

    assert hear(vlm_from(later, name="later").ask(CLIP, "hello")).items == [Piece("HELLO")]


def test_a_function_may_give_a_piece(hear: Hear) -> None:
    """A Piece is passed on as it is, with value and usage."""
    piece = Piece("two", value=2, usage=Usage(3, 4))
    assert hear(vlm_from(lambda *_: piece).ask(CLIP, "")).items == [piece]


def test_an_error_of_the_function_is_in_the_stream(hear: Hear) -> None:
    """An exception of the function is the error of that answer."""

    def broken(*_: object) -> str:
        raise RuntimeError("no eyes")

    assert str(hear(vlm_from(broken).ask(CLIP, "")).error) == "no eyes"


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (None, "None (is a return missing?)"),
        ({"cars": 2}, "something of the type dict"),
        (2, "something of the type int"),
        (iter(["a", "b"]), "something of the type list_iterator"),
    ],
)
def test_what_is_no_answer_is_an_error_of_that_answer(said: Any, what: str, hear: Hear) -> None:
    """A result that is neither a text nor a Piece is an error that says what it may be."""

    async def later(*_: object) -> Any:
        return said

    for function in (lambda *_: said, later):
        error = hear(vlm_from(function, name="eye").ask(CLIP, "")).error
        assert isinstance(error, BadAnswerError)
        assert str(error) == f"eye returned {what}: a function must return the text of its answer, or a Piece"


def test_what_is_no_function_is_refused_at_once() -> None:
    """A model is made from a function, not from its result."""
    answer: Any = "a cat"
    with pytest.raises(TypeError, match="a function of a clip and a prompt, not str"):
        vlm_from(answer)


def test_asking_is_cold() -> None:
    """Nothing is called before subscription, and every subscription calls anew."""
    asked: list[str] = []
    clock = VirtualTimeScheduler(0.0)

    def note(_clip: Clip, prompt: str) -> str:
        asked.append(prompt)
        return ""

    answer = vlm_from(note, scheduler=clock).ask(CLIP, "q")
    assert asked == []
    assert [item for _, item in play(answer, scheduler=clock)] == [Piece(""), END]
    play(answer, scheduler=clock)
    assert asked == ["q", "q"]


@pytest.mark.usefixtures("no_threads_left")
def test_a_hung_up_answer_is_dropped() -> None:
    """Disposing delivers nothing more; the function runs to its end on a daemon thread."""
    started, go, ended = threading.Event(), threading.Event(), threading.Event()
    answers: list[Piece] = []

    def slow(*_: object) -> str:
        started.set()
        assert threading.current_thread().daemon
        go.wait(WATCHDOG)
        ended.set()
        return "late"

    call = vlm_from(slow).ask(CLIP, "").subscribe(answers.append)
    assert started.wait(WATCHDOG)
    call.dispose()
    go.set()
    assert ended.wait(WATCHDOG)
    assert answers == []


@pytest.mark.parametrize("function", [lambda: "", lambda _clip: "", lambda _clip, _prompt, _more: ""])
def test_a_function_that_cannot_be_asked_is_refused(function: Any) -> None:
    """A function with another signature would fail at every clip, so it is an error at once."""
    with pytest.raises(
        TypeError, match="vlm_from takes a function of a clip and a prompt, but calling it with these fails: "
    ):
        vlm_from(function)
