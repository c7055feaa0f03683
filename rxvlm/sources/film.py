"""What has an end, from wherever it comes: played once, from its beginning, as fast as its frames are taken."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from itertools import chain
from typing import Final, TypeAlias, cast

import numpy as np
from av import Packet, VideoFrame, VideoStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from rxvlm.errors import NoVideoError, SourceBrokenError
from rxvlm.frame import Frame
from rxvlm.media.demux import Demux
from rxvlm.media.picture import Image, Made, Pixels
from rxvlm.media.timed_picture import TimedPicture
from rxvlm.sources.running.capture import Session
from rxvlm.ticks import to_seconds

_TRIED: Final = 1000  # packets that are decoded in search of a first picture
_CUT_SHORT: Final = 1.0  # seconds that must be missing at the end for a film to count as broken off
_TEXT: Final = ("tty",)  # FFmpeg opens any text file as a video of a terminal that shows it

Packets: TypeAlias = "Iterator[Packet[VideoStream]]"


def film_in(container: InputContainer, where: str) -> VideoStream:
    """Return the video stream of a container that is to be watched.

    Args:
        container: The open container; it is closed if there is no video in it.
        where: What to call it in an error, without secrets.

    Raises:
        NoVideoError: If there is none.
    """
    streams = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not streams or container.format.name in _TEXT:
        container.close()
        raise NoVideoError(f"{where} has no video in it", where)
    return streams[0]


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def frames_of_film(
    stream: VideoStream, where: str, *, name: str, width: int | None, session: Session
) -> Generator[Frame]:
    """Read a film's frames, in one pass: it need not be a file that can be read again.

    Args:
        stream: Its open stream, at its beginning; closing the container is up to the caller.
        where: What to call it in an error, without secrets.
        name: `Frame.source`.
        width: Largest width in pixels of pictures that are decoded as they arrive; None: their own.
        session: The session that it runs in.

    Raises:
        NoVideoError: If not one picture can be decoded.
        SourceBrokenError: If it ends too early.
    """
    demux = Demux(stream, width)
    packets = _packets(stream, where)
    tried, turns = _first_picture(packets, where)
    session.state("playing")
    first: int | None = None
    for index, shown in enumerate(_shown(demux, chain(tried, packets), stream, where)):
        first = shown.pts if first is None else first
        pixels = cast("Pixels", shown.pixels)
        yield Frame(
            Made(partial(_upright, pixels, turns)) if turns else pixels,
            to_seconds(shown.pts - first),
            (shown.shape[1], shown.shape[0], 3) if turns % 2 else shown.shape,
            name,
            index,
            keyframe=shown.keyframe,
            size=shown.size,
        )


def _upright(pixels: Pixels, turns: int) -> Image:
    """Rotate a picture counter-clockwise by a number of quarter turns."""
    return np.rot90(pixels.image(), turns)


def _first_picture(packets: Packets, where: str) -> tuple[list[Packet[VideoStream]], int]:
    """Decode up to the first picture.

    Returns:
        The packets that were read for it, and the quarter turns counter-clockwise that set it upright.

    Raises:
        NoVideoError: If not one picture can be decoded.
    """
    tried: list[Packet[VideoStream]] = []
    for packet in packets:
        tried.append(packet)
        if pictures := _decoded(packet):
            return tried, round(pictures[0].rotation / 90) % 4
        if len(tried) == _TRIED:
            break
    raise NoVideoError(f"{where} has a video in it, but not one picture can be decoded", where)


def _decoded(packet: Packet[VideoStream]) -> list[VideoFrame]:
    try:
        return packet.decode()
    except FFmpegError:  # damaged; the next packet may decode
        return []


def _shown(demux: Demux, packets: Packets, stream: VideoStream, where: str) -> Generator[TimedPicture]:
    end = 0
    try:
        for packet in packets:
            end = max(end, (packet.pts or 0) + (packet.duration or 0))
            yield from demux.push(packet)
    except SourceBrokenError:
        yield from demux.flush()
        raise
    yield from demux.flush()
    _check_length(stream, end - (stream.start_time or 0), where)


def _packets(stream: VideoStream, where: str) -> Generator[Packet[VideoStream]]:
    packets = cast("InputContainer", stream.container).demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (FFmpegError, LookupError, ValueError, OverflowError) as error:  # what PyAV raises for damaged films
            raise SourceBrokenError(f"{where} breaks off: {getattr(error, 'strerror', error)}", where) from error
        if packet is None:
            return
        yield packet


def _check_length(stream: VideoStream, end: int, where: str) -> None:
    """Raise if an MP4 was cut short: FFmpeg ends such a film as if it were complete."""
    if stream.duration is None or not stream.time_base or "mp4" not in stream.container.format.name:
        return
    there, promised = float(end * stream.time_base), float(stream.duration * stream.time_base)
    if there < promised - _CUT_SHORT:
        raise SourceBrokenError(f"{where} breaks off after {there:.1f} of {promised:.1f} s", where)
