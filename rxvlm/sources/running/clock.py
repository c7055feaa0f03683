"""CameraClock: turn a live stream's timestamps into seconds that never go back, and into wall time."""

from __future__ import annotations

from collections import deque
from typing import Final

from rxvlm.sources.running.monotonic import MonotonicTime

AHEAD_SECONDS: Final = 2.0  # of the pictures that a camera has kept, and sends at once when it is connected
JITTER_SECONDS: Final = 60.0
STILL_SECONDS: Final = 9.0
_LEAP: Final = 1.0  # seconds; two pictures are so far apart only if as much time passed between their arrivals
_MOVED: Final = 1.0  # seconds by which a clock that does not stand still moves in `STILL_SECONDS`


class CameraClock:
    """Turns timestamps of one camera, over all its connections, into `Frame.time` and `Frame.captured`.

    Time follows the camera's timestamps; over a reconnect it follows the wall clock. A timestamp that goes
    back, or leaps ahead of the wall clock, is a clock that was set: time goes on from where it was, by the usual
    distance of two pictures. Time is never ahead of the wall clock by more than ``ahead``, so a camera whose clock
    runs fast, or that sends faster than it films, has no more windows than there was time for. Timestamps that stand
    still for `STILL_SECONDS` are not believed: until they move, time follows the wall clock.

    Wall time is that of the camera's own clock, if the camera sends it. Else a picture counts as captured
    when it would have arrived with the smallest delay of the last `JITTER_SECONDS`.

    Args:
        ahead: Seconds by which timestamps may be ahead of the wall clock; larger for
            sources that start with a burst.
    """

    def __init__(self, ahead: float = AHEAD_SECONDS) -> None:
        self._ahead = ahead
        self._anchored = False
        self._arrived: float | None = None  # arrival of the newest picture
        self._wall = 0.0  # seconds since the first picture; a wall clock that is set back does not lower it
        self._time = MonotonicTime()
        self._moved: float | None = None  # the timestamp at which they were last seen to move
        self._still = 0.0  # seconds since then in which pictures came
        self._delays: deque[tuple[float, float]] = deque()  # (arrival, arrival - time), rising in both

    @property
    def stands_still(self) -> bool:
        """Whether the camera's timestamps have not moved for `STILL_SECONDS`, though pictures came."""
        return self._still >= STILL_SECONDS

    def connected(self) -> None:
        """Note a reconnect: the timestamps start again, and time goes on by the wall clock with the next picture."""
        self._anchored = False

    def time(self, stamp: float, arrived: float) -> float:
        """Return the seconds of a picture since the camera's first one.

        Args:
            stamp: The picture's timestamp, in seconds.
            arrived: Seconds since the epoch of its arrival.
        """
        passed = 0.0 if self._arrived is None else max(0.0, arrived - self._arrived)
        self._arrived = arrived
        self._wall += passed
        self._watch_stamps(stamp, passed)
        before, time = self._time.time, self._time.place(stamp)
        if not self._anchored or self.stands_still:
            self._anchored, time = True, self._restarted(stamp, max(self._wall, before))
        elif not before <= time <= max(before + passed, self._wall) + _LEAP:
            time = self._restarted(stamp)
        latest = max(before, self._wall + self._ahead)
        return self._time.reach(self._restarted(stamp, latest) if time > latest else time)

    def _restarted(self, stamp: float, at: float | None = None) -> float:
        """Begin again with a timestamp, and return the seconds that it stands for."""
        self._time.restart(stamp, at)
        return self._time.place(stamp)

    def _watch_stamps(self, stamp: float, passed: float) -> None:
        """Count the seconds for which the timestamps have not moved; a pause counts as one."""
        if self._moved is None or not self._anchored or abs(stamp - self._moved) >= _MOVED:
            self._moved, self._still = stamp, 0.0
        else:
            self._still += min(passed, _MOVED)

    def captured(self, time: float, arrived: float, camera_time: float | None = None) -> float:
        """Return the seconds since the epoch at which a picture was filmed.

        Args:
            time: The picture's seconds, from `time`.
            arrived: Seconds since the epoch of its arrival.
            camera_time: The time by the camera's own clock, or None.
        """
        if camera_time is not None:
            return camera_time
        delay = arrived - time
        while self._delays and self._delays[-1][1] >= delay:
            self._delays.pop()
        self._delays.append((arrived, delay))
        while self._delays[0][0] < arrived - JITTER_SECONDS:
            self._delays.popleft()
        return time + self._delays[0][1]
