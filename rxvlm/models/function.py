"""vlm_from: a model made from a function of a clip and a prompt."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable
from typing import TypeAlias, cast

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.concurrency.workers import Workers
from rxvlm.errors import BadAnswerError, ModelError
from rxvlm.vlm import Piece, Vlm

MOST_STUCK = 16
"""How many calls that were disposed of may still run before a model made from a function calls it no more."""

Answer: TypeAlias = str | Piece
AnswerFunction: TypeAlias = Callable[[Clip, str], Answer | Awaitable[Answer]]


class FunctionVlm:
    """A model made from a function; see `vlm_from`."""

    def __init__(self, function: AnswerFunction, name: str, scheduler: SchedulerBase | None) -> None:
        self.name = name
        self._function = function
        self._scheduler = scheduler or Workers(f"rxvlm-{name}")
        self._lock = threading.Lock()
        self._stuck = 0  # calls that were disposed of and have not ended

    def __repr__(self) -> str:
        return f"vlm_from({self.name!r})"

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Call the function on the scheduler, at each subscription."""

        def asked(_scheduler: SchedulerBase | None) -> Observable[Piece]:
            if self._stuck >= MOST_STUCK:
                return reactivex.throw(
                    ModelError(f"{self.name} is stuck: {self._stuck} calls have not ended", retryable=True)
                )
            call = _Call(self._count)
            answer = reactivex.from_callable(lambda: call.run(lambda: self._answer(clip, prompt)), self._scheduler)
            return answer.pipe(ops.finally_action(call.leave))

        return reactivex.defer(asked)

    def _count(self, change: int) -> None:
        with self._lock:
            self._stuck += change

    def _answer(self, clip: Clip, prompt: str) -> Piece:
        _ = clip.contents  # a clip without its bytes is an error, whether or not the function would notice
        said = cast("object", self._function(clip, prompt))  # its annotation may be wrong
        if inspect.isawaitable(said):
            said = asyncio.run(_awaited(said))
        if isinstance(said, Piece):
            return cast("Piece", said)
        if isinstance(said, str):
            return Piece(said)
        what = "None (is a return missing?)" if said is None else f"something of the type {type(said).__name__}"
        raise BadAnswerError(f"{self.name} returned {what}: a function must return the text of its answer, or a Piece")


class _Call:
    """One call of a function: it counts as stuck from its disposal until the function returns."""

    def __init__(self, count: Callable[[int], None]) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._running = self._left = False

    def run(self, function: Callable[[], Piece]) -> Piece:
        with self._lock:
            self._running = True
        try:
            return function()
        finally:
            with self._lock:
                self._running = False
            if self._left:
                self._count(-1)

    def leave(self) -> None:
        with self._lock:
            self._left = self._running
        if self._left:
            self._count(1)


@suggest_options()
def vlm_from(function: AnswerFunction, *, name: str | None = None, scheduler: SchedulerBase | None = None) -> Vlm:
    """Make a model from a function of a clip and a prompt, plain or async.

    A function cannot be stopped: if an ask is disposed of, the function runs to its end and its result is
    discarded. While `MOST_STUCK` such calls have not ended, further asks fail at once.

    Args:
        function: Returns the answer: its text, or a `Piece`.
        name: The model's name in tables and answers; the function's own name if None.
        scheduler: Where the function is called; None for daemon threads of its own.

    Returns:
        A Vlm. An exception of the function is the error of that one answer, and so is a result that is
        neither a text nor a `Piece`.

    Raises:
        TypeError: If it is not a function, or cannot be called with a clip and a prompt.
    """
    if not callable(function):
        raise TypeError(f"vlm_from takes a function of a clip and a prompt, not {type(function).__name__}")
    try:
        inspect.signature(function).bind("clip", "prompt")
    except TypeError as error:
        raise TypeError(
            f"vlm_from takes a function of a clip and a prompt, but calling it with these fails: {error}"
        ) from None
    except ValueError:
        pass  # some built-in functions have no signature to check
    return FunctionVlm(function, name or getattr(function, "__name__", "function"), scheduler)


async def _awaited(answer: Awaitable[object]) -> object:
    return await answer
