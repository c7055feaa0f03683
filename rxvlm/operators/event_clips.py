"""EventClips: the clip of each event, from some seconds before it to some seconds after it."""

from __future__ import annotations

import os
import sys
from typing import Final, TypeVar, cast

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase

from rxvlm.arguments import check_at_least, check_number
from rxvlm.concurrency.timers import clock_of
from rxvlm.concurrency.workers import Workers
from rxvlm.frame import Frame
from rxvlm.operators.flat_map_bounded import flat_map_bounded
from rxvlm.operators.remembering.attaching import Attaching
from rxvlm.operators.remembering.footage import Footage
from rxvlm.operators.remembering.ring import CAPACITY_BYTES
from rxvlm.stream import OnDrop, Operator, Stream, ignore
from rxvlm.ticks import to_ticks

_Item = TypeVar("_Item")
_LAG: Final = 90.0
_MOST_ENDED: Final = 8  # cameras that have ended, whose events may still come


class EventClips:
    """Makes the clip of each event, including the seconds before the event was detected. It consists of two steps.

    ``record`` keeps the newest frames of each camera, and ``attach`` adds the clip to each end of an event:

    >>> import rxvlm
    >>> from rxvlm import operators as rxo
    >>> clips = rxo.EventClips(before=1.0, after=1.0)
    >>> frames = rxvlm.video("demo:yard?seconds=20&fps=2&width=160&height=90").pipe(clips.record)
    >>> moves = rxvlm.rule("moves", "motion.share > 0.002", need=(1, 1), clear=1)
    >>> events = rxvlm.watch(frames, rxvlm.models.opencv(), every=2.0).pipe(rxo.with_events(moves), clips.attach)
    >>> ends = [one for one in rxvlm.collect(events) if isinstance(one, rxvlm.Event) and one.phase == "end"]
    >>> [(end.start, end.end, end.clip.start, end.clip.end) for end in ends][0]
    (4.0, 16.0, 3.0, 17.0)

    The clip of an event spans from ``before`` seconds before its start to ``after`` seconds after its end, as far as
    the source reaches. H.264 is copied: it begins with the key frame at or before that start, and nothing is decoded.
    Everything else, also a masked or cropped picture, is encoded again, at its own size. Pictures without a packet,
    such as a webcam's, are kept as JPEGs, at most ten a second.

    The end of an event is emitted when its clip is ready: when a frame after its last frame has come, or when the
    source has ended. For a silent camera, it waits at most ``after`` and 5 seconds. Other items do not wait.

    Both the newest frames of a camera and the recording of each event are bounded in bytes. So if an event runs for
    hours, its clip shows the beginning. If an event began before the frames that are kept, its clip begins later. The
    log says how much is missing, and ``on_drop`` is called once. At most 8 ends wait for their clips; further ends are
    emitted without a clip.

    Hide private parts before ``record``, with `mask` or `crop` in ``pipe``. The options ``mask`` and ``crop`` of
    `rxvlm.watch` would act behind ``record``, so that is an error.

    Use it for one subscription at a time, and only for cameras of different names.

    Args:
        before: Seconds before the start of an event, at least 0.
        after: Seconds after its end, at least 0.
        lag: The most seconds of video between the start of an event and its detection, at least 0. For a rule
            that needs n of the last m answers, this is m windows plus the time-out of an answer.
        capacity_bytes: The most bytes of a camera's newest frames, and of each event's frames; a drawn picture counts
            as a JPEG.
        scheduler: Where clips are made; None for threads of its own, as many as there are cores.
        on_drop: Called with each event whose clip is incomplete, ``"overflow"``, or could not be made,
            ``"undecodable"`` or ``"unencodable"``; and with each end that waited for its clip when the subscriber
            disposed of the stream, ``"disposed"``.

    Raises:
        TypeError: If a number is not a number.
        ValueError: If a number is out of range.
    """

    def __init__(
        self,
        before: float = 0.0,
        after: float = 0.0,
        *,
        lag: float = _LAG,
        capacity_bytes: int = CAPACITY_BYTES,
        scheduler: SchedulerBase | None = None,
        on_drop: OnDrop | None = None,
    ) -> None:
        for name, seconds in (("before", before), ("after", after), ("lag", lag)):
            check_number(name, seconds, "seconds")
            if not 0 <= seconds < float("inf"):
                raise ValueError(f"{name} must be at least 0 seconds, not {seconds}")
        check_at_least("capacity_bytes", capacity_bytes, 1)
        self._before, self._after = before, after
        self._reach, self._capacity = to_ticks(before + lag), capacity_bytes
        self._scheduler, self._on_drop = scheduler, on_drop or ignore
        self._cameras: dict[str, Footage] = {}

    def __repr__(self) -> str:
        return f"EventClips(before={self._before:g}, after={self._after:g})"

    def record(self, source: Observable[Frame]) -> Stream[Frame]:
        """Keep the newest frames of a camera, and pass them on unchanged; put it behind a source."""
        frames: Stream[Frame] = Stream.of(source).then(self._recorded, "EventClips.record")
        return frames

    def attach(self, source: Observable[_Item]) -> Stream[_Item]:
        """Add `Event.clip` to each end of an event, and pass all other items on; put it behind `with_events`."""
        items: Stream[_Item] = Stream.of(source).then(self._attached, "EventClips.attach")
        return items

    def _recorded(self, source: Observable[Frame]) -> Observable[Frame]:
        def recorded(_clock: SchedulerBase | None) -> Observable[Frame]:
            mine: dict[str, Footage] = {}

            def remember(frame: Frame) -> None:
                if frame.source not in mine:
                    live = not isinstance(source, Stream) or source.live is not False
                    mine[frame.source] = self._begin(frame.source, live=live)
                mine[frame.source].on_frame(frame)

            def end() -> None:
                for footage in mine.values():
                    footage.on_end()

            return source.pipe(ops.do_action(remember, lambda _: end(), end), ops.finally_action(end))

        return reactivex.defer(recorded)

    def _begin(self, camera: str, *, live: bool) -> Footage:
        """Begin to remember a camera; of cameras that have ended, only the newest few are remembered."""
        ended = [name for name, footage in self._cameras.items() if footage.ended]
        for name in ended[:-_MOST_ENDED]:
            del self._cameras[name]
        footage = self._cameras[camera] = Footage(self._reach, self._capacity, live=live)
        return footage

    def _attached(self, source: Observable[_Item]) -> Observable[_Item]:
        def attached(clock: SchedulerBase | None) -> Observable[_Item]:
            own = Workers("rxvlm-event-clips", most=os.cpu_count() or 1) if self._scheduler is None else None
            attaching = Attaching(
                self._cameras,
                (self._before, self._after),
                clock=clock_of(clock),
                pool=own or cast("SchedulerBase", self._scheduler),
                on_drop=self._on_drop,
            )

            def leave() -> None:
                attaching.leave()
                self._cameras.clear()
                if own is not None:
                    own.close()

            ends = flat_map_bounded(
                attaching.take, max_concurrent=sys.maxsize, capacity=0, overflow="error", on_drop=attaching.on_lost
            )
            return source.pipe(cast("Operator[_Item, _Item]", ends), ops.finally_action(leave))

        return reactivex.defer(attached)
