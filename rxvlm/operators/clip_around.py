"""clip_around: windows from some seconds before a moment to some seconds after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias, cast

import reactivex
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable

from rxvlm.arguments import check_at_least, check_number
from rxvlm.frame import Frame
from rxvlm.operators.checks.items import check_items
from rxvlm.operators.remembering.around import Around, Bounds
from rxvlm.operators.remembering.ring import CAPACITY_BYTES
from rxvlm.operators.remembering.triggers import Looking, Trigger, looking
from rxvlm.stream import OnDrop, Operator, Stream, as_step, ignore
from rxvlm.stream.counting import losses
from rxvlm.stream.expecting import expected
from rxvlm.ticks import to_ticks
from rxvlm.window import Window

Triggers: TypeAlias = (
    Literal["motion"] | Trigger | Callable[[Frame], Any] | Callable[[Frame, Frame | None], Any] | Observable[Any]
)
"""What says that a moment matters: see `clip_around`."""

_LONGEST: Final = 366 * 86_400
_LAG: Final = 90.0


@as_step
def clip_around(
    trigger: Triggers,
    before: float,
    after: float,
    *,
    length: Literal["fixed", "joined"] = "fixed",
    refractory: float = 0.0,
    lag: float | None = None,
    capacity_bytes: int = CAPACITY_BYTES,
    on_drop: OnDrop | None = None,
) -> Operator[Frame, Window]:
    """Make a window around each moment that a trigger chooses, from some seconds before it to some seconds after it.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([float(at) for at in range(12)]))
    >>> matters = lambda frame: frame.index in (3, 4, 9)
    >>> print(draw(frames.pipe(clip_around(matters, before=2.0, after=2.0))))
    -----(1,2,3,4)(7,8,9,10)|
    >>> print(draw(frames.pipe(clip_around(matters, before=2.0, after=2.0, length="joined"))))
    ------(1,2,3,4,5)(7,8,9,10)|

    The window of a moment t is [t - before, t + after). The trigger chooses the moment, in the source's own time; it
    may lie before the frame that caused it. To choose a moment, a trigger returns True (the present frame), seconds of
    the source's time, or an item that has a time: a frame, a window, clip or answer (its start), an event.

    - A function is called with each frame, on the thread that delivers it. If it takes two arguments, it is called
      with the frame and the previous frame (None for the first frame).
    - ``"motion"``, or a result of `moving`, chooses frames in which something moves.
    - A stream chooses a moment with each item. An example is the stream of answers of `rxvlm.watch` about the same
      frames. True means the newest frame. Items of other cameras are ignored. If the stream comes from the same source,
      the end of the source waits for the end of the stream.

    With ``length="fixed"`` a moment inside of a window makes no new window, so 3 s before and 5 s after are always 8 s.
    With ``"joined"`` a moment inside of an open window makes this window longer. A moment after a window begins another
    window, which may share frames with it, if at least ``refractory`` seconds lie between.

    A window is emitted when a frame at or after its end comes, a new `Frame.epoch` begins, or the source ends, also
    by an error. If a window grows over ``capacity_bytes``, it is emitted, and continues as another window; no frame is
    in both. A window starts later than t - before if older frames are not kept any more, or if an epoch began in
    between.

    Args:
        trigger: Chooses the moments.
        before: Seconds before the moment, at least 0.
        after: Seconds after it, at least 0.000001.
        length: Whether each window is ``"fixed"``, or moments are ``"joined"``.
        refractory: Seconds after the end of a window in which no other window begins, at least 0.
        lag: How many seconds before the newest frame a chosen moment may lie, at least 0; frames are kept for this
            time. None: 90 s for a stream, 10 s for a function.
        capacity_bytes: The most bytes of packets that are kept, and of a window, but always one group of pictures. A
            frame without a packet counts with the bytes of its picture, a drawn frame with those of a JPEG.
        on_drop: Called with each frame that was in no window (``"skipped:gap"``), each frame that comes after a later
            one (``"late"``), and with each moment whose frames are not kept any more (``"late"``). None: the
            frames are counted in the stream's ledger; if a trigger stream comes from the same source, it counts them,
            and `Window.fresh` is 0 here.

    Returns:
        An operator. If a function raises, or a trigger returns anything else, the stream ends with that error. If a
        trigger stream or the source fails, the open windows are emitted before the error.

    Raises:
        TypeError: If the trigger is not a trigger, or a number is not a number.
        ValueError: If a number is out of range, or a word unknown.
    """
    seconds = {"before": before, "after": after, "refractory": refractory, "lag": _lag_of(trigger, lag)}
    step = windows_around(trigger, _bounds(seconds, length, capacity_bytes), on_drop)
    return check_items(Frame, "clip_around", step)


def windows_around(trigger: Triggers, bounds: Bounds, on_drop: OnDrop | None) -> Operator[Frame, Window]:
    """Make a window around each moment that a trigger chooses, for `clip_around` and `with_context`.

    Args:
        trigger: Chooses the moments.
        bounds: How long the windows are.
        on_drop: Called with each frame that was in no window, and each moment that came too late.
    """
    begin = _nothing if isinstance(trigger, Observable) else looking(trigger)
    moments = cast("Observable[Any]", trigger if isinstance(trigger, Observable) else reactivex.never())

    def operator(source: Observable[Frame]) -> Observable[Window]:
        is_aside = _is_of_same_source(moments, source)  # the stream of moments counts the frames
        lost = on_drop or (ignore if is_aside else losses(source, None))

        def subscribe(observer: ObserverBase[Window], scheduler: SchedulerBase | None = None) -> DisposableBase:
            around = Around(observer, begin(), bounds, lost, is_aside=is_aside)
            heard = around.on_moment, around.on_error, around.on_last_moment
            listening = moments.subscribe(*heard, scheduler=scheduler)
            above = source.subscribe(around.on_frame, around.on_error, around.on_end, scheduler=scheduler)
            return CompositeDisposable(listening, above)

        windows = Observable(subscribe)
        return windows if is_aside else windows.pipe(expected(source))

    return operator


def _lag_of(trigger: object, lag: float | None) -> float:
    usual = _LAG if isinstance(trigger, Observable) else 10.0
    return usual if lag is None else lag


def _bounds(given: Mapping[str, float], length: str, capacity_bytes: int) -> Bounds:
    for name, seconds in given.items():
        check_number(name, seconds, "seconds")
        if not 0 <= seconds <= _LONGEST:
            raise ValueError(f"{name} must be 0 to {_LONGEST} seconds, not {seconds}")
    ticks = {name: to_ticks(seconds) for name, seconds in given.items()}
    if not ticks["after"]:
        raise ValueError("after must be above 0 seconds: a window ends after its moment")
    if length not in {"fixed", "joined"}:
        raise ValueError(f"length must be 'fixed' or 'joined', not {length!r}")
    check_at_least("capacity_bytes", capacity_bytes, 1)
    return Bounds(
        before=ticks["before"],
        after=ticks["after"],
        refractory=ticks["refractory"],
        lag=ticks["lag"],
        capacity=capacity_bytes,
        joined=length == "joined",
    )


def _nothing() -> Looking:
    return lambda _frame, _before: None


def _is_of_same_source(moments: Observable[Any], source: Observable[Frame]) -> bool:
    """Return whether the moments of a stream come from the same frames, and so still come when these have ended."""
    if not (isinstance(moments, Stream) and isinstance(source, Stream)):
        return False
    ledgers = list(moments.origin.ledgers.values())
    return any(one is other for one in ledgers for other in source.origin.ledgers.values())
