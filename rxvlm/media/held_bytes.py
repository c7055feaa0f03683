"""HeldBytes: a bound in bytes of the pictures that are held, wherever they wait."""

from __future__ import annotations

import logging
import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Final, TypeVar

from rxvlm.arguments import check_at_least
from rxvlm.media.picture import Pixels

_Pixels = TypeVar("_Pixels", bound=Pixels)
MAX_BYTES: Final = 1_000_000_000  # 40 arrays of 4K, or 160 of 1080p
WARN_SECONDS: Final = 60.0  # between two warnings
_log = logging.getLogger("rxvlm")


class HeldBytes:
    """Count the bytes of pictures until the last reference to them is gone. Any thread may use it.

    So the bound holds for the frames of a queue, and for those of the windows behind it.

    Args:
        name: The source, for the log.
        most: Bytes that may be held, at least 1.

    Raises:
        ValueError: If the bound is less than 1.
    """

    def __init__(self, name: str, most: int) -> None:
        check_at_least("max_bytes", most, 1)
        self.most = most
        self._name = name
        self._lock = threading.Lock()
        self._held = 0
        # Only appended to when a picture is gone: that may happen at any moment, on a thread that has the lock.
        self._gone: deque[int] = deque()
        self._warned = -math.inf

    @property
    def now(self) -> int:
        """Bytes that are held now."""
        with self._lock:
            while self._gone:
                self._held -= self._gone.popleft()
            return self._held

    def hold(self, size: int, make: Callable[[], _Pixels]) -> _Pixels | None:
        """Make a picture and count its bytes, as long as they fit; else warn in the log, at most once a minute.

        Args:
            size: Its bytes.
            make: Makes it.

        Returns:
            The picture; None if it does not fit, or there is no memory for it.
        """
        held = self.now
        with self._lock:
            fits = self._held + size <= self.most
            self._held += size if fits else 0
        if not fits:
            self._warn(
                f"{held / 1e6:.0f} MB of frames are held, in windows too, and max_bytes is {self.most / 1e6:g} MB"
            )
            return None
        try:
            made = make()
        except BaseException as error:
            self._gone.append(size)
            if not isinstance(error, MemoryError):
                raise
            self._warn("there is no memory for it")
            return None
        weakref.finalize(made, self._gone.append, size).atexit = False
        return made

    def _warn(self, why: str) -> None:
        if time.monotonic() - self._warned >= WARN_SECONDS:
            self._warned = time.monotonic()
            _log.warning(
                "%s: a frame is refused: %s; give smaller frames (width), fewer of them, or shorter windows",
                self._name,
                why,
            )
