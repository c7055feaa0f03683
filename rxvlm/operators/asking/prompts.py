"""Prompts: what a model can be asked, and which prompt belongs to which clip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, cast

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable

from rxvlm.arguments import describe
from rxvlm.clip import Clip
from rxvlm.concurrency.serial import Serial
from rxvlm.concurrency.timers import clock_of, now_in_seconds
from rxvlm.errors import PromptError
from rxvlm.stream import Operator
from rxvlm.uri import without_secrets

FixedPrompt: TypeAlias = str | Callable[[Clip], str]
"""A text, or a function that returns the text for a clip."""


@dataclass(frozen=True, slots=True)
class LatestPrompt:
    """A prompt that changes; made by `rxvlm.operators.latest`."""

    initial: FixedPrompt
    stream: Observable[FixedPrompt]


Prompt: TypeAlias = FixedPrompt | LatestPrompt
"""What to ask: a text, a function of the clip, or what `rxvlm.operators.latest` returns."""

PromptedClip: TypeAlias = tuple[Clip, tuple[FixedPrompt, ...], float]
"""A clip, the prompts to ask about it, and when it came, in seconds since the epoch."""


def text_for(prompt: FixedPrompt, clip: Clip) -> str:
    """Return the text of a prompt for a clip.

    Raises:
        PromptError: If a prompt function raises, or returns no text.
    """
    if isinstance(prompt, str):
        return prompt
    name = getattr(prompt, "__name__", type(prompt).__name__)
    try:
        text = cast("object", prompt(clip))
    except Exception as error:
        fault = without_secrets(f"{type(error).__name__}: {error}")
        raise PromptError(f"the prompt function {name} failed: {fault}") from error
    if not isinstance(text, str):
        raise PromptError(f"the prompt function {name} must return a text, not {describe(text)}")
    return text


def with_prompts(prompts: Sequence[Prompt]) -> Operator[Clip, PromptedClip]:
    """Pair each clip with the prompts that are the latest when it comes."""

    def operator(clips: Observable[Clip]) -> Observable[PromptedClip]:
        def subscribe(observer: ObserverBase[PromptedClip], scheduler: SchedulerBase | None = None) -> DisposableBase:
            serial, clock = Serial(), clock_of(scheduler)
            current = [prompt.initial if isinstance(prompt, LatestPrompt) else prompt for prompt in prompts]
            subscriptions = CompositeDisposable()

            def failed(error: Exception) -> None:
                serial(lambda: observer.on_error(error))

            for at, prompt in enumerate(prompts):
                if isinstance(prompt, LatestPrompt):
                    change = partial(current.__setitem__, at)
                    subscriptions.add(prompt.stream.subscribe(change, failed, scheduler=scheduler))
            subscriptions.add(
                clips.subscribe(
                    lambda clip: serial(lambda: observer.on_next((clip, tuple(current), now_in_seconds(clock)))),
                    failed,
                    lambda: serial(observer.on_completed),
                    scheduler=scheduler,
                )
            )
            return subscriptions

        return Observable(subscribe)

    return operator
