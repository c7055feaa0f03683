"""Frames for tests, and a video that emits them on the virtual clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable
from reactivex.scheduler import CurrentThreadScheduler

from rxvlm.arguments import suggest_options
from rxvlm.frame import Frame
from rxvlm.media.picture import Image, Made


@suggest_options()
def frames_at(
    times: Iterable[float], *, source: str = "test", size: tuple[int, int] = (64, 48), live: bool = False
) -> list[Frame]:
    """Make one frame for each of some times, in plain grey of different shades.

    Args:
        times: Seconds from the start of the source, rising.
        source: The name of their source.
        size: (width, height) in pixels.
        live: Whether they look as if a camera had captured them: `Frame.captured` is then their
            time, which fits a virtual clock that begins at 0; else it is None, as for a file.
    """
    width, height = size
    return [
        Frame(
            Made(partial(_grey, index, width, height)),  # made when they are looked at: an hour of them takes no memory
            time,
            (height, width, 3),
            source,
            index,
            time if live else None,
            keyframe=True,
        )
        for index, time in enumerate(times)
    ]


@suggest_options()
def video_of(frames: Sequence[Frame]) -> Observable[Frame]:
    """Return a cold Observable that emits each frame at its time, then completes.

    Times are counted from the subscription, on the scheduler it is subscribed with.
    """

    def subscribe(observer: ObserverBase[Frame], scheduler: SchedulerBase | None = None) -> DisposableBase:
        clock = scheduler or CurrentThreadScheduler.singleton()
        timers = CompositeDisposable()
        began = clock.now
        left = iter(frames)

        def schedule(frame: Frame | None) -> None:
            if frame is None:
                observer.on_completed()
                return

            def emit(_scheduler: SchedulerBase, _state: object) -> None:
                observer.on_next(frame)
                schedule(next(left, None))

            timers.clear()
            timers.add(clock.schedule_absolute(began + clock.to_timedelta(frame.time), emit))

        schedule(next(left, None))
        return timers

    return Observable(subscribe)


def _grey(index: int, width: int, height: int) -> Image:
    """Return a picture in the shade of a frame's number; the first 256 all differ, as 37 and 256 share no factor."""
    return np.full((height, width, 3), index * 37 % 256, np.uint8)
