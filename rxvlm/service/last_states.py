"""LastStates: that a camera has ended is told after its last answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

_SECONDS: Final = 0.5


class LastStates:
    """Holds the end of a camera back for a moment, since its last answer is counted before it is delivered.

    Args:
        tell: Called with the camera, its state and the reason.
    """

    def __init__(self, tell: Callable[[str, str, str], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._held: dict[str, tuple[str, float]] = {}  # the reason, and since when, by camera

    def put(self, camera: str, state: str, reason: str) -> None:
        """Tell a state at once; the end of a camera waits for `look`."""
        with self._lock:
            held = self._held.pop(camera, None)
            if state == "ended":
                self._held[camera] = reason, time.monotonic()
                held = None
        if held is not None:
            self._tell(camera, "ended", held[0])
        if state != "ended":
            self._tell(camera, state, reason)

    def look(self, seconds: float = _SECONDS) -> None:
        """Tell the ends that are held back for so long."""
        now = time.monotonic()
        with self._lock:
            due = {camera: reason for camera, (reason, since) in self._held.items() if now - since >= seconds}
            for camera in due:
                del self._held[camera]
        for camera, reason in due.items():
            self._tell(camera, "ended", reason)
