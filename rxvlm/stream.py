"""Operator and OnDrop: the types that every step of a pipeline shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, TypeVar

from reactivex import Observable

_In = TypeVar("_In")
_Out = TypeVar("_Out")

Operator: TypeAlias = Callable[[Observable[_In]], Observable[_Out]]
"""A step of a pipeline: a function from one Observable to another; used with ``pipe``."""

LossReason: TypeAlias = Literal[
    "overflow",  # a queue was full
    "stale",  # it was too old when its turn to be asked about came
    "late",  # it came, or was answered, too late
    "undecodable",  # its packets give no picture
    "unencodable",  # no clip could be made of it
    "strategy",  # the user's sampling function failed on it
    "skipped",  # it was left out on purpose: between windows, or behind a closed gate
    "thinned",  # it was left out on purpose, to lower the frame rate
    "disposed",  # the subscriber disposed of the stream
    "error",  # the stream ended with an error
]
"""Why an item was lost, or left out on purpose."""

OnDrop: TypeAlias = Callable[[Any, LossReason], None]
"""Called with each item that a step loses or leaves out, and the reason."""


def ignore(_item: object, _reason: LossReason) -> None:
    """Do nothing about a lost item: the default of ``on_drop``."""
