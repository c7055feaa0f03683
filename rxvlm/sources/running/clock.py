"""CameraClock: a live stream's own timestamps, as seconds that never go back and as wall time."""

from __future__ import annotations

from collections import deque

from rxvlm.sources.running.monotonic import MonotonicTime

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
        self._time = MonotonicTime()
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
            self._time.restart(stamp, at=max(wall, self._time.time))
            self._anchored = True
        elif not self._time.time <= self._time.place(stamp) <= wall + self._ahead:
            self._time.restart(stamp)
        return self._time.advance(stamp)

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
