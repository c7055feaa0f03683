"""pushed: a source of arrays that any thread pushes."""

from __future__ import annotations

import threading
import time as wall
from collections import deque
from collections.abc import Generator

from rxvlm.arguments import check_at_least, suggest_options
from rxvlm.concurrency.stop import Stop
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.media.held_bytes import MAX_BYTES, HeldBytes
from rxvlm.media.picture import Image
from rxvlm.sources.running.capture import Session, Video


class Pushed(Video):
    """A live source whose frames are pushed by the user's code; see `pushed`."""

    def __init__(self, ledger: Ledger, capacity: int, held: HeldBytes, stop: Stop | None) -> None:
        super().__init__(self._given, ledger, uri="pushed", live=True, stop=stop)
        self._waiting: deque[Frame | None] = deque()  # None is the end
        self._capacity = capacity
        self._held = held
        self._changed = threading.Condition()
        self._began = wall.monotonic()
        self._index = 0
        self._time = 0.0

    def push(self, image: Image, time: float | None = None) -> bool:
        """Hand a picture to the subscriber, from any thread; never blocks.

        Args:
            image: BGR ``uint8`` (height, width, 3); not copied, so do not change it afterwards.
            time: Seconds since the first picture, not going back; None: by the clock.

        Returns:
            Whether it was accepted. If not, the queue was full, or too many bytes are in memory, and the frame is
            counted as lost (``"overflow"``).

        Raises:
            TypeError: If the image is not a ``uint8`` array.
            ValueError: If it is empty or of another shape, or the time goes back.
        """
        with self._changed:
            moment = self._moment(time)
            captured = wall.time()
            frame = Frame.of(image, moment, source=self.name, index=self._index, captured=captured)
            self._time, self._index = moment, self._index + 1
            full = len(self._waiting) >= self._capacity
            if full or self._held.hold(image.nbytes, lambda: frame.pixels) is None:
                self.ledger.refuse(frame, "overflow")
                return False
            self._put(frame)
            return True

    def end(self) -> None:
        """Complete the stream after the frames that were pushed so far; returns at once."""
        self._put(None)

    def _put(self, frame: Frame | None) -> None:
        with self._changed:
            self._waiting.append(frame)
            self._changed.notify_all()

    def _moment(self, time: float | None) -> float:
        if self._index == 0:
            self._began = wall.monotonic()
        moment = wall.monotonic() - self._began if time is None else time
        if time is not None and moment < self._time:
            raise ValueError(f"time goes back from {self._time} to {time} s")
        return max(moment, self._time)

    def _given(self, session: Session) -> Generator[Frame]:
        session.on_ending(self._wake)
        session.state("live")
        while (frame := self._next(session)) is not None:
            yield frame

    def _next(self, session: Session) -> Frame | None:
        """Wait for the next frame; return None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or session.ending)
            return None if session.ending else self._waiting.popleft()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


@suggest_options()
def pushed(
    name: str = "pushed",
    *,
    capacity: int = 100,
    max_bytes: int = MAX_BYTES,
    stop: Stop | None = None,
    ledger: Ledger | None = None,
) -> Pushed:
    """Make a live source of pictures that you push, for a loop that reads frames itself.

    >>> import numpy as np
    >>> from rxvlm import collect
    >>> camera = pushed("yard")
    >>> all(camera.push(np.zeros((48, 64, 3), np.uint8), time=second) for second in (0.0, 1.0))
    True
    >>> camera.end()
    >>> collect(camera)
    [Frame('yard' #0 at 0.000 s, 64x48), Frame('yard' #1 at 1.000 s, 64x48)]

    At most ``capacity`` frames wait to be delivered; when the queue is full, a new frame is dropped. It is also dropped
    when the frames in the queue, in windows and in your own code have ``max_bytes`` together; the log says so.
    Frames also wait if there is no subscriber yet; each is delivered to one subscriber only.

    Args:
        name: Its name in tables.
        capacity: The most frames that may wait, at least 1.
        max_bytes: The most bytes of frames in memory, at least 1. An array of 1080p has 6 million, of 4K 25 million.
        stop: Set it to end the stream gently.
        ledger: Where its frames are counted; None for a ledger of its own.

    Raises:
        ValueError: If the capacity or the bytes are less than 1.
    """
    check_at_least("capacity", capacity, 1)
    return Pushed(ledger or Ledger(name), capacity, HeldBytes(name, max_bytes), stop)
