"""Cameras on the network that FFmpeg connects to; they are only demuxed, like files."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Generator, Mapping
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
from rxvlm.sources.contents import best_stream
from rxvlm.sources.opening import attempt, open_container
from rxvlm.sources.running.arrivals import Arrival, by_the_clock, frames_of_arrivals
from rxvlm.sources.running.capture import Session
from rxvlm.sources.running.clock import CameraClock
from rxvlm.sources.running.host import no_such_host
from rxvlm.sources.running.reconnect import Connect, Nothing, Patience
from rxvlm.ticks import to_seconds, to_ticks
from rxvlm.uri import Address

OPEN_SECONDS = 5.0
READ_SECONDS = (
    2.5  # of RTSP, for a reply and for data; at the first time-out the demuxer delivers the picture that it holds back
)
PATIENCE = Patience()
LOOK_SECONDS = 1.0  # between two looks at the end and at the patience while no picture comes
HTTP_SECONDS = 5.0
HLS_SECONDS = 15.0  # HLS comes in bursts, one segment at a time
HLS_AHEAD = 60.0  # seconds of segments that a playlist may offer at the start
_UNTIMED = ("mpjpeg", "mjpeg")  # FFmpeg invents timestamps for motion JPEG, at 25 frames a second
_OPTIONS = {
    "analyzeduration": "500000",  # microseconds for detecting the streams; FFmpeg's default of 5 s is long
}


def frames_of_network(where: Address, name: str, width: int | None, session: Session) -> Generator[Frame]:
    """Read a camera's frames until it is stopped, over all its connections."""
    return frames_of_stream(partial(connect, where, width, on_damage=session.damage), name, session)


def frames_of_stream(
    connect: Connect[Arrival], name: str, session: Session, *, bursts: bool = False
) -> Generator[Frame]:
    """Read the frames of a camera that FFmpeg connects to.

    Args:
        connect: Opens it.
        name: `Frame.source`.
        session: The session that it runs in.
        bursts: Whether it sends segments of a playlist, each at once.
    """
    clock, dated = (CameraClock(HLS_AHEAD), None) if bursts else (CameraClock(), by_the_clock)
    return frames_of_arrivals(connect, name, session, patience=PATIENCE, clock=clock, dated=dated)


def connect(
    where: Address, width: int | None, *, silence: float | None = None, on_damage: Callable[[], None] | None = None
) -> Generator[Arrival | Nothing]:
    """Open a camera and yield its pictures, and about every second what is missing while there is none.

    Args:
        where: Its address.
        width: Largest width in pixels of pictures that are decoded as they arrive; None: their own.
        silence: Seconds after which FFmpeg reports that nothing comes; None: the usual of its kind.
        on_damage: Called for each picture that turns out to be damaged when it is decoded, by any thread.

    Raises:
        SourceError: If it cannot be opened, or is lost; a subclass says why.
    """
    with open_network(where, silence=silence) as container:
        stream = video_in(container, where)
        demux = Demux(stream, width, on_damage)
        missing, told = Nothing.KEYFRAME, time.monotonic()
        is_timed = container.format.name not in _UNTIMED
        for packet in packets_of(container, stream, where):
            if packet is None:
                yield Nothing.PICTURE
                continue
            arrived = time.time()
            for shown in demux.push(packet):
                missing, told = Nothing.PICTURE, time.monotonic()
                yield _arrival(shown, arrived, container.start_time_realtime, is_timed=is_timed)
            if time.monotonic() - told >= LOOK_SECONDS:
                told = time.monotonic()
                yield missing


def _arrival(shown: TimedPicture, arrived: float, began: int | None, *, is_timed: bool) -> Arrival:
    """Return a picture with its times; ``began`` is the stream's start in ticks, by the camera's own clock."""
    pixels = cast("Pixels", shown.pixels)
    if not is_timed:
        return Arrival(pixels, shown.shape, arrived, size=shown.size, sample_aspect=shown.aspect)
    stamp = to_seconds(shown.pts)
    camera_time = None if began is None else to_seconds(began) + stamp
    return Arrival(pixels, shown.shape, arrived, stamp, shown.keyframe, shown.size, camera_time, shown.aspect)


def packets_of(container: InputContainer, stream: VideoStream, where: Address) -> Generator[Packet[VideoStream] | None]:
    """Yield the packets of a camera's video until they end; yield None about every second while none arrives.

    Only RTSP can be read further after a time-out. Over HTTP a connection is lost after a silence of
    `HTTP_SECONDS`, or of `HLS_SECONDS`.

    Raises:
        SourceError: If the connection is lost.
    """
    # All streams: a camera that sends sound and no pictures must not be waited for inside FFmpeg.
    packets = container.demux()
    asked = told = time.monotonic()
    while True:
        packet = attempt(partial(next, packets, None))
        if isinstance(packet, (ExitError, AvTimeout)):
            silent, asked = time.monotonic() - asked, time.monotonic()
            if where.kind != "rtsp" or silent < READ_SECONDS / 2:
                raise SourceTimeoutError(f"{where.safe} sends nothing any more", where.safe)
            yield None
            packets = container.demux()  # the time-out has ended the iterator, but not the stream
            continue
        if isinstance(packet, FFmpegError):
            raise _lost(where, packet)
        if packet is None:
            return
        asked = time.monotonic()
        if packet.stream_index == stream.index:
            told = asked
            yield cast("Packet[VideoStream]", packet)
        elif asked - told >= LOOK_SECONDS:
            told = asked
            yield None


def open_network(
    where: Address, *, silence: float | None = None, options: Mapping[str, str] | None = None
) -> InputContainer:
    """Open an address: RTSP over TCP, or over UDP if the camera refuses TCP.

    Args:
        where: The address.
        silence: Seconds after which FFmpeg reports that nothing comes; None: the usual of its kind.
        options: Further ones of FFmpeg's.

    Raises:
        SourceError: If it cannot be opened; a subclass says why.
    """
    transports = ("tcp", "udp") if where.kind == "rtsp" else ("",)
    silence = silence or _read_seconds(where)
    for transport in transports:
        given, began = _OPTIONS | _limits(where, transport, silence) | dict(options or {}), time.monotonic()
        # PyAV's read time-out takes the GIL each time that FFmpeg polls: with fifty cameras that took a whole core.
        limits = OPEN_SECONDS, silence if where.kind == "rtmp" else None  # FFmpeg has no time-out of its own for RTMP
        opened = attempt(partial(open_container, where.target, options=given, timeout=limits))
        if not isinstance(opened, FFmpegError):
            return opened
        if opened.errno == errno.EPROTONOSUPPORT and transport != transports[-1]:
            continue
        longest = min(OPEN_SECONDS, silence)
        if time.monotonic() - began >= longest:  # FFmpeg reports a silent RTSP server as invalid data
            raise SourceTimeoutError(f"{where.safe} did not answer within {longest:g} s", where.safe)
        unknown = no_such_host(where) if opened.errno == errno.EIO else None
        raise unknown or _lost(where, opened)
    raise AssertionError("the last transport either opens or fails")


def _limits(where: Address, transport: str, silence: float) -> dict[str, str]:
    """Return FFmpeg's options for the transport and the longest silence."""
    limit = str(to_ticks(silence))
    return {
        # Cameras have certificates of their own making; FFmpeg 9 verifies them by default, 8 did not.
        "rtsp": {"rtsp_transport": transport, "timeout": limit, "tls_verify": "0"},
        "http": {"rw_timeout": limit, "tls_verify": "0"},
        "udp": {"timeout": limit, "overrun_nonfatal": "1"},  # a full queue loses packets, and not the camera
    }.get(where.kind, {})


def _read_seconds(where: Address) -> float:
    if where.kind == "rtsp":
        return READ_SECONDS
    return HLS_SECONDS if is_hls(where) else HTTP_SECONDS


def is_hls(where: Address) -> bool:
    """Return whether an address is an HLS playlist."""
    return ".m3u8" in where.target


def video_in(container: InputContainer, where: Address) -> VideoStream:
    """Return the best video stream of a container.

    Raises:
        NoVideoError: If there is none.
    """
    stream = best_stream(container)
    if stream is None:
        raise NoVideoError(f"{where.safe} sends no video", where.safe)
    return stream


def _lost(where: Address, error: FFmpegError) -> SourceError:
    """Return our error for an error of FFmpeg's, whose text may hold the address with its password."""
    for theirs, ours, message in _ERRORS:
        if isinstance(error, theirs):
            return ours(f"{where.safe} {message}", where.safe)
    return SourceError(f"{where.safe} cannot be read: {error.strerror}", where.safe)


_ERRORS = (
    (AvRefused, SourceRefusedError, "refuses the connection"),
    (HTTPUnauthorizedError, SourceUnauthorizedError, "wants another user name or password"),
    (HTTPForbiddenError, SourceUnauthorizedError, "forbids this user to look"),
    (HTTPNotFoundError, SourceNotFoundError, "does not know this path"),
    (InvalidDataError, NoVideoError, "sends nothing that is video"),
)
