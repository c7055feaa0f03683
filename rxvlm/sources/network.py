"""Cameras on the network: RTSP, MJPEG and HLS over HTTP; demuxed only, as files are."""

from __future__ import annotations

import errno
import time
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import cast

from av import Packet, VideoStream
from av.container import InputContainer
from av.error import (
    ConnectionRefusedError as AvRefused,
)
from av.error import (
    ExitError,
    FFmpegError,
    HTTPForbiddenError,
    HTTPNotFoundError,
    HTTPUnauthorizedError,
    InvalidDataError,
)
from av.error import TimeoutError as AvTimeout

from rxvlm.errors import (
    NoVideoError,
    SourceError,
    SourceNotFoundError,
    SourceRefusedError,
    SourceTimeoutError,
    SourceUnauthorizedError,
)
from rxvlm.frame import Frame
from rxvlm.media.demux import Demux
from rxvlm.media.picture import Pixels
from rxvlm.media.timed_picture import TimedPicture
from rxvlm.sources.opening import open_container
from rxvlm.sources.running.capture import Session
from rxvlm.sources.running.clock import CameraClock
from rxvlm.sources.running.host import no_such_host
from rxvlm.sources.running.reconnect import Patience, keep_connected
from rxvlm.ticks import to_seconds, to_ticks
from rxvlm.uri import Address

OPEN_SECONDS = 5.0
READ_SECONDS = 2.5  # of RTSP: for a reply, and for data; a first time-out brings out the picture that was held back
PATIENCE = Patience()
HTTP_SECONDS = 5.0
HLS_SECONDS = 15.0  # it comes in bursts of a segment
HLS_AHEAD = 60.0  # seconds of segments that a playlist may begin with
_OPTIONS = {
    "analyzeduration": "500000",  # microseconds spent on finding out what there is; FFmpeg's own 5 s are long
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A picture that came, and how.

    Attributes:
        shown: The picture.
        stamp: Its timestamp in seconds; when it came, where the source's own are worth nothing.
        arrived: Seconds since the epoch at which it came.
        told: Seconds since the epoch at which it was filmed, as the camera says, or None.
    """

    shown: TimedPicture
    stamp: float
    arrived: float
    told: float | None


def frames_of_network(where: Address, name: str, width: int | None, session: Session) -> Generator[Frame]:
    """Give a camera's frames, for ever."""
    hls = is_hls(where)
    clock = CameraClock(HLS_AHEAD) if hls else CameraClock()
    known = -1
    for index, (epoch, came) in enumerate(keep_connected(partial(_connect, where, width), session, PATIENCE)):
        if epoch != known:
            known = epoch
            clock.connected()
        moment = clock.time(came.stamp, came.arrived)
        yield Frame(
            cast("Pixels", came.shown.pixels),
            moment,
            came.shown.shape,
            name,
            index,
            came.arrived if hls else clock.captured(moment, came.arrived, came.told),
            epoch,
            came.shown.keyframe,
            came.shown.size,
        )


def _connect(where: Address, width: int | None) -> Generator[Arrival | None]:
    """Open a camera and give its pictures, and None about every second while none comes."""
    with open_network(where) as container:
        stream = video_in(container, where)
        # Of motion JPEG FFmpeg invents the timestamps, at 25 a second.
        invented = container.format.name in ("mpjpeg", "mjpeg")
        demux = Demux(stream, width)
        for packet in packets_of(container, stream, where):
            if packet is None:
                yield None
                continue
            arrived = time.time()
            for shown in demux.push(packet):
                stamp = to_seconds(shown.pts)
                began = container.start_time_realtime
                told = None if began is None or invented else to_seconds(began) + stamp
                yield Arrival(shown, arrived if invented else stamp, arrived, told)


def packets_of(container: InputContainer, stream: VideoStream, where: Address) -> Generator[Packet[VideoStream] | None]:
    """Give a camera's packets, and None about every second while none comes; end where they end.

    Only RTSP can be read on after a time-out; over HTTP a silence of `HTTP_SECONDS`, or of
    `HLS_SECONDS`, is the end of a connection.

    Raises:
        SourceError: If the camera is lost.
    """
    packets, asked = container.demux(stream), time.monotonic()
    while True:
        try:
            packet = next(packets, None)
        except (ExitError, AvTimeout):
            silent, asked = time.monotonic() - asked, time.monotonic()
            if where.kind != "rtsp" or silent < READ_SECONDS / 2:
                raise SourceTimeoutError(f"{where.safe} sends nothing any more", where.safe) from None
            yield None
            packets = container.demux(stream)  # a time-out ended the iterator, not the stream
            continue
        except FFmpegError as error:
            raise _lost(where, error) from None
        if packet is None:
            return
        yield packet
        asked = time.monotonic()


def open_network(where: Address) -> InputContainer:
    """Open an address, RTSP over TCP first, and over UDP where that is refused.

    Raises:
        SourceError: If it cannot be opened; a subclass says why.
    """
    transports = ("tcp", "udp") if where.kind == "rtsp" else ("",)
    silence = _read_seconds(where)
    for transport in transports:
        options, began = _OPTIONS | _limits(transport, silence), time.monotonic()
        try:
            # PyAV's own time-out takes the interpreter's lock at each of FFmpeg's waits: fifty cameras filled a core.
            return open_container(where.target, options=options, timeout=(OPEN_SECONDS, None))
        except FFmpegError as error:
            if error.errno == errno.EPROTONOSUPPORT and transport != transports[-1]:
                continue
            longest = min(OPEN_SECONDS, silence)
            if time.monotonic() - began >= longest:  # FFmpeg calls a silent RTSP server invalid data
                raise SourceTimeoutError(f"{where.safe} did not answer within {longest:g} s", where.safe) from None
            unknown = no_such_host(where) if error.errno == errno.EIO else None
            raise unknown or _lost(where, error) from None
    raise AssertionError("the last transport either opens or fails")


def _limits(transport: str, silence: float) -> dict[str, str]:
    """Give FFmpeg's options for how a source is reached, and how long it may be silent."""
    limit = str(to_ticks(silence))
    return {"rtsp_transport": transport, "timeout": limit} if transport else {"rw_timeout": limit}


def _read_seconds(where: Address) -> float:
    if where.kind == "rtsp":
        return READ_SECONDS
    return HLS_SECONDS if is_hls(where) else HTTP_SECONDS


def is_hls(where: Address) -> bool:
    """Whether an address is that of a playlist."""
    return ".m3u8" in where.target


def video_in(container: InputContainer, where: Address) -> VideoStream:
    """Give the first video that is sent.

    Raises:
        NoVideoError: If there is none.
    """
    if not container.streams.video:
        raise NoVideoError(f"{where.safe} sends no video", where.safe)
    return container.streams.video[0]


def _lost(where: Address, error: FFmpegError) -> SourceError:
    """Give our error for FFmpeg's, whose own text may hold the address with its password."""
    for theirs, ours, says in _REASONS:
        if isinstance(error, theirs):
            return ours(f"{where.safe} {says}", where.safe)
    return SourceError(f"{where.safe} cannot be read: {error.strerror}", where.safe)


_REASONS = (
    (AvRefused, SourceRefusedError, "refuses the connection"),
    (HTTPUnauthorizedError, SourceUnauthorizedError, "wants another user name or password"),
    (HTTPForbiddenError, SourceUnauthorizedError, "forbids this user to look"),
    (HTTPNotFoundError, SourceNotFoundError, "does not know this path"),
    (InvalidDataError, NoVideoError, "sends nothing that is video"),
)
