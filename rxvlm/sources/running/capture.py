"""Video and Session: how every source runs on a thread of its own, and how it ends."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias, cast

from reactivex import Observer
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxvlm.concurrency.stop import Stop
from rxvlm.concurrency.threads import daemon
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger, State
from rxvlm.sources.running.delivery import Delivery
from rxvlm.sources.running.first_look import first_look
from rxvlm.stream import Origin, Stream

_log = logging.getLogger("rxvlm")

HELD_UP_SECONDS: Final = 1.0  # one delivery of a live source may take so long without a warning
WARN_SECONDS: Final = 60.0  # between two warnings
_HELD_UP: Final = (
    "%s was held up for %.1f s by what listens to it: frames that come meanwhile are late, or lost and not counted; "
    "put on_backpressure_buffer(...) before the slow step"
)

Frames: TypeAlias = Callable[["Session"], Generator[Frame]]
"""A generator function that reads a source; the session's thread runs it, and closes it at the end."""

Edit: TypeAlias = Callable[[Generator[Frame], Callable[[], bool]], Generator[Frame]]
"""A generator function that gets the frames of a session, and a function that returns whether it must end."""


class Video(Stream[Frame]):
    """A cold Observable of a source's frames; made by `rxvlm.video`.

    Subscribing opens the source on a daemon thread of its own. Disposing returns at
    once and delivers nothing more; the thread closes the source and ends.

    Its `name`, `live` and `ledger` are those of any `Stream`.

    Args:
        frames: Reads the source.
        ledger: Where its frames are counted.
        uri: Its address, without secrets.
        live: Whether it is live, so that no step may block it; None if it must be looked at to find out, which
            its first subscription does.
        stop: Ends it gently.
        facts: Returns what a notebook shows of it, by name, beside its first picture; None if looking at it would
            have to connect, or take time.

    Attributes:
        uri: Its address, without secrets.
    """

    def __init__(
        self,
        frames: Frames,
        ledger: Ledger,
        *,
        uri: str,
        live: bool | None,
        stop: Stop | None = None,
        facts: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        look = None if facts is None else partial(first_look, self._first_frame, facts)
        address = "" if uri == ledger.name else uri
        super().__init__(self._open, Origin({ledger.name: ledger}, address, look, self._counted_in))
        self.uri = uri
        ledger.live = live
        self._frames = frames
        self._stop = stop
        self._facts = facts

    @property
    def ledger(self) -> Ledger:
        """Where its frames are counted."""
        return cast("Ledger", super().ledger)

    def edited(self, edit: Edit, ledger: Ledger | None = None) -> Video:
        """Return the same source, with its frames changed, left out or ended before they are counted.

        Args:
            edit: A generator function that gets the frames of a session, and returns whether it must end.
            ledger: Where they are counted; None: as before.
        """

        def frames(session: Session) -> Generator[Frame]:
            with closing(self._frames(session)) as read:
                yield from edit(read, lambda: session.ending)

        return Video(frames, ledger or self.ledger, uri=self.uri, live=self.live, stop=self._stop, facts=self._facts)

    def _counted_in(self, ledger: Ledger, name: str) -> Stream[Frame]:
        """Return the same source, counted in another ledger and with another name."""

        def renamed(frames: Generator[Frame], _: Callable[[], bool]) -> Generator[Frame]:
            for frame in frames:
                yield replace(frame, source=name)

        if name == self.name:
            return Video(self._frames, ledger, uri=self.uri, live=self.live, stop=self._stop, facts=self._facts)
        return self.edited(renamed, ledger)

    def _first_frame(self) -> Frame | None:
        """Read the first frame, which is not counted."""
        session = Session(Observer(), self._frames, Ledger(self.name))
        with closing(self._frames(session)) as frames:
            return next(frames, None)

    def _open(self, observer: ObserverBase[Frame], scheduler: SchedulerBase | None = None) -> DisposableBase:
        _ = scheduler  # a source's time is the wall clock's, or that of its own timestamps
        if self._stop is not None and self._stop.is_set():
            observer.on_completed()
            return Disposable()
        session = Session(observer, self._frames, self.ledger, live=self.live)
        if self._stop is not None:
            session.listening = self._stop.listen(session.stop)
        daemon(f"rxvlm-{self.name}", session.dispose)(session.run).start()
        return Disposable(session.dispose)


class Session:
    """One subscription to a source; its generator of frames gets it.

    Attributes:
        ledger: Where the frames are counted.
        live: Whether the source is live; None until it was looked at.
        listening: The session's registration with the user's `Stop`.
    """

    def __init__(
        self,
        observer: ObserverBase[Frame],
        frames: Frames,
        ledger: Ledger,
        *,
        live: bool | None = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ledger = ledger
        self.listening: DisposableBase = Disposable()
        self._delivery = Delivery(observer, ledger)
        self._frames = frames
        self.live = live
        self._clock = clock
        self._warned = -math.inf
        self._stop = Stop()
        self._ending = threading.Event()
        self._stop.listen(self._ending.set)

    @property
    def ending(self) -> bool:
        """Whether the source must end, gently or at once; the generator checks it between frames."""
        return self._ending.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep for some seconds, or until the source must end; return whether it must end."""
        return self._ending.wait(max(0.0, seconds))

    def found(self, *, live: bool) -> None:
        """Say whether the source is live, before its first frame; for sources that must be looked at to know it."""
        self.live = self.ledger.live = live

    def lasts(self, seconds: float | None) -> None:
        """Say how long the source is, in seconds, before its first frame; None if that is unknown."""
        self.ledger.length = seconds

    def on_ending(self, action: Callable[[], None]) -> None:
        """Call a function when the source must end, at once if it must already; by any thread.

        For sources that wait for something else than time, and must be woken.
        """
        self._stop.listen(action)

    def state(self, state: State, reason: str = "") -> None:
        """Set the camera's state and the reason for it, unless the subscription is over."""
        self._delivery.state(state, reason)

    def damage(self) -> None:
        """Count a damaged picture; called by the thread that decodes it."""
        self.ledger.damage()

    def stop(self) -> None:
        """Ask for a gentle end: the source completes on its own thread."""
        self._stop.set()

    def dispose(self) -> None:
        """Ask for an end at once: nothing more is counted or delivered."""
        self._delivery.dispose()
        self._stop.set()
        self.listening.dispose()

    def run(self) -> None:
        """Deliver frames until the source ends, is stopped, or is disposed of."""
        try:
            with closing(self._frames(self)) as frames:
                self._deliver(frames)
        except Exception as error:  # noqa: BLE001 - every error of a source belongs into its stream
            self._delivery.fail(error)
        else:
            self._delivery.complete()
        finally:
            self.listening.dispose()

    def _deliver(self, frames: Iterator[Frame]) -> None:
        for frame in frames:
            began = self._clock() if self.live else 0.0
            try:
                delivered = self._delivery.deliver(frame)
            except Exception as error:  # noqa: BLE001 - a subscriber that raises ends its own stream
                _log.exception("a subscriber of %s raised; its stream is over", self.ledger.name)
                with suppress(Exception):  # a subscriber without an error handler raises again
                    self._delivery.fail(error)
                return
            if not delivered or self.ending:
                return
            if self.live:
                self._warn_if_held_up(began, self._clock())

    def _warn_if_held_up(self, began: float, ended: float) -> None:
        """Warn of a delivery that held a live source up: frames that it loses meanwhile cannot be counted."""
        if ended - began > HELD_UP_SECONDS and ended - self._warned >= WARN_SECONDS:
            self._warned = ended
            _log.warning(_HELD_UP, self.ledger.name, ended - began)
