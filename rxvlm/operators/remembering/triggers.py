"""Triggers: they choose moments of a video."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

from rxvlm.arguments import check_above_zero, check_called, describe
from rxvlm.errors import DecodeError
from rxvlm.frame import Frame
from rxvlm.operators.sampling.small import WIDTH, Gray, changed, gray

Said: TypeAlias = object
"""What a trigger says of a frame: see `rxvlm.operators.clip_around`."""

Looking: TypeAlias = Callable[[Frame, "Frame | None"], Said]
"""Looks at a frame and the one before it."""


@runtime_checkable
class Trigger(Protocol):
    """A trigger with a memory: each subscription begins with an empty one."""

    def begin(self) -> Looking:
        """Return what looks at the frames of one subscription, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Moving:
    """A trigger for frames in which something moves: see `moving`, which makes it."""

    share: float
    every: float

    def begin(self) -> Looking:
        """Begin to look at the frames of one camera."""
        return _Motion(self.share, self.every)


def moving(share: float = 0.005, *, every: float = 0.5) -> Moving:
    """Make a trigger for `clip_around`: a frame in which something moves.

    Frames some time apart are decoded, and compared as small grey pictures, each with the one before. They are decoded
    on the thread that delivers them, so put `on_backpressure_buffer` before `clip_around` if the source is live.

    Args:
        share: The share of the picture that must change between two of them: above 0 and at most 1.
        every: Seconds between two frames that are compared, above 0.

    Raises:
        TypeError: If a number is not a number.
        ValueError: If one is out of range.
    """
    check_called("moving", share)
    check_above_zero("share", share)
    check_above_zero("every", every, "seconds")
    if share > 1:
        raise ValueError(f"share is a part of the picture, at most 1, not {share}")
    return Moving(share, every)


class _Motion:
    """Compares the frames of one camera with each other."""

    _LEVELS = 20  # of 255; noise and changes of the compression stay below
    _EARLY = 0.02  # seconds; times are rounded, and cameras are not punctual

    def __init__(self, share: float, every: float) -> None:
        self._share, self._every = share, every
        self._before: Gray | None = None
        self._time, self._epoch = 0.0, -1

    def __call__(self, frame: Frame, _before: Frame | None) -> bool:
        if self._epoch == frame.epoch and frame.time - self._time < self._every - self._EARLY:
            return False
        try:
            picture = gray(frame.picture(), WIDTH)
        except DecodeError:  # the next one may be whole
            return False
        before, self._before = self._before, picture
        self._time, self._epoch = frame.time, frame.epoch
        return before is not None and float((changed(picture, before) > self._LEVELS).mean()) >= self._share


def looking(trigger: object) -> Callable[[], Looking]:
    """Return the trigger of a user as a function that begins to look at frames.

    Args:
        trigger: ``"motion"``, what `moving` makes, or a function of a frame, or of a frame and the one before it.

    Raises:
        TypeError: If it is none of these.
        ValueError: If it is another name.
    """
    if isinstance(trigger, str):
        if trigger != "motion":
            raise ValueError(f"trigger must be 'motion', a function or a stream, not {trigger!r}")
        return moving().begin
    if isinstance(trigger, Trigger):
        return trigger.begin
    if not callable(trigger):
        raise TypeError(f"trigger must be 'motion', a function or a stream, not {describe(trigger)}")
    function = cast("Callable[..., Any]", trigger)
    if _takes_two(function):
        return lambda: function
    return lambda: lambda frame, _before: function(frame)


def _takes_two(function: Callable[..., Any]) -> bool:
    """Return whether a function must be called with two arguments by position."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some of C have none
        return False
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [one for one in parameters if one.kind in by_position and one.default is inspect.Parameter.empty]
    return len(needed) == 2  # noqa: PLR2004 - the frame and the one before it
