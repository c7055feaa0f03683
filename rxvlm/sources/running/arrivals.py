"""frames_of_arrivals: the pictures of a live source, over all its connections, as frames with times."""

from __future__ import annotations

from collections.abc import Callable, Generator
from fractions import Fraction
from typing import Final, NamedTuple

from rxvlm.frame import Frame, make_frame
from rxvlm.media.picture import Pixels
from rxvlm.sources.running.capture import Session
from rxvlm.sources.running.clock import CameraClock
from rxvlm.sources.running.reconnect import Connect, Patience, keep_connected

_STANDS_STILL: Final = "the camera's clock stands still"


class Arrival(NamedTuple):
    """A picture that has arrived, and its times.

    Attributes:
        pixels: Its pixels, decoded when they are needed.
        shape: (height, width, 3).
        arrived: Seconds since the epoch of its arrival.
        stamp: Its timestamp in seconds; None if the source has no timestamps that mean anything.
        keyframe: Whether a decoder can start with it.
        size: Bytes of its packet; 0 if it was not compressed.
        camera_time: Seconds since the epoch at which it was filmed, by the camera's clock; None if unknown.
        sample_aspect: Width of its pixels, as a multiple of their height.
    """

    pixels: Pixels
    shape: tuple[int, int, int]
    arrived: float
    stamp: float | None = None
    keyframe: bool = True
    size: int = 0
    camera_time: float | None = None
    sample_aspect: Fraction = Fraction(1)


def frames_of_arrivals(
    connect: Connect[Arrival],
    name: str,
    session: Session,
    *,
    patience: Patience | None = None,
    clock: CameraClock | None = None,
    dated: Callable[[CameraClock, float, Arrival], float] | None = None,
) -> Generator[Frame]:
    """Read a live source's frames until it is stopped, over all its connections.

    Args:
        connect: Opens the source; see `keep_connected`.
        name: `Frame.source`.
        session: The session that it runs in.
        patience: How long it may be silent; None: the usual.
        clock: What makes seconds of its timestamps; None: a usual one.
        dated: Returns `Frame.captured`; None: the time of arrival.
    """
    clock, known = clock or CameraClock(), -1
    items = keep_connected(
        connect, session, patience or Patience(), remark=lambda: _STANDS_STILL if clock.stands_still else ""
    )
    for index, (epoch, arrival) in enumerate(items):
        if epoch != known:
            known = epoch
            clock.connected()
        moment = clock.time(arrival.arrived if arrival.stamp is None else arrival.stamp, arrival.arrived)
        captured = arrival.arrived if dated is None else dated(clock, moment, arrival)
        seen = arrival.keyframe, arrival.size, arrival.sample_aspect
        yield make_frame(arrival.pixels, moment, arrival.shape, name, index, captured, epoch, *seen)


def by_the_clock(clock: CameraClock, moment: float, arrival: Arrival) -> float:
    """Return the wall time of a picture by the camera's own clock, or by arrival with the jitter removed."""
    return clock.captured(moment, arrival.arrived, arrival.camera_time)
