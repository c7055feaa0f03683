"""For tests of pipelines: hours of them in a moment, on virtual time.

>>> from rxvlm.operators import buffer_by_time
>>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0]))
>>> play(frames.pipe(buffer_by_time(2.0)))
[(2.0, Window('test' [0, 2) s, 2 seen, frames (0,1))), (3.0, Window('test' [2, 4) s, 2 seen, frames (2,3))), (3.0, END)]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, TypeVar

import numpy as np
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable
from reactivex.scheduler import CurrentThreadScheduler, VirtualTimeScheduler

from rxvlm.clip import Clip
from rxvlm.frame import Frame
from rxvlm.media.picture import Image
from rxvlm.testing.server import FakeServer, Reply, Request
from rxvlm.vlm import Piece, Usage
from rxvlm.window import Window

__all__ = [
    "END",
    "FakeServer",
    "Reply",
    "Request",
    "Say",
    "ScriptedVlm",
    "draw",
    "frames_at",
    "play",
    "scripted",
    "video_of",
]

_T = TypeVar("_T")
_DAY = 86_400.0


class _End:
    def __repr__(self) -> str:
        return "END"


END: Final = _End()
"""How `play` writes that a stream completed."""


def frames_at(
    times: Iterable[float], *, source: str = "test", size: tuple[int, int] = (64, 48), live: bool = False
) -> list[Frame]:
    """Make frames for given moments, each a plain grey of its own.

    Args:
        times: Seconds, rising.
        source: The name of their source.
        size: (width, height) in pixels.
        live: Whether they were captured on the clock: at their time, on virtual time.
    """
    width, height = size
    return [
        Frame.of(_grey(index, width, height), time, source=source, index=index, captured=time if live else None)
        for index, time in enumerate(times)
    ]


def video_of(frames: Sequence[Frame]) -> Observable[Frame]:
    """Give each frame at its time on the clock of the subscription, then complete."""

    def subscribe(observer: ObserverBase[Frame], scheduler: SchedulerBase | None = None) -> DisposableBase:
        clock = scheduler or CurrentThreadScheduler.singleton()
        timers = CompositeDisposable()
        began = clock.now
        left = iter(frames)

        def give_next(frame: Frame | None) -> None:
            if frame is None:
                observer.on_completed()
                return

            def give(_scheduler: SchedulerBase, _state: object) -> None:
                observer.on_next(frame)
                give_next(next(left, None))

            timers.clear()
            timers.add(clock.schedule_absolute(began + clock.to_timedelta(frame.time), give))

        give_next(next(left, None))
        return timers

    return Observable(subscribe)


def play(
    stream: Observable[_T], *, seconds: float = _DAY, scheduler: VirtualTimeScheduler | None = None
) -> list[tuple[float, Any]]:
    """Run a stream on virtual time, and give what it gave and when.

    Args:
        stream: Its timers must follow the scheduler that it is subscribed with.
        seconds: Virtual seconds after which it is left.
        scheduler: The clock; None for a new one that begins at 0. Give the same to
            steps that are to work on it: ``encode_mp4(scheduler=clock)``.

    Returns:
        (virtual second, item), in order; last (second, `END`) if it completed, or
        (second, error) if it failed; neither if it goes on for longer, or on threads for want of the clock.
    """
    clock = scheduler or VirtualTimeScheduler(0.0)
    heard: list[tuple[float, Any]] = []

    def hear(item: object) -> None:
        heard.append((round(clock.to_seconds(clock.now), 6), item))

    subscription = stream.subscribe(hear, hear, lambda: hear(END), scheduler=clock)
    clock.advance_to(clock.to_seconds(clock.now) + seconds)
    subscription.dispose()
    return heard


def draw(stream: Observable[_T], *, tick: float = 1.0, seconds: float = _DAY) -> str:
    """Run a stream on virtual time, and draw it as a marble diagram.

    A window is drawn as the numbers of its frames, a frame as its own; ``|`` is the
    end, ``#`` an error, ``...`` that the stream was left before either. What needs more
    room than there is pushes what follows along.

    >>> frames = video_of(frames_at([0.0, 1.0, 3.0]))
    >>> print(draw(frames, tick=0.5), draw(frames, tick=0.5, seconds=2.0))
    0-1---2| 0-1...

    Args:
        stream: Its timers must follow the scheduler that it is subscribed with.
        tick: Virtual seconds that one character stands for.
        seconds: Virtual seconds after which it is left.
    """
    drawn, last = "", None
    for time, last in play(stream, seconds=seconds):
        drawn += "-" * (round(time / tick) - len(drawn)) + _marble(last)
    return drawn if last is END or isinstance(last, Exception) else f"{drawn}..."


@dataclass(frozen=True, slots=True)
class Say:
    """One scripted answer.

    Attributes:
        text: What the model says.
        seconds: Seconds that it takes, on the clock of the subscription.
        value: The typed answer, if any.
        error: What it fails with instead, after those seconds.
        usage: What it costs.
    """

    text: str = ""
    seconds: float = 1.0
    value: Any = None
    error: Exception | None = None
    usage: Usage | None = None


class ScriptedVlm:
    """A model that says what it was told to; see `scripted`.

    Attributes:
        name: What tables and answers call it.
        asked: The questions so far: (clip, prompt).
        hung_up: How many answers were not waited for.
    """

    def __init__(self, script: Callable[[int, Clip, str], Say], name: str) -> None:
        self.name = name
        self.asked: list[tuple[Clip, str]] = []
        self.hung_up = 0
        self._script = script
        self._number = count()

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:
        """Answer after the scripted seconds, on the clock of the subscription."""

        def answer(scheduler: SchedulerBase | None) -> Observable[Piece]:
            _ = scheduler
            self.asked.append((clip, prompt))
            say = self._script(next(self._number), clip, prompt)
            over = [False]

            def end(*_: object) -> None:
                over[0] = True

            def left() -> None:
                self.hung_up += not over[0]

            said: Observable[Piece] = (
                reactivex.throw(say.error)
                if say.error is not None
                else reactivex.just(Piece(say.text, say.value, usage=say.usage, finish_reason="stop"))
            )
            return reactivex.timer(say.seconds).pipe(
                ops.flat_map(lambda _: said), ops.do_action(None, end, end), ops.finally_action(left)
            )

        return reactivex.defer(answer)


def scripted(*answers: str | Say | Exception, name: str = "scripted") -> ScriptedVlm:
    """Make a model that gives these answers in turn, and the last one for ever.

    >>> from rxvlm.operators import analyze, buffer_by_time, encode_jpegs
    >>> clock = VirtualTimeScheduler(0.0)
    >>> model = scripted("a car", Say("a cat", seconds=4.0))
    >>> frames = video_of(frames_at([0.0, 5.0, 10.0]))
    >>> analyses = frames.pipe(buffer_by_time(5.0), encode_jpegs(scheduler=clock), analyze(model, "What is it?"))
    >>> [(time, heard.text) for time, heard in play(analyses, scheduler=clock)[:-1]]
    [(6.0, 'a car'), (14.0, 'a cat'), (18.0, 'a cat')]

    Args:
        answers: A text (after one second), a `Say`, or an error; at least one.
        name: What tables and answers call it.
    """
    says = [_say(answer) for answer in answers]
    if not says:
        raise ValueError("a scripted model has at least one answer")
    return ScriptedVlm(lambda number, _clip, _prompt: says[min(number, len(says) - 1)], name)


def _say(answer: str | Say | Exception) -> Say:
    if isinstance(answer, Exception):
        return Say(error=answer)
    return answer if isinstance(answer, Say) else Say(answer)


def _marble(item: object) -> str:
    if isinstance(item, Window):
        return f"({','.join(str(frame.index) for frame in item.frames)})"
    if isinstance(item, Exception):
        return "#"
    return "|" if item is END else str(item.index) if isinstance(item, Frame) else str(item)


def _grey(index: int, width: int, height: int) -> Image:
    return np.full((height, width, 3), index * 37 % 256, np.uint8)
