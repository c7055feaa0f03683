"""CameraClock: a live stream's own timestamps, as seconds that never go back and as wall time."""

from __future__ import annotations

from collections import deque

AHEAD_SECONDS = 5.0
JITTER_SECONDS = 60.0


class CameraClock:
    """Turns timestamps of one camera, over all its connections, into `Frame.time` and `Frame.captured`.

    Time runs with the camera's timestamps, and goes on by the wall clock over a
    reconnect. A timestamp that goes back, or runs ahead of the wall clock by more than
    ``ahead``, is a new beginning: time goes on from where it was.

    Wall time comes from the camera's own clock where it tells it; else a timestamp was
    captured when the fastest of the last `JITTER_SECONDS` would have arrived.

    Args:
        ahead: Seconds by which timestamps may run ahead of the wall clock; more for
            sources that begin with a burst.
    """

    def __init__(self, ahead: float = AHEAD_SECONDS) -> None:
        self._ahead = ahead
        self._anchored = False
        self._began: float | None = None  # arrival of the very first picture
        self._shift = 0.0  # from timestamps to time
        self._time = 0.0
        self._gap = 0.0
        self._delays: deque[tuple[float, float]] = deque()  # (arrival, arrival - time), rising in both

    def connected(self) -> None:
        """Tell that timestamps begin anew: with the next picture, time goes on by the wall clock."""
        self._anchored = False

    def time(self, stamp: float, arrived: float) -> float:
        """Give the seconds since the camera's first picture.

        Args:
            stamp: The picture's timestamp, in seconds.
            arrived: Seconds since the epoch at which it came.
        """
        if self._began is None:
            self._began = arrived
        wall = arrived - self._began
        if not self._anchored:
            self._shift = max(wall, self._time) - stamp
            self._anchored = True
        elif stamp + self._shift < self._time or stamp + self._shift > wall + self._ahead:
            self._shift = self._time + self._gap - stamp
        advance = stamp + self._shift - self._time
        self._gap = min(advance, 1.0) if advance > 0 else self._gap
        self._time = stamp + self._shift
        return self._time

    def captured(self, time: float, arrived: float, told: float | None = None) -> float:
        """Give the seconds since the epoch at which a picture was filmed.

        Args:
            time: What `time` gave for it.
            arrived: Seconds since the epoch at which it came.
            told: What the camera's own clock says, or None.
        """
        if told is not None:
            return told
        delay = arrived - time
        while self._delays and self._delays[-1][1] >= delay:
            self._delays.pop()
        self._delays.append((arrived, delay))
        while self._delays[0][0] < arrived - JITTER_SECONDS:
            self._delays.popleft()
        return time + self._delays[0][1]
