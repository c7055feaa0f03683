"""TokenEstimate: how many tokens a question will cost, learned from the answers so far."""

from __future__ import annotations

from typing import Final

from rxvlm.vlm import Usage

_FIRST_OUTPUT: Final = 200.0  # tokens of an answer, until the first one has come
_LEAST_SHARE: Final = 0.1  # of the newest answer in the running means


class TokenEstimate:
    """An estimate of a question's tokens: a published rule, corrected by what earlier questions cost."""

    def __init__(self) -> None:
        self._scale = 1.0
        self._output = _FIRST_OUTPUT
        self._answers = 0

    def tokens(self, question: float) -> float:
        """Estimate the tokens of a question and its answer, from the input tokens that the rule predicts."""
        return question * self._scale + self._output

    def learn(self, question: float, usage: Usage) -> None:
        """Correct the estimate by one answer: the input tokens that the rule predicted, and the true usage."""
        self._answers += 1
        share = max(_LEAST_SHARE, 1 / self._answers)
        self._output += share * (usage.output - self._output)
        if usage.input > 0:
            self._scale += share * (usage.input / question - self._scale)
