"""WatchOptions: how a camera is watched; the one place of the options' names, defaults and checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from reactivex.abc import SchedulerBase

from rxvlm.arguments import check_integer, check_number
from rxvlm.operators.asking.prompts import Prompt

Effort: TypeAlias = Literal["exact", "keyframes", "copy"]
"""How much is decoded for a clip: see `watch`."""

_LONGEST_SECONDS: Final = 366 * 86_400.0
_BY_HAND: Final = "; it samples evenly: compose the steps by hand for a sampler of your own"
HINTS: Final[Mapping[str, str]] = {"sampler": _BY_HAND}
"""What to say of options that some users look for, and `watch` does not have."""


def _check_above_0(name: str, value: float, unit: str = "") -> None:
    check_number(name, value, unit)
    if not value > 0:
        raise ValueError(f"{name} must be above 0{unit and ' '}{unit}, not {value}")


def _check_at_least(least: int, name: str, value: int) -> None:
    check_integer(name, value)
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How a camera is watched: the options of `watch`, where each is explained, with their defaults.

    Raises:
        TypeError: If a number is not a number.
        ValueError: If a number is out of range, or ``effort`` is not one of the three.
    """

    prompt: Prompt = "Describe what happens."
    every: float = 10.0
    frames: int = 8
    width: int | None = 640
    effort: Effort = "exact"
    pace: float | None = None
    max_concurrent: int = 1
    timeout: float = 60.0
    max_age: float | None = None
    scheduler: SchedulerBase | None = None

    def __post_init__(self) -> None:
        _check_above_0("every", self.every, "seconds")
        if self.every > _LONGEST_SECONDS:
            raise ValueError(f"every must be at most {_LONGEST_SECONDS:g} seconds, not {self.every}")
        _check_above_0("timeout", self.timeout, "seconds")
        _check_at_least(1, "frames", self.frames)
        _check_at_least(1, "max_concurrent", self.max_concurrent)
        if self.width is not None:
            _check_at_least(2, "width", self.width)  # the least that yuv420p can have
        if self.pace is not None:
            _check_above_0("pace", self.pace)
        if self.max_age is not None:
            _check_above_0("max_age", self.max_age, "seconds")
        if self.effort not in get_args(Effort):
            raise ValueError(f"effort must be one of {', '.join(get_args(Effort))}, not {self.effort!r}")


DEFAULTS: Final = WatchOptions()
