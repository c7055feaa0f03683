"""CurrentPrompt: a prompt that a reload may change without opening its camera again."""

from __future__ import annotations

from rxvlm.clip import Clip
from rxvlm.operators.asking.prompts import FixedPrompt, text_for


class CurrentPrompt:
    """A prompt that a reload may change without opening its camera again.

    Args:
        prompt: What is asked now.
    """

    def __init__(self, prompt: FixedPrompt) -> None:
        self.prompt = prompt

    def __call__(self, clip: Clip) -> str:
        """Return the text for a clip."""
        return text_for(self.prompt, clip)

    def __repr__(self) -> str:
        return repr(self.prompt)
