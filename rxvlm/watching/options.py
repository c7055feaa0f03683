"""WatchOptions: how a camera is watched; the one place of the options' names, defaults and checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from typing import Final, Literal, ParamSpec, TypeAlias, TypeVar, get_args

from reactivex.abc import SchedulerBase

from rxvlm.operators.latest import Prompt
from rxvlm.operators.misuse import real, whole

_P = ParamSpec("_P")
_R = TypeVar("_R")

Effort: TypeAlias = Literal["exact", "keyframes", "copy"]
"""How much is decoded for a clip: see `watch`."""

_LONGEST_SECONDS: Final = 366 * 86_400.0
_BY_HAND: Final = "; it samples evenly: compose the steps by hand for a sampler of your own"
_HINTS: Final[Mapping[str, str]] = {"sampler": _BY_HAND}  # options that some users look for, and `watch` does not have


def _check_above_0(name: str, value: float, unit: str = "") -> None:
    real(name, value, unit)
    if not value > 0:
        raise ValueError(f"{name} must be above 0{unit and ' '}{unit}, not {value}")


def _check_at_least(least: int, name: str, value: int) -> None:
    whole(name, value)
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


def suggest_options(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function answer an unknown option with a TypeError that names the option that was probably meant.

    ``help`` and completion show the function's own signature.
    """
    names = [name for name, one in signature(function).parameters.items() if one.default is not Parameter.empty]

    @wraps(function)
    def checked(*args: _P.args, **options: _P.kwargs) -> _R:
        for option in options:
            if option not in signature(function).parameters:
                near = next(iter(get_close_matches(option, [*names, *_HINTS], 1)), None)
                meant = f": did you mean {near!r}?" if near else f"; it has {', '.join(names)}"
                raise TypeError(f"{function.__name__} has no option {option!r}{_HINTS.get(near or '', meant)}")
        return function(*args, **options)

    return checked
