"""WatchOptions: how a camera is watched; the one place of the options' names, defaults and checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, get_args

from rxvlm.arguments import check_above_zero, check_at_least, describe, with_shown_types
from rxvlm.media.areas import Box, Polygon, box_of, polygons_of
from rxvlm.ticks import Aligned
from rxvlm.watching.fields import Fields, fields_in_text

if TYPE_CHECKING:  # the command line reads the defaults, and its --help must not wait for more
    from reactivex.abc import SchedulerBase

    from rxvlm.clip import Clip
    from rxvlm.operators.asking.prompts import LatestPrompt
    from rxvlm.operators.sample_with import Strategy
    from rxvlm.stream import Operator
    from rxvlm.window import Window

Effort: TypeAlias = Literal["exact", "keyframes", "copy"]
"""How much is decoded for a clip: see `watch`."""

GateName: TypeAlias = Literal["motion"]
"""Gates that have a name; see `watch`."""

SamplerName: TypeAlias = Literal["evenly", "sharpest", "changes"]
"""Samplers that have a name; see `watch`."""

Prompt: TypeAlias = "str | Callable[[Clip], str] | LatestPrompt"  # as in operators/asking/prompts.py
Gate: TypeAlias = "Literal['motion'] | Operator[Window, Window]"
Sampler: TypeAlias = "Literal['evenly', 'sharpest', 'changes'] | Strategy | Operator[Window, Window]"
Steps: TypeAlias = "Sequence[Operator[Window, Window]]"

_LONGEST_SECONDS: Final = 366 * 86_400


@with_shown_types
@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How a camera is watched: the options of `watch`, where each is explained, with their defaults.

    Raises:
        TypeError: If a number is not a number, or a function not a function.
        ValueError: If a number is out of range, a name is unknown, or two options exclude each other.
    """

    prompt: Prompt = "Describe what happens."
    every: float = 10.0
    aligned: Aligned = "source"
    frames: int = 8
    width: int | None = 640
    effort: Effort = "exact"
    fields: Fields | None = None
    gate: Gate | None = None
    sampler: Sampler | None = None
    steps: Steps = ()
    mask: Sequence[Polygon] = ()
    crop: Box | None = None
    pace: float | None = None
    follow: bool = False
    max_concurrent: int = 1
    timeout: float = 60.0
    max_age: float | None = None
    scheduler: SchedulerBase | None = None

    def __post_init__(self) -> None:
        self._check_numbers()
        _check_prompt(self.prompt)
        _check_choice("gate", self.gate, get_args(GateName), "an operator of windows, such as gate_by_motion()")
        _check_choice("sampler", self.sampler, get_args(SamplerName), "an operator of windows, or a strategy")
        for name, names in {"effort": get_args(Effort), "aligned": get_args(Aligned)}.items():
            if getattr(self, name) not in names:
                raise ValueError(f"{name} must be one of {', '.join(names)}, not {getattr(self, name)!r}")
        as_values = {
            "steps": _operators(self.steps),
            "mask": polygons_of(self.mask or ()),
            "crop": None if self.crop is None else box_of(self.crop),
            "fields": None if self.fields is None else fields_in_text(self.fields),
        }
        for name, value in as_values.items():
            object.__setattr__(self, name, value)  # tuples and texts, which can be compared and hashed
        self._check_effort()

    def _check_numbers(self) -> None:
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

    def _check_effort(self) -> None:
        """Check that what the other options ask for can be done with the effort."""
        hides = next((name for name in ("mask", "crop") if getattr(self, name)), None)
        if self.effort == "copy" and hides is not None:
            raise ValueError(
                f"effort='copy' cannot be combined with {hides}: it sends the camera's own packets, "
                "which have the whole picture in them"
            )
        if self.effort != "exact" and self.sampler not in (None, "evenly"):
            what = "sends all that was filmed" if self.effort == "copy" else "chooses among key frames, evenly"
            raise ValueError(f"effort={self.effort!r} cannot be combined with a sampler: it {what}")


def _check_prompt(prompt: object) -> None:
    if isinstance(prompt, str) or callable(prompt):
        return
    more = "; watch_all takes a prompt for each camera, by name" if isinstance(prompt, Mapping) else ""
    from rxvlm.operators.asking.prompts import LatestPrompt

    if not isinstance(prompt, LatestPrompt):
        kinds = "a text, a function of the clip, or what rxvlm.operators.latest returns"
        raise TypeError(f"prompt must be {kinds}, not {describe(cast('object', prompt))}{more}")


def _check_choice(name: str, value: object, names: Sequence[str], else_: str) -> None:
    if value is None or value in names or callable(value):
        return
    kinds = ", ".join(names) if isinstance(value, str) else f"{', '.join(names)} or {else_}"
    raise ValueError(f"{name} must be None or {kinds}, not {describe(value)}")


def _operators(steps: object) -> tuple[Any, ...]:
    if not isinstance(steps, Sequence) or isinstance(steps, str):
        raise TypeError(f"steps is a list of operators, as in steps=[gate_by_motion()], not {describe(steps)}")
    for step in cast("Sequence[object]", steps):
        if not callable(step):
            raise TypeError(f"steps is a list of operators, and {describe(step)} is none")
    return tuple(cast("Sequence[Any]", steps))


DEFAULTS: Final = WatchOptions()
