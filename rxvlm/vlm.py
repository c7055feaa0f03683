"""Vlm: the protocol of a model; Piece and Usage, what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from reactivex import Observable

from rxvlm.clip import Clip
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
