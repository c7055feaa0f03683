"""Operator: what every step is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from reactivex import Observable

_In = TypeVar("_In")
_Out = TypeVar("_Out")

Operator: TypeAlias = Callable[[Observable[_In]], Observable[_Out]]
"""A step of a pipeline: a function of an Observable that gives one; used with ``pipe``."""

OnDrop: TypeAlias = Callable[[Any, str], None]
"""Is told of every item that a step loses, and why."""


def ignore(_item: object, _reason: str) -> None:
    """Be told of a loss, and leave it at that."""
