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

    The time is that of the items, not of the clock: a film that is played in a second passes the same items as it did
    live. An item passes if it stands at least so many seconds after the last one of its key that passed: a frame at
    its time, a window, clip or answer at its start; an event at its start when it starts, and later at its end.

    Args:
        seconds: Seconds of the source's time, above 0.
        key: Returns the key of an item, such as its kind; a function that raises ends the stream. None: its camera.
            With a key of yours for all cameras together, their times are compared with each other.
        time: Returns the seconds at which an item stands, for items of another kind.
        on_drop: Called with each item that does not pass, and the reason ``"skipped"``. None: frames, windows and clips
            are counted in the stream's ledger.

    Returns:
        An operator. An item without a time ends the stream with a TypeError. It remembers the 10,000 keys that
        passed last.

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
