"""Noting: an observer that looks at the errors of a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reactivex.abc import ObserverBase


class Noting:
    """Passes on what a step emits; an error is noted before."""

    __slots__ = ("on_completed", "on_error", "on_next")  # attributes, not methods: no further call for each item

    def __init__(self, observer: ObserverBase[Any], note: Callable[[Exception], None]) -> None:
        def on_error(error: Exception) -> None:
            note(error)
            observer.on_error(error)

        self.on_next, self.on_completed, self.on_error = observer.on_next, observer.on_completed, on_error
