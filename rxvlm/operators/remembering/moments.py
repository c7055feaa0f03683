"""Moments: where an item of a stream stands in its source's own time."""

from __future__ import annotations

from math import isfinite
from numbers import Real
from typing import NamedTuple

from rxvlm.analysis import Analysis
from rxvlm.arguments import describe
from rxvlm.event import Event
from rxvlm.frame import Frame
from rxvlm.window import Spanned


class Moment(NamedTuple):
    """Where an item stands in its source's own time.

    Attributes:
        seconds: Seconds of the source's time.
        source: Name of the source; "" if the item does not say.
    """

    seconds: float
    source: str = ""


def moment_of(item: object) -> Moment | None:
    """Return the moment of an item: a frame's time, the start of a window, clip or analysis; None for other items.

    An event stands at its start when it starts, and later where the newest clip that held ends.

    >>> from rxvlm.testing import frames_at
    >>> moment_of(frames_at([2.5], source="yard")[0]), moment_of("yard")
    (Moment(seconds=2.5, source='yard'), None)
    """
    if isinstance(item, Frame):
        return Moment(item.time, item.source)
    if isinstance(item, Event):
        return Moment(item.start if item.phase == "start" else item.end, item.camera)
    spanned = item.clip if isinstance(item, Analysis) else getattr(item, "clip", item)  # Answers have a clip, too
    return Moment(spanned.start, spanned.source) if isinstance(spanned, Spanned) else None


def moment_said(said: object, frame: Frame) -> Moment | None:
    """Return the moment that a trigger says; None if it says that there is none.

    Args:
        said: True for the frame itself, False or None for no moment, seconds of the source's time, or an item.
        frame: The frame that it looked at, or the newest one.

    Raises:
        TypeError: If it says something else.
        ValueError: If the seconds are negative or not a number.
    """
    if said is None or said is False:
        return None
    if said is True:
        return Moment(frame.time)
    if isinstance(said, Real):
        seconds = float(said)
        if not (isfinite(seconds) and seconds >= 0):
            raise ValueError(f"a moment is at least 0 seconds of the source's time, not {seconds}")
        return Moment(seconds)
    if type(said).__name__ in {"bool", "bool_"}:  # NumPy's
        return Moment(frame.time) if said else None
    found = moment_of(said)
    if found is None:
        raise TypeError(f"a trigger says True, False, None, seconds or an item with a time, not {describe(said)}")
    return found
