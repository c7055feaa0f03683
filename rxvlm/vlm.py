"""Vlm: the protocol of a model; Piece and Usage, what it answers; and how to ask one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase

from rxvlm.clip import Clip
from rxvlm.errors import BadAnswerError, ModelTimeoutError
from rxvlm.uri import without_secrets


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost.

    Attributes:
        input: Tokens in, those of the video among them.
        output: Tokens out.
        video: Tokens of the video, None where the provider does not say.
    """

    input: int = 0
    output: int = 0
    video: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of an answer; the last one carries the facts about it, where there are any.

    Attributes:
        text: The next characters of the answer, may be empty.
        value: The answer as a typed object or facts.
        model: Who answered, where it is not the model that was asked.
        usage: Tokens of the whole answer.
        request_id: The provider's name for the request.
        finish_reason: Why the answer ended, in the provider's word.
    """

    text: str = ""
    value: Any = None
    model: str | None = None
    usage: Usage | None = None
    request_id: str | None = None
    finish_reason: str | None = None


class Vlm(Protocol):
    """A vision-language model.

    ``ask`` is cold: nothing is sent before subscription, every subscription asks
    anew, disposing hangs up. Its errors are `ModelError`s, in the stream.
    """

    @property
    def name(self) -> str:
        """What tables and answers call it."""
        ...

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Ask about a clip; the answer comes in pieces, the last one carries its facts."""
        ...


def check_model(model: object) -> None:
    """Refuse what is no model, and say how to make one of it.

    >>> check_model("opencv")
    Traceback (most recent call last):
    TypeError: 'opencv' is a name, not a model: rxvlm.models.named('opencv') gives it

    Raises:
        TypeError: If it has no ``name``, or no ``ask``.
    """
    name = without_secrets(repr(model)) if isinstance(model, str) else getattr(model, "__name__", type(model).__name__)
    if isinstance(model, str):
        raise TypeError(f"{name} is a name, not a model: rxvlm.models.named({name}) gives it")
    if isinstance(model, type):
        raise TypeError(f"{name} is a class, not a model: {name}(...) makes one")
    if callable(getattr(model, "ask", None)) and hasattr(model, "name"):
        return
    if callable(model):
        raise TypeError(
            f"{name} is a function, not a model: rxvlm.vlm_from(...) makes one of it; call it, if it gives one"
        )
    raise TypeError(f"{name} is no model: a model has a name, and ask(clip, prompt)")


def ask_model(model: Vlm, clip: Clip, prompt: str) -> Observable[Piece]:
    """Ask a model at each subscription, and hold it to the protocol.

    An exception that its ``ask`` raises becomes an error of the stream, and an answer without a single piece
    a `BadAnswerError`.
    """
    answer = reactivex.defer(lambda _: model.ask(clip, prompt))

    def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
        silent = True

        def on_piece(piece: Piece) -> None:
            nonlocal silent
            silent = False
            observer.on_next(piece)

        def on_end() -> None:
            if silent:
                observer.on_error(BadAnswerError(f"{model.name} ended without an answer"))
            else:
                observer.on_completed()

        return answer.subscribe(on_piece, observer.on_error, on_end, scheduler=scheduler)

    return Observable(subscribe)


def ask_model_whole(model: Vlm, clip: Clip, prompt: str) -> Observable[Piece]:
    """Ask as `ask_model` does, and emit the pieces once the answer is complete: none of an answer that fails."""
    answer = ask_model(model, clip, prompt)

    def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
        pieces: list[Piece] = []

        def on_end() -> None:
            for piece in pieces:
                observer.on_next(piece)
            observer.on_completed()

        return answer.subscribe(pieces.append, observer.on_error, on_end, scheduler=scheduler)

    return Observable(subscribe)


def no_answer_within(seconds: float, model: Vlm) -> ModelTimeoutError:
    """Return the error for a model whose answer was not complete in time."""
    return ModelTimeoutError(f"{model.name} gave no answer within {seconds:g} s")
