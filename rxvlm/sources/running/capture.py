"""Video: frames from a thread of their own; how every source runs and ends."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from typing import Final

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxvlm.concurrency.stop import Stop
from rxvlm.concurrency.threads import daemon
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger, State

_log = logging.getLogger("rxvlm")

HELD_UP_SECONDS: Final = 1.0  # by one delivery, until a live source complains
WARN_SECONDS: Final = 60.0  # between two complaints
_HELD_UP: Final = (
    "%s was held up for %.1f s by what listens to it: frames that come meanwhile are late, or lost and not counted; "
    "put on_backpressure_buffer(...) before the slow step"
)


class Video(Observable[Frame]):
    """A cold Observable of a source's frames; made by `rxvlm.video`.

    Subscribing opens the source on a daemon thread of its own. Disposing returns at
    once and delivers nothing more; the thread closes the source and ends.

    Attributes:
        name: What tables call the source.
        uri: Its address, without secrets.
        live: Whether it goes on by itself, so that nothing may hold it up.
        ledger: Where its frames are counted.
    """

    def __init__(
        self,
        frames: Callable[[Session], Generator[Frame]],
        ledger: Ledger,
        *,
        uri: str,
        live: bool,
        stop: Stop | None = None,
    ) -> None:
        super().__init__(self._open)
        self.name = ledger.name
        self.uri = uri
        self.live = ledger.live = live
        self.ledger = ledger
        self._frames = frames
        self._stop = stop

    def __repr__(self) -> str:
        return f"Video({self.name!r}, {self.uri!r}, {'live' if self.live else 'file'})"

    def _open(self, observer: ObserverBase[Frame], scheduler: SchedulerBase | None = None) -> DisposableBase:
        _ = scheduler  # a source's clock is the wall's, or its own timestamps
        if self._stop is not None and self._stop.is_set():
            observer.on_completed()
            return Disposable()
        session = Session(observer, self._frames, self.ledger, live=self.live)
        if self._stop is not None:
            session.listening = self._stop.listen(session.stop)
        daemon(f"rxvlm-{self.name}", session.dispose)(session.run).start()
        return Disposable(session.dispose)


class Session:
    """One subscription to a source: its thread, its end."""

    def __init__(
        self,
        observer: ObserverBase[Frame],
        frames: Callable[[Session], Generator[Frame]],
        ledger: Ledger,
        *,
        live: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ledger = ledger
        self.listening: DisposableBase = Disposable()
        self.on_ending: Callable[[], None] = _nothing  # wakes a source that waits for its next frame
        self._observer = observer
        self._frames = frames
        self._live = live
        self._clock = clock
        self._warned = -math.inf
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._over = False

    @property
    def ending(self) -> bool:
        """Whether the source is to end, gently or at once; looked at between frames."""
        return self._ending.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep so many seconds, unless the source is to end; give whether it is."""
        return self._ending.wait(max(0.0, seconds))

    def state(self, state: State, reason: str = "") -> None:
        """Tell the ledger in what state the source is, unless disposed of."""
        if not self._over:
            self.ledger.state(state, reason)

    def stop(self) -> None:
        """Ask for a gentle end: the source completes on its own thread."""
        self._ending.set()
        self.on_ending()

    def dispose(self) -> None:
        """Ask for an end at once: nothing more is counted or delivered."""
        with self._lock:
            over, self._over = self._over, True
        self._ending.set()
        self.on_ending()
        self.listening.dispose()
        if not over:
            self.ledger.state("ended", "disposed")

    def run(self) -> None:
        """Deliver frames until the source ends, is stopped, or is disposed of."""
        try:
            with closing(self._frames(self)) as frames:
                self._deliver(frames)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the stream
            self._fail(error)
        else:
            if self._end():
                self.ledger.state("ended")
                self._observer.on_completed()
        finally:
            self.listening.dispose()

    def _deliver(self, frames: Iterator[Frame]) -> None:
        for frame in frames:
            if not self._count(frame):
                return
            began = self._clock()
            try:
                self._observer.on_next(frame)
            except Exception as error:  # noqa: BLE001 - it ends its own stream
                _log.exception("a subscriber of %s raised; its stream is over", self.ledger.name)
                with suppress(Exception):  # one that does not listen to errors raises again
                    self._fail(error)
                return
            if self.ending:
                return
            if self._live:
                self._look_at(began, self._clock())

    def _look_at(self, began: float, ended: float) -> None:
        """Warn of a delivery that held a live source up: what it loses meanwhile, nobody can count."""
        if ended - began > HELD_UP_SECONDS and ended - self._warned >= WARN_SECONDS:
            self._warned = ended
            _log.warning(_HELD_UP, self.ledger.name, ended - began)

    def _count(self, frame: Frame) -> bool:
        """Count a frame, unless disposed of: a ledger that was closed stays as it is."""
        with self._lock:
            if not self._over:
                self.ledger.capture(frame)
            return not self._over

    def _fail(self, error: Exception) -> None:
        if self._end():
            self.ledger.state("failed", str(error))
            self._observer.on_error(error)

    def _end(self) -> bool:
        """Give whether this is the end, and not one after a disposal."""
        with self._lock:
            over, self._over = self._over, True
        return not over


def _nothing() -> None:
    """Do nothing."""
