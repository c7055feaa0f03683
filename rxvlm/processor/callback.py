"""callback_of: what is called of what a user gave, an object with a method or a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def callback_of(given: object, method: str, what: str) -> Callable[..., Any]:
    """Give an object's method of that name, or else the object itself.

    Raises:
        TypeError: If it has no such method and cannot be called.
    """
    function: Callable[..., Any] | None = getattr(given, method, given if callable(given) else None)
    if function is None:
        raise TypeError(f"a {what} has {method} or is a function, unlike {given!r}")
    return function
