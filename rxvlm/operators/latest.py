"""latest: a prompt that changes while cameras are watched."""

from __future__ import annotations

from reactivex import Observable

from rxvlm.arguments import suggest_options
from rxvlm.operators.asking.prompts import FixedPrompt, LatestPrompt


@suggest_options()
def latest(initial: FixedPrompt, stream: Observable[FixedPrompt]) -> LatestPrompt:
    """Ask with the latest prompt of a stream: a new one is used from the next clip on.

    Clips that wait already keep the prompt that was the latest when they came; each Analysis says which
    prompt it answers. When the stream of prompts completes, its last one stays in use; its error ends the analyses.

    Args:
        initial: The prompt until the stream emits one.
        stream: The prompts, such as a Subject that a text field feeds. Each subscription to the analyses
            subscribes to it.

    Returns:
        A prompt for `analyze`, `ask_all` and `rxvlm.watch`.
    """
    return LatestPrompt(initial, stream)
