"""Delivery: passes frames to one subscriber, and counts each in the ledger; only here frames are counted."""

from __future__ import annotations

import threading
from dataclasses import replace

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import CompositeDisposable, Disposable

from rxvlm.concurrency.serial import Serial
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger, State
from rxvlm.stream import Origin, Stream


class Delivery:
    """Hands the frames of one subscription to its subscriber, and keeps the ledger up to date.

    The end, an error and a disposal each set the last state; the first of them counts. After a disposal
    nothing more is counted or delivered, and the source's thread can set no other state.

    Args:
        observer: The subscriber.
        ledger: Where the frames are counted.
    """

    def __init__(self, observer: ObserverBase[Frame], ledger: Ledger) -> None:
        self.ledger = ledger
        self._observer = observer
        self._lock = threading.Lock()
        self._over = False
        self._states = Serial()  # a state that is being told stays before the end that another thread tells

    def state(self, state: State, reason: str = "") -> None:
        """Set the camera's state and the reason for it, unless the subscription is over."""
        if self.ledger.says(state, reason):  # as for nearly every frame
            return
        self._states(lambda: None if self._over else self.ledger.state(state, reason))

    def deliver(self, frame: Frame) -> bool:
        """Count a frame and hand it to the subscriber; return False if the subscription is over.

        Raises:
            Exception: What the subscriber raises.
        """
        with self._lock:  # a ledger that was closed stays as it is
            if self._over:
                return False
            self.ledger.capture(frame)
        self._observer.on_next(frame)
        return True

    def complete(self) -> None:
        """Complete the stream."""
        if self._end("ended"):
            self._observer.on_completed()

    def fail(self, error: Exception) -> None:
        """End the stream with an error."""
        if self._end("failed", str(error)):
            self._observer.on_error(error)

    def dispose(self) -> None:
        """End at once: nothing more is counted or delivered."""
        self._end("ended", "disposed")

    def _end(self, state: State, reason: str = "") -> bool:
        """Mark the subscription as over; return False if it already was."""
        with self._lock:
            if self._over:
                return False
            self._over = True
        self._states(lambda: self.ledger.state(state, reason))
        return True


def counted(stream: Observable[Frame], ledger: Ledger, *, live: bool, name: str | None = None) -> Stream[Frame]:
    """Count the frames of a stream in a ledger, and keep the camera's state there, as a `Video` does.

    Args:
        stream: Frames of any origin.
        ledger: Where they are counted.
        live: Whether the stream goes on by itself, so that nothing may hold it up.
        name: `Frame.source` of the frames from here on; None: as it is.
    """

    def subscribe(observer: ObserverBase[Frame], scheduler: SchedulerBase | None = None) -> DisposableBase:
        delivery = Delivery(observer, ledger)

        def on_next(frame: Frame) -> None:
            delivery.state("live" if live else "playing")
            delivery.deliver(frame if name is None or frame.source == name else replace(frame, source=name))

        subscription = stream.subscribe(on_next, delivery.fail, delivery.complete, scheduler=scheduler)
        return CompositeDisposable(Disposable(delivery.dispose), subscription)

    ledger.live = live
    address = stream.origin.address if isinstance(stream, Stream) else ""
    return Stream(subscribe, Origin({ledger.name: ledger}, address))
