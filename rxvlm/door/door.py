"""Door: a run, for other processes of the user to look at and to change."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from typing import Any

from rxvlm.concurrency.threads import daemon
from rxvlm.door.inbox import Inbox, Item
from rxvlm.door.lines import PROTOCOL
from rxvlm.door.places import Place
from rxvlm.door.reader import Reader
from rxvlm.door.records import Watched
from rxvlm.door.requests import Controls
from rxvlm.door.serving import Serving

_CLOSE_SECONDS = 2.0


class Door:
    """Tells readers what happens at a run, and does what they ask for: pausing, muting, asking.

    A run only puts what it tells into a queue: all else is done by one thread of the door, which waits for no reader.
    The queue, and what waits for each reader, are bounded; what is lost is counted, and the reader is told. Its methods
    return at once, but for `close`; any thread may call them.

    Args:
        place: The socket; it is closed with the door.
        file: The file that the run works by.
        store: Its store; None: there is none.
        version: Of the program.
        run: What the run is made of.
        controls: What can be done to it.
    """

    def __init__(
        self, place: Place, *, file: str, store: str | None, version: str, run: Watched, controls: Controls
    ) -> None:
        self.name, self.path = place.name, place.path
        self._place = place
        self._about = {"file": file, "store": store, "program": f"rxvlm {version}", "pid": os.getpid()}
        self._inbox = Inbox[Reader]()
        self._serving = Serving(place.listener, self._inbox, self._hello, run=run, controls=controls)
        self._thread = daemon("rxvlm-door", self._serving.stop)(self._serving.work)

    def open(self) -> None:
        """Begin to work."""
        self._thread.start()

    def tell(self, item: Item) -> None:
        """Tell readers of an answer or an event."""
        self._inbox.put(item)

    def tell_state(self, camera: str, state: str, reason: str) -> None:
        """Tell readers of a camera's new state."""
        self._inbox.put({"type": "state", "camera": camera, "state": state, "reason": reason})

    def follow(self, store: str | None, cameras: Container[str]) -> None:
        """Go on with another store and other cameras; what is remembered of those that are gone is let go."""
        self._inbox.keep(cameras)
        if store != self._about["store"]:
            self._about = self._about | {"store": store}
            self._inbox.put({"type": "store", "store": store})

    def close(self, reason: str) -> None:
        """Take leave of all readers, and take the socket away; it takes 2 seconds at most.

        Args:
            reason: Why, for them.
        """
        self._inbox.put({"type": "bye", "reason": reason})
        self._serving.stop()
        self._thread.join(_CLOSE_SECONDS)
        self._place.close()

    def _hello(self) -> Mapping[str, Any]:
        return {"type": "hello", "protocol": PROTOCOL, "name": self.name, **self._about}
