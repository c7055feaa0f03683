"""callback_of: accept an object with a certain method, or a plain function, from a user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def callback_of(given: object, method: str, what: str) -> Callable[..., Any]:
    """Return an object's method of that name; if it has none, the object itself, which must be callable.

    Raises:
        TypeError: If it has no such method and is not callable.
    """
    function: Callable[..., Any] | None = getattr(given, method, given if callable(given) else None)
    if function is None:
        raise TypeError(f"a {what} has {method} or is a function, unlike {given!r}")
    return function
