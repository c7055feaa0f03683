"""Films from any source: played once, from the beginning, as fast as their frames are taken."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import chain
from typing import Final, TypeAlias, cast

from av import Packet, VideoFrame, VideoStream
from av.container import InputContainer
from av.error import FFmpegError

from rxvlm.errors import NoVideoError, SourceBrokenError
from rxvlm.frame import Frame, make_frame
from rxvlm.media.demux import Demux
from rxvlm.media.orientation import Orientation, Upright, orientation_of
from rxvlm.media.packets import Lazy
from rxvlm.media.picture import Pixels
from rxvlm.media.timed_picture import TimedPicture
from rxvlm.sources.contents import best_stream, known_seconds, promised_seconds
from rxvlm.sources.gaps import Teller
from rxvlm.sources.running.capture import Session
from rxvlm.ticks import to_seconds

_TRIED: Final = 1000  # packets that are decoded in search of a first picture
_CUT_SHORT: Final = 1.0  # seconds that must be missing at the end for a film to count as broken off
_JOINED: Final = ("mpegts", "mpeg", "hls")  # formats in which recordings are joined by writing one after the other
_LONGEST_GAP: Final = 60.0  # seconds without a picture that are believed of such a recording
_ROUGHLY: Final = {"skip_loop_filter": "all"}  # of the first picture, which only shows that there is one, and its turn
_TEXT: Final = ("tty",)  # FFmpeg opens any text file as a video of a terminal that shows it

Packets: TypeAlias = "Iterator[Packet[VideoStream]]"


def film_in(container: InputContainer, where: str) -> VideoStream:
    """Return the video stream of a container.

    Args:
        container: The open container; it is closed if there is no video in it.
        where: What to call it in an error, without secrets.

    Raises:
        NoVideoError: If there is none.
    """
    stream = best_stream(container)
    if stream is None or container.format.name in _TEXT:
        container.close()
        raise NoVideoError(f"{where} has no video in it", where)
    return stream


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
    demux = Demux(stream, width, session.damage, longest_gap=_longest_gap(stream))
    packets = packets_of_film(stream, where)
    stream.codec_context.options, stream.codec_context.thread_count = _ROUGHLY, 1
    tried, orientation = first_picture(packets, where)
    session.lasts(known_seconds(stream))
    session.state("playing")
    first, is_upright = None, not orientation
    for index, shown in enumerate(_shown(demux, chain(tried, packets), stream, where)):
        first = shown.pts if first is None else first
        pixels, shape, aspect = cast("Pixels", shown.pixels), shown.shape, shown.aspect
        if not is_upright:
            pixels, shape = Upright(pixels, orientation), (*orientation.size(shape[:2]), 3)
            aspect = 1 / aspect if orientation.is_transposed else aspect
        time = to_seconds(shown.pts - first)
        yield make_frame(pixels, time, shape, name, index, None, 0, shown.keyframe, shown.size, aspect)


def first_picture(packets: Packets, where: str) -> tuple[list[Packet[VideoStream]], Orientation]:
    """Decode up to the first picture.

    Returns:
        The packets that were read for it, and how its pictures are put upright.

    Raises:
        NoVideoError: If not one picture can be decoded.
    """
    tried: list[Packet[VideoStream]] = []
    for packet in packets:
        tried.append(packet)
        if pictures := _decoded(packet):
            return tried, orientation_of(pictures[0])
        if len(tried) == _TRIED:
            break
    raise NoVideoError(f"{where} has a video in it, but not one picture can be decoded", where)


def _decoded(packet: Packet[VideoStream]) -> list[VideoFrame]:
    try:
        return packet.decode()
    except FFmpegError:  # damaged; the next packet may decode
        return []


def _longest_gap(stream: VideoStream) -> float | None:
    """Return the seconds by which timestamps may leap ahead: recordings in these formats are often joined."""
    return _LONGEST_GAP if stream.container.format.name in _JOINED else None


def _shown(demux: Demux, packets: Packets, stream: VideoStream, where: str) -> Generator[TimedPicture]:
    """Yield the pictures of a film; say where its clock was set, and where pictures are missing.

    A last picture that is damaged is left out: a recording that is cut, or still being written, ends with one.
    """
    teller, last = Teller(where), None
    end = 0
    broken: SourceBrokenError | None = None
    try:
        for packet in packets:
            end = max(end, (packet.pts or packet.dts or 0) + (packet.duration or 0))
            for shown in demux.push(packet):
                teller.tell(shown.pts, demux.seams)
                if last is not None:
                    yield last
                last = shown
    except SourceBrokenError as error:
        broken = error
    for shown in demux.flush():
        teller.tell(shown.pts, demux.seams)
        if last is not None:
            yield last
        last = shown
    broken = broken or _cut_short(stream, end - (stream.start_time or 0), where)
    if last is not None and ((broken is None and promised_seconds(stream) is not None) or _is_whole(last.pixels)):
        yield last
    if broken is not None:
        raise broken


def _is_whole(pixels: Pixels | None) -> bool:
    return not isinstance(pixels, Lazy) or pixels.is_whole


def packets_of_film(stream: VideoStream, where: str) -> Generator[Packet[VideoStream]]:
    """Yield the packets of a film.

    Raises:
        SourceBrokenError: If it cannot be read on.
    """
    try:
        yield from cast("InputContainer", stream.container).demux(stream)
    except (FFmpegError, LookupError, ValueError, OverflowError) as error:  # what PyAV raises for damaged films
        raise SourceBrokenError(f"{where} breaks off: {getattr(error, 'strerror', error)}", where) from error


def _cut_short(stream: VideoStream, end: int, where: str) -> SourceBrokenError | None:
    """Return the error for a film that is shorter than its container promised: FFmpeg does not notice."""
    promised = promised_seconds(stream)
    if promised is None or not stream.time_base:
        return None
    there = float(end * stream.time_base)
    if there < promised - _CUT_SHORT:
        return SourceBrokenError(f"{where} breaks off after {there:.1f} of {promised:.1f} s", where)
    return None
