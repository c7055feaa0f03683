"""latest: a prompt that changes while cameras are watched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable

from rxvlm.clip import Clip
from rxvlm.concurrency.serial import Serial
from rxvlm.stream import Operator

Question: TypeAlias = str | Callable[[Clip], str]
"""What to ask: a text, or a function of the clip that gives one."""


@dataclass(frozen=True, slots=True)
class Latest:
    """A prompt that changes; see `latest`."""

    initial: Question
    stream: Observable[Question]


Prompt: TypeAlias = Question | Latest
"""What to ask: a text, a function of the clip, or what `latest` gives."""


def latest(initial: Question, stream: Observable[Question]) -> Latest:
    """Ask what a stream said last: a new prompt holds from the next clip on.

    Clips that wait already are asked what held when they came; each Analysis says
    which prompt it answers. The last prompt holds when the stream ends; its error
    ends the analyses.

    Args:
        initial: What to ask before the stream says anything.
        stream: The prompts, such as a Subject that a user types into; subscribed to by
            each subscription to the analyses.
    """
    return Latest(initial, stream)


def with_questions(prompts: Sequence[Prompt]) -> Operator[Clip, tuple[Clip, tuple[Question, ...]]]:
    """Give each clip the questions that hold when it comes."""

    def operator(clips: Observable[Clip]) -> Observable[tuple[Clip, tuple[Question, ...]]]:
        def subscribe(
            observer: ObserverBase[tuple[Clip, tuple[Question, ...]]], scheduler: SchedulerBase | None = None
        ) -> DisposableBase:
            serial = Serial()
            holding = [prompt.initial if isinstance(prompt, Latest) else prompt for prompt in prompts]
            subscriptions = CompositeDisposable()

            def failed(error: Exception) -> None:
                serial(lambda: observer.on_error(error))

            for at, prompt in enumerate(prompts):
                if isinstance(prompt, Latest):
                    change = partial(holding.__setitem__, at)
                    subscriptions.add(prompt.stream.subscribe(change, failed, scheduler=scheduler))
            subscriptions.add(
                clips.subscribe(
                    lambda clip: serial(lambda: observer.on_next((clip, tuple(holding)))),
                    failed,
                    lambda: serial(observer.on_completed),
                    scheduler=scheduler,
                )
            )
            return subscriptions

        return Observable(subscribe)

    return operator
