"""Vlm: the protocol of a model; Piece and Usage, what it says; vlm_from, one of any function."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import reactivex
from reactivex import Observable
from reactivex.abc import SchedulerBase
from reactivex.scheduler import NewThreadScheduler

from rxvlm.clip import Clip
from rxvlm.threads import daemon


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


Answer: TypeAlias = str | Piece
AnswerFunction: TypeAlias = Callable[[Clip, str], Answer | Awaitable[Answer]]


class FunctionVlm:
    """A model made of a function; see `vlm_from`."""

    def __init__(self, function: AnswerFunction, name: str, scheduler: SchedulerBase | None) -> None:
        self.name = name
        self._function = function
        self._scheduler = scheduler or NewThreadScheduler(daemon(f"rxvlm-{name}"))

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Call the function, at each subscription, on the scheduler."""
        return reactivex.from_callable(lambda: self._answer(clip, prompt), self._scheduler)

    def _answer(self, clip: Clip, prompt: str) -> Piece:
        said = self._function(clip, prompt)
        if inspect.isawaitable(said):
            said = asyncio.run(_awaited(said))
        return said if isinstance(said, Piece) else Piece(str(said))


def vlm_from(function: AnswerFunction, *, name: str | None = None, scheduler: SchedulerBase | None = None) -> Vlm:
    """Make a model of any function of a clip and a prompt, plain or async.

    Disposing an ask lets the function run to its end and drops what it gives.

    Args:
        function: Gives the answer: its text, or a `Piece`. Called on a thread of its own.
        name: What tables and answers call it; the function's own name if None.
        scheduler: Where the function is called; None for a daemon thread a call.

    Returns:
        A Vlm; what the function raises becomes the error of that one answer.
    """
    return FunctionVlm(function, name or getattr(function, "__name__", "function"), scheduler)


async def _awaited(answer: Awaitable[Answer]) -> Answer:
    return await answer
