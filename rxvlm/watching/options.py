"""WatchOptions: how a camera is watched; the one place of the options' names, defaults and checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from rxvlm.arguments import check_above_zero, check_at_least

if TYPE_CHECKING:  # the command line reads the defaults, and its --help must not wait for more
    from reactivex.abc import SchedulerBase

    from rxvlm.operators.asking.prompts import Prompt

Effort: TypeAlias = Literal["exact", "keyframes", "copy"]
"""How much is decoded for a clip: see `watch`."""

Gate: TypeAlias = Literal["motion"]
"""Which windows are asked about: see `watch`."""

_LONGEST_SECONDS: Final = 366 * 86_400
_BY_HAND: Final = "; it samples evenly: compose the steps by hand for a sampler of your own"
HINTS: Final[Mapping[str, str]] = {"sampler": _BY_HAND}
"""What to say of options that some users look for, and `watch` does not have."""


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
    follow: bool = False
    max_concurrent: int = 1
    timeout: float = 60.0
    max_age: float | None = None
    gate: Gate | None = None
    scheduler: SchedulerBase | None = None

    def __post_init__(self) -> None:
        check_above_zero("every", self.every, "seconds")
        if self.every > _LONGEST_SECONDS:
            raise ValueError(f"every must be at most {_LONGEST_SECONDS} seconds, not {self.every}")
        check_above_zero("timeout", self.timeout, "seconds")
        check_at_least("frames", self.frames, 1)
        check_at_least("max_concurrent", self.max_concurrent, 1)
        if self.width is not None:
            check_at_least("width", self.width, 2, "pixels")  # the smallest width of yuv420p
        if self.pace is not None:
            check_above_zero("pace", self.pace)
        if self.max_age is not None:
            check_above_zero("max_age", self.max_age, "seconds")
        if self.gate not in (None, *get_args(Gate)):
            raise ValueError(f"gate must be None or {', '.join(get_args(Gate))}, not {self.gate!r}")
        if self.effort not in get_args(Effort):
            raise ValueError(f"effort must be one of {', '.join(get_args(Effort))}, not {self.effort!r}")


DEFAULTS: Final = WatchOptions()
