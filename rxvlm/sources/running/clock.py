"""CameraClock: turn a live stream's timestamps into seconds that never go back, and into wall time."""

from __future__ import annotations

from collections import deque

from rxvlm.sources.running.monotonic import MonotonicTime

AHEAD_SECONDS = 5.0
JITTER_SECONDS = 60.0


class CameraClock:
    """Turns timestamps of one camera, over all its connections, into `Frame.time` and `Frame.captured`.

    Time follows the camera's timestamps; over a reconnect it follows the wall clock. When a timestamp goes
    back, or is ahead of the wall clock by more than ``ahead``, the camera has restarted its clock: time goes on
    from where it was.

    Wall time is that of the camera's own clock, if the camera sends it. Else a picture counts as captured
    when it would have arrived with the smallest delay of the last `JITTER_SECONDS`.

    Args:
        ahead: Seconds by which timestamps may be ahead of the wall clock; larger for
            sources that start with a burst.
    """

    def __init__(self, ahead: float = AHEAD_SECONDS) -> None:
        self._ahead = ahead
        self._anchored = False
        self._began: float | None = None  # arrival of the very first picture
        self._time = MonotonicTime()
        self._delays: deque[tuple[float, float]] = deque()  # (arrival, arrival - time), rising in both

    def connected(self) -> None:
        """Note a reconnect: the timestamps start anew, and time goes on by the wall clock with the next picture."""
        self._anchored = False

    def time(self, stamp: float, arrived: float) -> float:
        """Return the seconds of a picture since the camera's first one.

        Args:
            stamp: The picture's timestamp, in seconds.
            arrived: Seconds since the epoch of its arrival.
        """
        if self._began is None:
            self._began = arrived
        wall = arrived - self._began
        if not self._anchored:
            self._time.restart(stamp, at=max(wall, self._time.time))
            self._anchored = True
        elif not self._time.time <= self._time.place(stamp) <= wall + self._ahead:
            self._time.restart(stamp)
        return self._time.advance(stamp)

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
