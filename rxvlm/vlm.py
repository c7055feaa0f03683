"""Vlm: the protocol of a model; Piece and Usage, the parts of its answer; and functions that ask a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, cast

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from typing_extensions import TypeVar

from rxvlm.clip import Clip
from rxvlm.errors import BadAnswerError, ModelTimeoutError, PartialAnswerError
from rxvlm.text import valid_unicode
from rxvlm.uri import without_secrets

Value = TypeVar("Value", default=Any)
"""The type of a model's typed answers; ``Any`` where a bare `Vlm` or `Analysis` is written."""

Value_co = TypeVar("Value_co", covariant=True, default=Any)
"""The same, as the classes have it: a model of cats is a model of animals."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens that an answer cost.

    Attributes:
        input: Input tokens, including those of the video.
        output: Output tokens.
        video: Input tokens of the video; None if the provider does not report them.
    """

    input: int = 0
    output: int = 0
    video: int | None = None


@dataclass(frozen=True, slots=True)
class Piece(Generic[Value_co]):
    """A piece of an answer; the last one also carries the metadata, as far as it is known.

    Its text is valid Unicode: half a surrogate pair becomes U+FFFD.

    Attributes:
        text: The next characters of the answer; may be empty.
        value: The answer as a typed object or as a dictionary, in the last piece; otherwise None.
        model: Name of the model that answered, if it is not the one that was asked.
        usage: Tokens of the whole answer.
        request_id: Identifier that the provider gave to the request.
        finish_reason: Why the answer ended, as the provider calls it.
        thought: What the model wrote while it was thinking, in the last piece; not a part of the text.
        waited: Seconds for which the question waited in a `rxvlm.models.limit` before it was asked.
    """

    text: str = ""
    value: Value_co = field(default=cast("Any", None))
    model: str | None = None
    usage: Usage | None = None
    request_id: str | None = None
    finish_reason: str | None = None
    thought: str = ""
    waited: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", valid_unicode(self.text))
        object.__setattr__(self, "thought", valid_unicode(self.thought))


class Vlm(Protocol[Value_co]):
    """A vision-language model; ``Vlm[Seen]`` is one whose answers have a ``Seen`` as their value.

    The Observable that ``ask`` returns is cold: nothing is sent before a subscription, each subscription
    sends a request of its own, and disposing closes the connection. Its errors are `ModelError`s, in the stream.
    """

    @property
    def name(self) -> str:
        """Name of the model, as tables and answers show it."""
        ...

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece[Value_co]]:
        """Ask a question about a clip; the answer comes in pieces, the last of which carries its metadata."""
        ...


def check_model(model: object) -> None:
    """Raise a TypeError if a value is not a model, with a hint at how to make one from it.

    >>> check_model("opencv")
    Traceback (most recent call last):
    TypeError: 'opencv' is a name, not a model: rxvlm.models.named('opencv') returns it

    Raises:
        TypeError: If the value has no ``name`` or no ``ask``.
    """
    name = without_secrets(repr(model)) if isinstance(model, str) else getattr(model, "__name__", type(model).__name__)
    if isinstance(model, str):
        raise TypeError(f"{name} is a name, not a model: rxvlm.models.named({name}) returns it")
    if isinstance(model, type):
        raise TypeError(f"{name} is a class, not a model: {name}(...) makes one")
    if callable(getattr(model, "ask", None)) and hasattr(model, "name"):
        return
    if callable(model):
        raise TypeError(
            f"{name} is a function, not a model: rxvlm.vlm_from(...) makes one from it; call it, if it returns one"
        )
    if isinstance(model, list | tuple):
        raise TypeError(f"a {name} is not a model: fallback(*models) and round_robin(*models) make one of several")
    raise TypeError(f"{name} is not a model: a model has a name, and ask(clip, prompt)")


def ask_model(model: Vlm, clip: Clip, prompt: str) -> Observable[Piece]:
    """Ask a model at each subscription, and check that it keeps the protocol.

    If its ``ask`` raises, the exception becomes an error of the stream. An answer without a single piece becomes
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
    """Ask like `ask_model`, and emit the pieces when the answer is complete; an answer that fails emits none."""
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
    return ModelTimeoutError(f"{model.name} did not answer within {seconds:g} s")


def only_thoughts(name: str, *, cut: bool = False, request_id: str = "") -> BadAnswerError:
    """Return the error for a model that wrote thoughts and no answer.

    Args:
        name: The model's name.
        cut: Whether it was stopped by its limit of tokens.
        request_id: The provider's identifier of the request.
    """
    if cut:
        why = f"{name} wrote only thoughts, and reached its limit of tokens before its answer: raise max_tokens"
        return PartialAnswerError(why, request_id=request_id)
    return BadAnswerError(f"{name} wrote only thoughts, and no answer", request_id=request_id)
