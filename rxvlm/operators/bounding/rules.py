"""The rules of a bounded queue, as types, and their check."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from reactivex import Observable

from rxvlm.arguments import check_at_least
from rxvlm.errors import OverflowedError
from rxvlm.stream import Stream

_T = TypeVar("_T")

Overflow: TypeAlias = Literal["drop_oldest", "drop_newest", "block", "error"]
"""What happens to the next item when the queue is full; see `rxvlm.operators.flat_map_bounded`."""

Order: TypeAlias = Literal["arrival", "source"]
"""The order of results: as they arrive, or that of the items in the source."""

Capacity: TypeAlias = int | Callable[[], int]
"""How many items may wait: a number, or a function that returns it, called for each item."""


def check_bounds(
    *,
    max_concurrent: int = 1,
    capacity: Capacity = 1,
    overflow: Overflow | None = "error",
    order: Order = "arrival",
    least_capacity: int = 0,
) -> None:
    """Check the rules of a bounded step, as `rxvlm.operators.flat_map_bounded` takes them.

    Args:
        max_concurrent: At least 1.
        capacity: At least ``least_capacity``; a function is not called.
        overflow: One of `Overflow`; None: by the source.
        order: One of `Order`.
        least_capacity: The smallest capacity that the step can work with.

    Raises:
        TypeError: If a number is not a whole number.
        ValueError: If a number is too small or a rule unknown.
    """
    check_at_least("max_concurrent", max_concurrent, 1)
    if not callable(capacity):
        check_at_least("capacity", capacity, least_capacity)
    for name, value, rules in (("overflow", overflow, get_args(Overflow)), ("order", order, get_args(Order))):
        if value not in rules and (name, value) != ("overflow", None):
            raise ValueError(f"{name} must be one of {', '.join(rules)}, not {value!r}")


def rule_of(source: Observable[Any], overflow: Overflow | None) -> Callable[[], Overflow]:
    """Return a function that returns the overflow rule of a step, to be called when its first item comes.

    Only then is it known whether an address over HTTP is a film. The answer does not change any more.

    Args:
        source: The stream before the step.
        overflow: The rule that the step was given; None: a film blocks, and everything else drops the oldest.
    """
    if overflow is not None:
        return lambda: overflow
    origin = Stream.of(source).origin

    def by_source() -> Overflow:
        return "block" if origin.live is False else "drop_oldest"

    return cache(by_source)


def remove_overflow(waiting: deque[_T], room: int, rule: Overflow, in_work: int) -> list[_T]:
    """Remove the items that there is no room for from a queue, and return them.

    >>> waiting = deque([1, 2, 3])
    >>> remove_overflow(waiting, 2, "drop_oldest", 1), waiting
    ([1], deque([2, 3]))

    Args:
        waiting: The queue, the newest item last.
        room: Items that may wait.
        rule: The overflow rule; with ``"block"`` the producer has waited, and nothing is removed.
        in_work: Items that have left the queue and are not done, for the message.

    Raises:
        OverflowedError: If the rule is ``"error"``; the newest item is removed.
    """
    if rule == "block" or len(waiting) <= room:
        return []
    if rule == "error":
        waiting.pop()
        raise OverflowedError(f"{room} items wait already while {in_work} are worked on")
    remove = waiting.popleft if rule == "drop_oldest" else waiting.pop
    return [remove() for _ in range(len(waiting) - room)]
