"""Verdicts: whether a condition holds for an answer, does not, or cannot be known."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeAlias, cast

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe

Verdict: TypeAlias = bool | None
"""Whether a condition holds; None: unknown."""

ConditionFunction: TypeAlias = Callable[[Analysis], Verdict]
"""Returns whether a condition holds for an answer."""

NO_CAUSE: Final = frozenset({"audit", "shadow"})
"""Marks of answers that must cause nothing."""

_log = logging.getLogger("rxvlm")


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

    def __call__(self, analysis: Analysis) -> Verdict:
        """Return whether the condition holds. A failed call is unknown, unless the condition's text names ``error``."""
        if analysis.error is not None and not self._takes_errors:
            return None
        try:
            held = cast("object", self._condition(analysis))  # its annotation may be wrong
        except Exception as error:  # noqa: BLE001 - the user's function
            self._tell(f"it raised {type(error).__name__}: {error}")
            return None
        if held is None or isinstance(held, bool):
            return held
        if type(held).__name__ in {"bool", "bool_"}:  # NumPy's
            return bool(held)
        self._tell(f"it returned {describe(held)}, not True, False or None")
        return None

    def _tell(self, why: str) -> None:
        if not self._told:
            self._told = True
            _log.warning("the condition of %r is unknown: %s (further ones are not logged)", self._name, why)
