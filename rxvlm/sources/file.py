"""Video files: they are only demuxed; a picture is decoded when its pixels are needed."""

from __future__ import annotations

import stat
from collections.abc import Generator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import cast

import numpy as np
from av import Packet, VideoFrame, VideoStream
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.stream import Disposition

from rxvlm.errors import NoVideoError, SourceBrokenError, SourceError, SourceNotFoundError
from rxvlm.frame import Frame
from rxvlm.media.demux import Demux
from rxvlm.media.picture import Image, Made, Pixels
from rxvlm.media.timed_picture import TimedPicture
from rxvlm.sources.opening import open_container
from rxvlm.sources.running.capture import Session
from rxvlm.ticks import to_seconds

_TRIED = 1000  # packets that are decoded in search of a first picture
_CUT_SHORT = 1.0  # seconds that must be missing at the end for a file to count as broken off
_TEXT = ("tty",)  # FFmpeg opens any text file as a video of a terminal that shows it


def frames_of_file(path: Path, name: str, width: int | None, session: Session) -> Generator[Frame]:
    """Read a file's frames, as fast as they are taken.

    Raises:
        SourceNotFoundError: If the path does not exist.
        NoVideoError: If it is not a file, is empty, or has no video in it.
        SourceError: If it cannot be read.
        SourceBrokenError: If the file ends too early.
    """
    turns = _turns(path)
    session.state("playing")
    first: int | None = None
    for index, shown in enumerate(_shown(path, width)):
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


def _check(path: Path) -> None:
    where = str(path)
    try:
        mode, size = path.stat().st_mode, path.stat().st_size
    except FileNotFoundError:
        raise SourceNotFoundError(f"{where} does not exist", where) from None
    except OSError as error:
        raise SourceError(f"{where} cannot be opened: {error.strerror}", where) from None
    if not stat.S_ISREG(mode):
        raise NoVideoError(f"{where} is no video file, but a folder, a pipe or a device", where)
    if not size:
        raise NoVideoError(f"{where} is empty", where)


def open_file(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a video file; return its container and its video stream.

    Raises:
        SourceError: If it cannot be read; a subclass says why.
    """
    _check(path)
    where = str(path)
    try:
        # Only files: a playlist in place of a video must not make FFmpeg connect to the network.
        container = open_container(f"file:{where}", options={"protocol_whitelist": "file,crypto,data"})
    except FFmpegError as error:
        raise _unreadable(where, error) from error
    except OSError as error:
        raise SourceError(f"{where} cannot be opened: {error.strerror}", where) from error
    streams = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not streams or container.format.name in _TEXT:
        container.close()
        raise NoVideoError(f"{where} has no video in it", where)
    return container, streams[0]


def _unreadable(where: str, error: FFmpegError) -> SourceError:
    hint = " (is it a video, and complete?)" if isinstance(error, InvalidDataError) else ""
    return SourceError(f"{where} cannot be read: {error.strerror}{hint}", where)


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def _turns(path: Path) -> int:
    """Decode a first picture, and return the quarter turns counter-clockwise that set it upright.

    Raises:
        NoVideoError: If not one picture can be decoded.
    """
    container, stream = open_file(path)
    with container:
        packets = islice(_packets(path, container, stream), _TRIED)
        picture = next((picture for packet in packets for picture in _decoded(packet)), None)
    if picture is None:
        raise NoVideoError(f"{path} has a video in it, but not one picture can be decoded", str(path))
    return round(picture.rotation / 90) % 4


def _decoded(packet: Packet[VideoStream]) -> list[VideoFrame]:
    try:
        return packet.decode()
    except FFmpegError:  # damaged; the next packet may decode
        return []


def _shown(path: Path, width: int | None) -> Generator[TimedPicture]:
    container, stream = open_file(path)
    with container:
        demux = Demux(stream, width)
        end = 0
        try:
            for packet in _packets(path, container, stream):
                end = max(end, (packet.pts or 0) + (packet.duration or 0))
                yield from demux.push(packet)
        except SourceBrokenError:
            yield from demux.flush()
            raise
        yield from demux.flush()
        _check_length(path, stream, end - (stream.start_time or 0))


def _packets(path: Path, container: InputContainer, stream: VideoStream) -> Generator[Packet[VideoStream]]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (FFmpegError, LookupError, ValueError, OverflowError) as error:  # what PyAV raises for damaged files
            raise SourceBrokenError(f"{path} breaks off: {getattr(error, 'strerror', error)}", str(path)) from error
        if packet is None:
            return
        yield packet


def _check_length(path: Path, stream: VideoStream, end: int) -> None:
    """Raise if an MP4 was cut short: FFmpeg ends such a file as if it were complete."""
    if stream.duration is None or not stream.time_base or "mp4" not in stream.container.format.name:
        return
    there, promised = float(end * stream.time_base), float(stream.duration * stream.time_base)
    if there < promised - _CUT_SHORT:
        raise SourceBrokenError(f"{path} breaks off after {there:.1f} of {promised:.1f} s", str(path))
