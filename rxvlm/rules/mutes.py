"""Mutes: rules that cause no alerts for some time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from math import inf

from rxvlm.arguments import check_above_zero

_Key = tuple[str, str | None]  # rule, camera; None: of all cameras


class Mutes:
    """The rules that are muted at the moment, for `rxvlm.operators.with_events`. Any thread may call it.

    The events of a muted rule are detected, counted and stored as usual, but they are marked as `Event.muted`, and no
    sink behind `rxvlm.operators.to` gets them.

    >>> mutes = Mutes(clock=lambda: 1000.0)
    >>> mutes.mute("person", 600.0)
    >>> mutes.until("person", "yard"), mutes.until("car", "yard")
    (1600.0, None)

    Args:
        clock: Returns the time in seconds since 1970 (UTC).
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[_Key, float] = {}

    def mute(self, rule: str, seconds: float | None = None, *, camera: str | None = None) -> None:
        """Mute a rule from now on; for a rule that is already muted, the new time counts.

        Args:
            rule: Its name.
            seconds: For how long, above 0; None: until `unmute`.
            camera: The only camera for which it is muted; None: for all.

        Raises:
            TypeError: If ``seconds`` is not a number.
            ValueError: If it is not above 0.
        """
        if seconds is not None:
            check_above_zero("seconds", seconds, "seconds")
        with self._lock:
            self._until[rule, camera] = inf if seconds is None else self._clock() + seconds

    def unmute(self, rule: str, *, camera: str | None = None) -> bool:
        """End the mute of a rule; return whether it was muted.

        Args:
            rule: Its name.
            camera: End the mute for this camera; None: the mute for all cameras.
        """
        with self._lock:
            return self._until.pop((rule, camera), 0.0) > self._clock()

    def until(self, rule: str, camera: str | None = None) -> float | None:
        """Return until when a rule is muted for a camera, in seconds since 1970 (UTC), or infinity; None if it is not.

        Args:
            rule: Its name.
            camera: The camera; None: whether it is muted for all.
        """
        with self._lock:
            latest = max(self._until.get((rule, None), 0.0), self._until.get((rule, camera), 0.0))
            return latest if latest > self._clock() else None

    def current(self) -> Mapping[_Key, float]:
        """Return until when each (rule, camera) is muted, in seconds since 1970 (UTC), or infinity.

        The camera is None if the rule is muted for all. Mutes that are over are left out.
        """
        with self._lock:
            now = self._clock()
            self._until = {key: until for key, until in self._until.items() if until > now}
            return dict(self._until)
