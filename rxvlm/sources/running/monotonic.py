"""MonotonicTime: timestamps that may go back become seconds that never do."""

from __future__ import annotations

_LONGEST_STEP = 1.0  # seconds; a longer pause before a restart is not taken for the usual distance of frames


class MonotonicTime:
    """Turns timestamps into seconds that never go back, over any number of restarts.

    A restart is what its user decides: a camera that was reconnected, a film that is played again, a clock that
    was set back. Time then goes on one usual step after the last one, or where the user says.

    Attributes:
        time: Seconds of the newest timestamp; 0 before the first.
    """

    def __init__(self) -> None:
        self.time = 0.0
        self._step = 0.0
        self._zero: float | None = None  # the timestamp that stands for `_start`
        self._start = 0.0
        self._restarted = True  # the distance to the next timestamp is no distance of two frames

    def restart(self, stamp: float, at: float | None = None) -> None:
        """Begin again with a timestamp.

        Args:
            stamp: The timestamp, in seconds of any clock.
            at: The seconds that it stands for; None: one step after the newest.
        """
        self._zero, self._start = stamp, self.time + self._step if at is None else at
        self._restarted = True

    def place(self, stamp: float) -> float:
        """Return the seconds that a timestamp would stand for, which may lie before the newest."""
        zero = stamp if self._zero is None else self._zero
        return self._start + round(stamp - zero, 6)  # a timestamp since 1970 has no more digits

    def advance(self, stamp: float) -> float:
        """Take a timestamp as the newest, and return its seconds."""
        if self._zero is None:
            self._zero = stamp
        return self.reach(self.place(stamp))

    def reach(self, time: float) -> float:
        """Take the seconds of a timestamp, from `place`, as the newest, and return them."""
        if time > self.time and not self._restarted:
            self._step = min(time - self.time, _LONGEST_STEP)
        self._restarted = False
        self.time = time
        return time
