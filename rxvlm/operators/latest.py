"""latest: a prompt that changes while cameras are watched."""

from __future__ import annotations

from reactivex import Observable

from rxvlm.arguments import suggest_options
from rxvlm.operators.asking.prompts import FixedPrompt, LatestPrompt


@suggest_options()
def latest(initial: FixedPrompt, stream: Observable[FixedPrompt]) -> LatestPrompt:
    """Ask with the latest prompt of a stream: a new prompt is used from the next clip on.

    Waiting clips keep the prompt that was the latest when they came; `Analysis.prompt` is the prompt that was
    answered. When the stream of prompts completes, its last prompt stays in use. If it fails, the analyses end, too.

    Args:
        initial: The prompt until the stream emits one.
        stream: The prompts, such as a Subject that a text field feeds. Each subscription to the analyses
            subscribes to it.

    Returns:
        A prompt for `analyze`, `ask_all` and `rxvlm.watch`.
    """
    return LatestPrompt(initial, stream)
