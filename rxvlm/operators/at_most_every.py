"""at_most_every: at most one item in some seconds of the stream's own time, for each key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, TypeVar

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import check_above_zero, check_called, describe
from rxvlm.operators.remembering.moments import moment_of
from rxvlm.stream import OnDrop, Operator, as_step
from rxvlm.stream.counting import losses
from rxvlm.ticks import to_ticks

_T = TypeVar("_T")
_MOST_KEYS: Final = 10_000


@as_step
def at_most_every(
    seconds: float,
    key: Callable[[_T], Hashable] | None = None,
    *,
    time: Callable[[_T], float] | None = None,
    on_drop: OnDrop | None = None,
) -> Operator[_T, _T]:
    """Pass at most one item in some seconds of the stream's own time, for each key.

    >>> from rxvlm.testing import draw, frames_at, video_of
    >>> frames = video_of(frames_at([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    >>> print(draw(frames.pipe(at_most_every(2.5))))
    0--3--6|

    The step uses the time of the items, not the clock: a recording that is played in a second passes the same items as
    the live camera did. An item passes if at least ``seconds`` lie between it and the last item of its key that passed.
    The time of a frame is its own; a window, clip or answer counts at its start. The start of an event counts at its
    start, its updates and its end at their end.

    Args:
        seconds: Seconds of the source's time, above 0.
        key: Returns the key of an item, such as its kind; if it raises, the stream ends. None: its camera.
            If cameras share a key, their times are compared with each other.
        time: Returns the time of an item in seconds, for items of another kind.
        on_drop: Called with each item that does not pass, and the reason ``"skipped"``. None: frames, windows and clips
            are counted in the stream's ledger.

    Returns:
        An operator. If an item has no time, the stream ends with a TypeError. The operator remembers the last 10,000
        keys that passed.

    Raises:
        TypeError: If ``seconds`` is not a number, or a function not a function.
        ValueError: If ``seconds`` is out of range.
    """
    check_called("at_most_every", seconds)
    check_above_zero("seconds", seconds, "seconds")
    for name, function in (("key", key), ("time", time)):
        if function is not None and not callable(function):
            raise TypeError(f"{name} must be a function of the item, not {describe(function)}")
    distance = to_ticks(seconds)

    def operator(source: Observable[_T]) -> Observable[_T]:
        lost = losses(source, on_drop)

        def throttled(_clock: SchedulerBase | None) -> Observable[_T]:
            passed: OrderedDict[Hashable, int] = OrderedDict()

            def passes(item: _T) -> bool:
                at, camera = _where(item, time)
                name = camera if key is None else key(item)
                if name in passed and at < passed[name] + distance:
                    lost(item, "skipped")
                    return False
                passed[name] = at
                passed.move_to_end(name)
                if len(passed) > _MOST_KEYS:
                    passed.popitem(last=False)
                return True

            return source.pipe(ops.filter(passes))

        return reactivex.defer(throttled)

    return operator


def _where(item: _T, time: Callable[[_T], float] | None) -> tuple[int, str]:
    """Return the tick at which an item stands, and its camera."""
    known = moment_of(item)
    if time is not None:
        return to_ticks(time(item)), "" if known is None else known.source
    if known is None:
        raise TypeError(
            f"at_most_every takes frames, windows, clips, answers and events, not {describe(item)}: "
            "time=... says when another item was"
        )
    return to_ticks(known.seconds), known.source
