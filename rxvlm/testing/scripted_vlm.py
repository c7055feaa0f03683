"""A model that answers from a script, on virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import suggest_options
from rxvlm.clip import Clip
from rxvlm.vlm import Piece, Usage


@dataclass(frozen=True, slots=True)
class Say:
    """One scripted answer.

    Attributes:
        text: The model's answer.
        seconds: Seconds until it comes, on the clock of the subscription.
        value: The typed answer, if any.
        error: The error that the call fails with after those seconds, in place of an answer.
        usage: The tokens that it costs.
    """

    text: str = ""
    seconds: float = 1.0
    value: Any = None
    error: Exception | None = None
    usage: Usage | None = None


class ScriptedVlm:
    """A model that answers from a script; made by `scripted`.

    Attributes:
        name: Its name in tables and answers.
        asked: The questions so far: (clip, prompt).
        hung_up: How many answers were disposed of before they ended.
    """

    def __init__(self, script: Callable[[int, Clip, str], Say], name: str) -> None:
        self.name = name
        self.asked: list[tuple[Clip, str]] = []
        self.hung_up = 0
        self._script = script
        self._number = count()

    def __repr__(self) -> str:
        return f"scripted({self.name!r})"

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Answer after the scripted seconds, on the clock of the subscription."""

        def answer(scheduler: SchedulerBase | None) -> Observable[Piece]:
            _ = scheduler
            self.asked.append((clip, prompt))
            say = self._script(next(self._number), clip, prompt)
            ended = False

            def end(*_: object) -> None:
                nonlocal ended
                ended = True

            def left() -> None:
                self.hung_up += not ended

            said: Observable[Piece] = (
                reactivex.throw(say.error)
                if say.error is not None
                else reactivex.just(Piece(say.text, say.value, usage=say.usage, finish_reason="stop"))
            )
            return reactivex.timer(say.seconds).pipe(
                ops.flat_map(lambda _: said), ops.do_action(None, end, end), ops.finally_action(left)
            )

        return reactivex.defer(answer)


@suggest_options()
def scripted(*answers: str | Say | Exception, name: str = "scripted") -> ScriptedVlm:
    """Make a model that gives some answers in turn, and repeats the last one from then on.

    >>> from reactivex.scheduler import VirtualTimeScheduler
    >>> from rxvlm.operators import analyze, buffer_by_time, encode_jpegs
    >>> from rxvlm.testing import frames_at, play, video_of
    >>> clock = VirtualTimeScheduler(0.0)
    >>> model = scripted("a car", Say("a cat", seconds=4.0))
    >>> frames = video_of(frames_at([0.0, 5.0, 10.0]))
    >>> analyses = frames.pipe(buffer_by_time(5.0), encode_jpegs(scheduler=clock), analyze(model, "What is it?"))
    >>> [(time, analysis.text) for time, analysis in play(analyses, scheduler=clock)[:-1]]
    [(6.0, 'a car'), (14.0, 'a cat'), (18.0, 'a cat')]

    Args:
        answers: A text (which comes after one second), a `Say`, or an error (likewise); at least one.
        name: Its name in tables and answers.

    Raises:
        ValueError: If there is no answer.
    """
    says = [_say(answer) for answer in answers]
    if not says:
        raise ValueError("a scripted model needs at least one answer")
    return ScriptedVlm(lambda number, _clip, _prompt: says[min(number, len(says) - 1)], name)


def _say(answer: str | Say | Exception) -> Say:
    if isinstance(answer, Exception):
        return Say(error=answer)
    return answer if isinstance(answer, Say) else Say(answer)
