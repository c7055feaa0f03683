"""Attaching: the ends of events wait for their clips, and all other items pass."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.scheduler import ImmediateScheduler
from reactivex.subject import AsyncSubject

from rxvlm.clip import Clip
from rxvlm.errors import DecodeError, EncodeError, RxvlmError
from rxvlm.event import Event
from rxvlm.media import mp4
from rxvlm.operators.encoding.copy import copy_packets
from rxvlm.operators.encoding.film import Film
from rxvlm.operators.remembering.footage import Footage
from rxvlm.operators.remembering.recording import Recording
from rxvlm.stream import LossReason, OnDrop
from rxvlm.window import Window

_log = logging.getLogger("rxvlm")
_AT_ONCE: Final = ImmediateScheduler.singleton()
_MOST_PENDING: Final = 8
_GRACE_SECONDS: Final = 5.0  # beyond the end of a clip, for a camera that is silent


class Attaching:
    """One subscription: which events are recorded, and which of their ends wait for a clip.

    Args:
        cameras: The footage of each camera, by its name; cameras may be added.
        around: Seconds before the start of an event, and after its end.
        clock: The clock of the subscription.
        pool: Where clips are made.
        on_drop: Told of events whose clip lacks something.
    """

    def __init__(
        self,
        cameras: Mapping[str, Footage],
        around: tuple[float, float],
        *,
        clock: SchedulerBase,
        pool: SchedulerBase,
        on_drop: OnDrop,
    ) -> None:
        self._cameras, self._clock, self._pool, self._on_drop = cameras, clock, pool, on_drop
        self._before, self._after = around
        self._running: dict[str, Footage] = {}
        self._pending: set[str] = set()
        self._unknown: set[str] = set()
        self._left = False

    def take(self, item: Any) -> Observable[Any]:  # noqa: ANN401 - whatever passes
        """Return an item at once, or the end of an event with its clip when the clip is ready."""
        if isinstance(item, Event):
            if item.phase == "start":
                self._begin(item)
            elif item.phase == "end" and item.id in self._running:
                return self._end(item, self._running.pop(item.id))
        return reactivex.just(item, _AT_ONCE)

    def leave(self) -> None:
        """Forget the recordings of all events that still run, and stop making clips."""
        self._left = True
        for event, footage in list(self._running.items()):
            footage.forget(event)

    def _begin(self, event: Event) -> None:
        footage = self._cameras.get(event.camera)
        if footage is not None:
            self._running[event.id] = footage
            footage.begin(event.id, event.start - self._before)
        elif event.camera and event.camera not in self._unknown:  # "" is that of an event about a model
            self._unknown.add(event.camera)
            _log.warning(
                "%r has no clip: no frames of %r were recorded; put EventClips.record behind its source, and name the "
                "camera there",
                event,
                event.camera,
            )

    def on_lost(self, item: object, reason: LossReason) -> None:
        """Tell of an end that waited for its clip when the subscriber left."""
        if isinstance(item, Event):
            self._on_drop(item, reason)

    def _end(self, event: Event, footage: Footage) -> Observable[Event]:
        if len(self._pending) >= _MOST_PENDING:
            footage.forget(event.id)
            self._lack(event, f"has no clip: {_MOST_PENDING} others are not ready yet")
            return reactivex.just(event, _AT_ONCE)
        self._pending.add(event.id)
        ready: AsyncSubject[Recording] = AsyncSubject()

        def done(recording: Recording) -> None:
            ready.on_next(recording)
            ready.on_completed()

        recording = footage.finish(event.id, event.end + self._after, done)
        late = reactivex.never()
        if footage.live:  # a film goes on or ends; a camera may be silent for hours
            due = reactivex.timer(self._after + _GRACE_SECONDS, scheduler=self._clock)
            late = due.pipe(ops.map(lambda _: recording))

        def made(found: Recording | None) -> Observable[Event]:
            return reactivex.from_callable(lambda: self._with_clip(event, found), self._pool)

        return reactivex.merge(ready, late).pipe(ops.take(1), ops.flat_map(made))

    def _with_clip(self, event: Event, recording: Recording | None) -> Event:
        self._pending.discard(event.id)
        window = None if recording is None else recording.window()
        if recording is None or window is None:
            self._lack(event, "has no clip: no frame of it is kept any more")
            return event
        lacks = [f"begins {recording.missing:.1f} s late: no older frames were kept"] if recording.missing else []
        lacks += [f"has {window.end - window.start:.0f} s: the rest is over the bound"] if recording.left_out else []
        if lacks:
            self._lack(event, f"has a clip that {', and '.join(lacks)}")
        try:
            return replace(event, clip=self._encoded(window))
        except RxvlmError as error:
            _log.warning("%r has no clip: %s", event, error)
            self._on_drop(event, "undecodable" if isinstance(error, DecodeError) else "unencodable")
            return event

    def _encoded(self, window: Window) -> Clip | None:
        """Copy the packets of a window into a clip; if its packets cannot be copied, encode it again.

        Return None if the subscriber has left meanwhile: hundreds of frames take longer than it may wait.
        """
        with suppress(ValueError, EncodeError):
            return copy_packets(window)
        film = Film(None, mp4.QP, exact=True, most=len(window.frames))
        for frame in window.frames:
            if self._left:
                return None
            film.add(frame)
        return film.clip(window)

    def _lack(self, event: Event, what: str) -> None:
        _log.warning("%r %s", event, what)
        self._on_drop(event, "overflow")
