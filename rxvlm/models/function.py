"""vlm_from: a model made of any function of a clip and a prompt."""

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

from rxvlm.clip import Clip
from rxvlm.concurrency.workers import Workers
from rxvlm.errors import BadAnswerError, ModelError
from rxvlm.vlm import Piece, Vlm

MOST_STUCK = 16

Answer: TypeAlias = str | Piece
AnswerFunction: TypeAlias = Callable[[Clip, str], Answer | Awaitable[Answer]]


class FunctionVlm:
    """A model made of a function; see `vlm_from`."""

    def __init__(self, function: AnswerFunction, name: str, scheduler: SchedulerBase | None) -> None:
        self.name = name
        self._function = function
        self._scheduler = scheduler or Workers(f"rxvlm-{name}")
        self._lock = threading.Lock()
        self._stuck = 0  # calls that nobody waits for any more, and that have not ended

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Call the function, at each subscription, on the scheduler."""

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
        said = cast("object", self._function(clip, prompt))  # whatever its type promises
        if inspect.isawaitable(said):
            said = asyncio.run(_awaited(said))
        if isinstance(said, Piece):
            return said
        if isinstance(said, str):
            return Piece(said)
        what = "None (is a return missing?)" if said is None else f"something of the type {type(said).__name__}"
        raise BadAnswerError(f"{self.name} gave {what}: a function gives the text of its answer, or a Piece")


class _Call:
    """One call of a function: it is stuck from when nobody waits for it until it ends."""

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


def vlm_from(function: AnswerFunction, *, name: str | None = None, scheduler: SchedulerBase | None = None) -> Vlm:
    """Make a model of any function of a clip and a prompt, plain or async.

    Disposing an ask lets the function run to its end and drops what it gives; when
    `MOST_STUCK` such calls have not ended, it is not called any more until some have.

    Args:
        function: Gives the answer: its text, or a `Piece`. Called on a thread of its own.
        name: What tables and answers call it; the function's own name if None.
        scheduler: Where the function is called; None for daemon threads of its own.

    Returns:
        A Vlm; what the function raises becomes the error of that one answer, and so does anything
        that it gives but a text or a `Piece`.

    Raises:
        TypeError: If it is no function, or cannot be called with a clip and a prompt.
    """
    if not callable(function):
        raise TypeError(f"vlm_from takes a function of a clip and a prompt, not {type(function).__name__}")
    try:
        inspect.signature(function).bind("clip", "prompt")
    except TypeError as error:
        raise TypeError(f"vlm_from takes a function of a clip and a prompt, and here is {error}") from None
    except ValueError:
        pass  # of some that are built in nothing is known
    return FunctionVlm(function, name or getattr(function, "__name__", "function"), scheduler)


async def _awaited(answer: Awaitable[object]) -> object:
    return await answer
