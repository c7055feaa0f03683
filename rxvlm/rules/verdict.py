"""Verdicts: whether a condition holds for an answer, does not, or cannot be known."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias, cast

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe
from rxvlm.rules.condition import TELL_AFTER, Condition

Verdict: TypeAlias = bool | None
"""Whether a condition holds; None: unknown."""

ConditionFunction: TypeAlias = Callable[[Analysis], Verdict]
"""Returns whether a condition holds for an answer."""

NO_CAUSE: Final = frozenset({"audit", "shadow", "asked"})
"""Marks of answers that must cause nothing."""

_log = logging.getLogger("rxvlm")


class Judged(NamedTuple):
    """What a condition said about an answer.

    Attributes:
        held: Whether it holds; None: unknown.
        why: Why it is unknown, else "".
    """

    held: Verdict
    why: str = ""


class Judge:
    """Applies a condition to answers. What it raises makes the answer unknown, and is logged once.

    Args:
        name: The rule's name, for the log.
        condition: Returns whether the condition holds; None for unknown.
    """

    def __init__(self, name: str, condition: ConditionFunction) -> None:
        self._name, self._condition = name, condition
        self._takes_errors = bool(getattr(condition, "names_error", False))
        self._told = False
        self._unknown, self._known = 0, False  # answers of calls that did not fail
        self._why = ""

    def __call__(self, analysis: Analysis) -> Judged:
        """Return whether the condition holds. A failed call is unknown, unless the condition's text names ``error``."""
        judged = self._judged(analysis)
        if judged.held is not None:
            self._known = True
        elif analysis.error is None:
            self._unknown, self._why = self._unknown + 1, judged.why
        return judged

    def conclude(self) -> None:
        """Log at the end that a condition as text was unknown for every answer, if it has not said so itself."""
        said = not isinstance(self._condition, Condition) or self._unknown >= TELL_AFTER
        if self._unknown and not self._known and not said and not self._told:
            self._told = True
            each = "the only answer" if self._unknown == 1 else f"each of {self._unknown} answers"
            _log.warning("the rule %r never applied: %s was unknown: %s", self._name, each, self._why)

    def _judged(self, analysis: Analysis) -> Judged:
        if analysis.error is not None and not self._takes_errors:
            return Judged(None, "the call failed")
        try:
            held, why = self._asked(analysis)
        except Exception as error:  # noqa: BLE001 - the user's function
            return self._tell(f"it raised {type(error).__name__}: {error}")
        if held is None or isinstance(held, bool):
            return Judged(held, why)
        if type(held).__name__ in {"bool", "bool_"}:  # NumPy's
            return Judged(bool(held))
        return self._tell(f"it returned {describe(held)}, not True, False or None")

    def _asked(self, analysis: Analysis) -> tuple[object, str]:
        """Return what the condition returned, and what a condition as text says of an unknown answer."""
        if isinstance(self._condition, Condition):
            return self._condition.judged(analysis)
        held = cast("object", self._condition(analysis))  # its annotation may be wrong
        return held, "it returned None" if held is None else ""

    def _tell(self, why: str) -> Judged:
        if not self._told:
            self._told = True
            _log.warning("the condition of %r is unknown: %s (further ones are not logged)", self._name, why)
        return Judged(None, why)
