"""Board: all that a monitor knows of a run at this moment. Answers come on any thread; screens look once a second."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from rxvlm.analysis import Analysis
from rxvlm.event import Event
from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.chronicle import Chronicle
from rxvlm.monitor.board.happening import Happening
from rxvlm.monitor.board.history import History, StateSpan, StoreHistory
from rxvlm.monitor.board.remembered import Remembered
from rxvlm.monitor.board.stage_times import StageTimes
from rxvlm.monitor.site import CameraNow, Item, Now, Site

_MOST_WAITING: Final = 10_000  # answers and events between two looks


@dataclass(slots=True)
class CameraBoard:
    """What is known of one camera.

    Attributes:
        now: Its state and its counts.
        last: Its newest answer or error; None before the first.
        answers: Answers since the monitor began, without errors.
        errors: Calls that failed since then.
        tokens: Tokens since then, in and out.
        times: Ages and timings since then.
    """

    now: CameraNow
    last: Answer | None = None
    answers: int = 0
    errors: int = 0
    tokens: int = 0
    times: StageTimes = field(default_factory=StageTimes)

    def add(self, answer: Answer) -> None:
        """Take an answer or an error."""
        self.answers += not answer.failed
        self.errors += answer.failed
        self.tokens += answer.tokens
        self.times.add(answer.at, answer.record)
        if self.last is None or answer.at >= self.last.at:
            self.last = answer


class Board:
    """What is known of a run.

    Args:
        site: The run.
        clock: Returns the time in seconds since 1970 (UTC).

    Attributes:
        now: The run, as it was looked at last.
        cameras: What is known of each camera, by name.
        log: What happened.
        remembered: The newest answers, and the events since the monitor began.
        history: What can be looked up.
        version: Changes with each answer and event.
    """

    def __init__(self, site: Site, clock: Callable[[], float] = time.time) -> None:
        self.site, self.clock = site, clock
        self.now = Now()
        self.cameras: dict[str, CameraBoard] = {}
        self.log = Chronicle()
        self.remembered = Remembered()
        self.history: History = self.remembered if site.store is None else StoreHistory(site.store)
        self.version = 0
        self._keeps_clips = site.store is None
        self._lock = threading.Lock()
        self._incoming: deque[Item] = deque(maxlen=_MOST_WAITING)
        self._following = site.follow(self._on_item)

    def look(self) -> None:
        """Take what has come since the last look, and how the run is now."""
        self.now = now = self.site.now()
        for camera in now.cameras:
            self._take_camera(camera)
        names = {one.tally.name for one in now.cameras}
        for name in self.cameras.keys() - names:
            del self.cameras[name]
        with self._lock:
            items, self._incoming = self._incoming, deque(maxlen=_MOST_WAITING)
        for item in items:
            self._take(item)
        self.version += bool(items)
        self.log.look(now, self.clock())

    def running(self) -> list[Happening]:
        """Return the events that run, the newest first."""
        return [one for one in list(self.remembered.happenings.values())[::-1] if one.runs]

    def ended(self) -> list[Happening]:
        """Return the events that have ended, the newest first."""
        return [one for one in list(self.remembered.happenings.values())[::-1] if not one.runs]

    def close(self) -> None:
        """Hear of no more answers, and leave the run."""
        self._following.dispose()
        self.site.close()

    def _on_item(self, item: Item) -> None:
        with self._lock:
            self._incoming.append(item)

    def _take_camera(self, camera: CameraNow) -> None:
        name, known = camera.tally.name, self.cameras.get(camera.tally.name)
        if known is None:
            self.cameras[name] = known = CameraBoard(camera)
        elif known.now.since == camera.since and known.now.tally.state == camera.tally.state:
            known.now = camera
            return
        known.now = camera
        since = self.clock() if camera.since is None else camera.since
        self.remembered.spans.append(StateSpan(name, camera.tally.state, camera.tally.reason, since))

    def _take(self, item: Item) -> None:
        if isinstance(item, Event):
            before = self.remembered.happenings.get(item.id)
            self.remembered.add_event(Happening.of(_bare(item), self.clock(), before))
            return
        analysis = item if self._keeps_clips else replace(item, clip=replace(item.clip, data=None))
        answer = self.remembered.add(analysis)
        if answer.camera in self.cameras:
            self.cameras[answer.camera].add(answer)


def _bare(event: Event) -> Event:
    """Return an event without the bytes of its clips."""
    analysis: Analysis | None = event.analysis
    if analysis is not None:
        analysis = replace(analysis, clip=replace(analysis.clip, data=None))
    return replace(event, analysis=analysis, clip=None)
