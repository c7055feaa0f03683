"""The public names of the library, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import rxvlm

SHELVES = (rxvlm, rxvlm.errors, rxvlm.metrics, rxvlm.models, rxvlm.operators, rxvlm.sinks, rxvlm.sources, rxvlm.testing)


def public(shelf: ModuleType) -> Iterator[tuple[str, Any]]:
    """Return the public names of a module and what they stand for."""
    for name in getattr(shelf, "__all__", dir(shelf)):
        thing = getattr(shelf, name)
        if hasattr(shelf, "__all__") or getattr(thing, "__module__", "") == shelf.__name__:
            yield name, thing
