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
    """Make a window around each moment that matters: from some seconds before it to some seconds after it.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([float(at) for at in range(12)]))
    >>> matters = lambda frame: frame.index in (3, 4, 9)
    >>> print(draw(frames.pipe(clip_around(matters, before=2.0, after=2.0))))
    -----(1,2,3,4)(7,8,9,10)|
    >>> print(draw(frames.pipe(clip_around(matters, before=2.0, after=2.0, length="joined"))))
    ------(1,2,3,4,5)(7,8,9,10)|

    The window of a moment t is [t - before, t + after). The moment is where the trigger says it is, in the source's
    own time, and not where it was noticed: a trigger returns True for the frame that it looks at, seconds of the
    source's time, or an item with a time of its own: a frame, a window, clip or answer (its start), an event.

    - A function is called with each frame, or, if it takes two arguments, with the frame and the one before it (None
      for the first one), on the thread that delivers it.
    - ``"motion"``, or what `moving` makes, looks for frames in which something moves.
    - A stream says a moment with each item, such as the answers of `rxvlm.watch` about the same frames. True means the
      newest frame. Items of other cameras are passed over. If the stream comes from the same source, the end of the
      source waits for its end.

    With ``length="fixed"`` a moment inside of a window is a part of it, so 3 s before and 5 s after are 8 s. With
    ``"joined"`` a moment inside of an open window makes it longer. A moment behind a window begins another, which may
    share frames with it, unless it lies less than ``refractory`` seconds behind its end.

    A window is emitted when a frame at or after its end comes, a new `Frame.epoch` begins, or the source ends, also
    by an error. One that grows over ``capacity_bytes`` is emitted as it is, and continues in another, with no frame in
    both. It starts later than t - before if the frames before t are not kept any more, or an epoch began in between.

    Args:
        trigger: What says that a moment matters.
        before: Seconds before the moment, at least 0.
        after: Seconds after it, at least 0.000001.
        length: Whether each window is ``"fixed"``, or moments are ``"joined"``.
        refractory: Seconds after the end of a window in which no other begins, at least 0.
        lag: Seconds that a moment may lie back when the trigger says it, at least 0: so much is kept. None: 90 s for a
            stream, 10 s for a function.
        capacity_bytes: Bytes of packets that are kept at most, and of a window, but always one group of pictures. A
            frame without a packet counts with the bytes of its picture, one that is drawn as a JPEG.
        on_drop: Called with each frame that was in no window (``"skipped:gap"``), each that comes after a later one
            (``"late"``), and with what a trigger says of a moment that is not kept any more (``"late"``). None: the
            frames are counted in the stream's ledger; if a trigger stream comes from the same source, it counts them,
            and `Window.fresh` is 0 here.

    Returns:
        An operator. A function that raises, or a trigger that says something else, ends the stream with that error. An
        error of a trigger stream, or of the source, ends it after the open windows were emitted.

    Raises:
        TypeError: If the trigger is none, or a number is not a number.
        ValueError: If a number is out of range, or a word unknown.
    """
    seconds = {"before": before, "after": after, "refractory": refractory, "lag": _lag_of(trigger, lag)}
    step = windows_around(trigger, _bounds(seconds, length, capacity_bytes), on_drop)
    return check_items(Frame, "clip_around", step)


def windows_around(trigger: Triggers, bounds: Bounds, on_drop: OnDrop | None) -> Operator[Frame, Window]:
    """Make a window around each moment that a trigger says: what `clip_around` and `with_context` do.

    Args:
        trigger: What says that a moment matters.
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
