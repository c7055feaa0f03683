"""H.264 in MP4, in memory: pictures to bytes and back.

The encoder is x264 in PyAV's wheels (GPL); a list of JPEGs (`rxvlm.media.jpeg`) is the
way without it.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import cast

import av
from av import Packet as AvPacket
from av import VideoCodecContext, VideoFrame, VideoStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import PictureType
from av.video.reformatter import ColorRange

from rxvlm.errors import DecodeError, EncodeError
from rxvlm.media.codec import Packet
from rxvlm.media.picture import fitted
from rxvlm.ticks import TICKS_PER_SECOND

_CLOCK = 90_000
_TICK = Fraction(1, TICKS_PER_SECOND)
_AT_ONCE = 2**20  # bytes written to memory at once: FFmpeg's default of 32 kB takes twice as long
_HEADER_BYTES = 4096  # of an MP4's index, besides what grows with its frames
_FRAME_BYTES = 48  # of the index, for each frame
_LONGEST = 3600  # seconds that a picture may be presented: the duration fields of an MP4 have a limit
_SMALLEST = 2
_COLOURS = "colorspace", "color_primaries", "color_trc"
_SWSCALES_OWN = 6  # SMPTE 170M: how swscale converts RGB to YUV
_PLAIN = "aq-mode=0:subme=0:scenecut=0:analyse=none:weightp=0:me=dia:merange=4"
"""Only the cheap tools of the preset superfast. The others do not pay off if frames are a second apart: no motion
search finds again what moved. The quantiser is constant, so the rate control of x264, which uneven frame times would
mislead, has nothing to do."""

QP = 24
"""Default quantiser: keeps the detail that a model can see, and equals OpenCV's mp4v in half the bytes."""


class Mp4Writer:
    """An MP4 that is written picture by picture, with true timing; it holds back one picture at most.

    Args:
        size: (width, height) in pixels, both even: see `even_size`.
        qp: Quantiser of x264, 1 (best) to 51 (coarsest); see `QP`.
        most: Maximum number of pictures; space for the index is reserved accordingly.

    Raises:
        EncodeError: If x264 fails.
    """

    def __init__(self, size: tuple[int, int], qp: int = QP, most: int = 1000) -> None:
        self._size = size
        self._file = io.BytesIO()
        self._held: list[AvPacket[VideoStream]] = []
        self._began: float | None = None
        self._tick = self._count = 0
        with _encode_errors(size):
            room = str(_HEADER_BYTES + _FRAME_BYTES * most)
            self._container = av.open(self._file, "w", format="mp4", options={"moov_size": room})
            self._stream = _stream(self._container, size, qp)

    def add(self, time: float, picture: VideoFrame) -> None:
        """Scale a picture to the size of the video, and add it.

        Args:
            time: Time in seconds; that of the first picture becomes 0. Equal times are moved apart by 1/90000 s.
            picture: The decoded picture.

        Raises:
            EncodeError: If x264 fails.
        """
        if self._began is None:
            self._began = time
        tick = max(self._tick + 1, round((time - self._began) * _CLOCK)) if self._count else 0
        made = _fit(picture, self._size, tick)
        if not self._count:
            _set_colours(self._stream.codec_context, made, picture)
        with _encode_errors(self._size):
            packets = _packets(self._stream, made)
            self._mux(tick - self._tick)
        self._held, self._tick, self._count = packets, tick, self._count + 1

    def finish(self, end: float | None = None) -> bytes:
        """Finish the file and return it.

        Args:
            end: Time in seconds at which the last picture ends; None: it lasts as long as the others on average.

        Returns:
            An MP4 with its index first, H.264 yuv420p, which browsers and model servers can play.

        Raises:
            EncodeError: If x264 fails, or there is no picture.
        """
        if self._began is None:
            raise EncodeError("a video has at least one picture")
        rest = self._tick / max(1, self._count - 1) if end is None else (end - self._began) * _CLOCK - self._tick
        with _encode_errors(self._size):
            self._held += _packets(self._stream, None)
            self._mux(min(_LONGEST * _CLOCK, max(1, round(rest or _CLOCK))))
            self._container.close()
        return self._file.getvalue()

    def _mux(self, gap: int) -> None:
        for packet in self._held:
            packet.duration = gap
        self._container.mux(self._held)  # pyright: ignore[reportUnknownMemberType] - as below


def encode(
    shown: Iterable[tuple[float, VideoFrame]],
    *,
    size: tuple[int, int],
    end: float | None = None,
    qp: int = QP,
    most: int = 1000,
) -> bytes:
    """Encode pictures with true timing as an MP4; see `Mp4Writer`.

    Args:
        shown: (seconds, picture), at least one, in order.
        size: (width, height) in pixels, both even.
        end: Time in seconds at which the last picture ends; None: it lasts as long as the others on average.
        qp: Quantiser of x264, 1 (best) to 51 (coarsest).
        most: Maximum number of pictures.

    Raises:
        EncodeError: If x264 fails.
    """
    writer = Mp4Writer(size, qp, most)
    for time, picture in shown:
        writer.add(time, picture)
    return writer.finish(end)


def remux(packets: Sequence[Packet], like: VideoStream, *, end: int | None = None) -> bytes:
    """Remux packets into an MP4 with true timing; nothing is decoded.

    Args:
        packets: H.264, in decoding order, the first a key frame. The earliest pts becomes 0.
        like: A stream with the parameters of the packets: `Codec.like`.
        end: Time in ticks (microseconds) at which the last picture ends; None: it lasts as long as the others do.

    Returns:
        An MP4 with its index first.

    Raises:
        EncodeError: If FFmpeg does not accept the packets.
    """
    file = io.BytesIO()
    room = str(_HEADER_BYTES + _FRAME_BYTES * len(packets))
    moments, shown = _distinct_pts(packets)
    late = max(at - moment for at, moment in zip(shown, moments, strict=True))  # decoded before it is presented
    rest = end - shown[-1] if end else (shown[-1] - shown[0]) // max(1, len(shown) - 1)
    ends = dict(zip(shown, [*shown[1:], shown[-1] + min(max(rest, 1), _LONGEST * TICKS_PER_SECOND)], strict=True))
    try:
        with av.open(file, "w", format="mp4", options={"moov_size": room}, buffer_size=_AT_ONCE) as container:
            stream = container.add_stream_from_template(like, opaque=True)  # pyright: ignore[reportUnknownMemberType] - as below
            stream.time_base = _TICK
            for sent, moment, packet in zip(shown, moments, packets, strict=True):
                made = AvPacket(packet.data)  # without zeros behind it, which only decoders read
                made.stream, made.time_base, made.is_keyframe = stream, _TICK, packet.keyframe
                made.pts, made.dts = moment - shown[0], sent - late - shown[0]
                made.duration = ends[moment] - moment
                container.mux(made)  # pyright: ignore[reportUnknownMemberType] - as below
    except FFmpegError as error:
        raise EncodeError(
            f"{len(packets)} packets of {like.codec_context.name} cannot be put into an MP4: {error}"
        ) from error
    return file.getvalue()


def _distinct_pts(packets: Sequence[Packet]) -> tuple[list[int], list[int]]:
    """Return the pts of each packet, and all of them sorted; equal ones are moved apart by one tick each."""
    moments, shown = [0] * len(packets), list[int]()
    for at in sorted(range(len(packets)), key=lambda at: packets[at].pts):
        moments[at] = max(packets[at].pts, shown[-1] + 1) if shown else packets[at].pts
        shown.append(moments[at])
    return moments, shown


def decode(data: bytes) -> Iterator[VideoFrame]:
    """Decode the pictures of a video in memory, in presentation order, with their times.

    Raises:
        DecodeError: If the bytes are not a video.
    """
    try:
        with av.open(io.BytesIO(data), "r") as container:
            container.streams.video[0].codec_context.thread_count = 1  # more threads cost more than they save
            yield from container.decode(video=0)
    except (FFmpegError, IndexError) as error:
        raise DecodeError(f"{len(data)} bytes that should be a video cannot be decoded: {error}") from error


def even_size(width: int, height: int) -> tuple[int, int]:
    """Return the nearest (width, height) in pixels that H.264 yuv420p can have: even, at least 2."""
    return max(_SMALLEST, width - width % 2), max(_SMALLEST, height - height % 2)


def _stream(container: OutputContainer, size: tuple[int, int], qp: int) -> VideoStream:
    options = {"preset": "superfast", "tune": "zerolatency", "qp": str(qp), "x264-params": _PLAIN}
    stream = container.add_stream("libx264", options=options)  # pyright: ignore[reportUnknownMemberType] - as below
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 1
    stream.codec_context.time_base = stream.time_base = Fraction(1, _CLOCK)
    return stream


def _packets(stream: VideoStream, picture: VideoFrame | None) -> list[AvPacket[VideoStream]]:
    encoded = stream.encode(picture)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - PyAV's types leave a packet's stream open
    return cast("list[AvPacket[VideoStream]]", encoded)


def _fit(picture: VideoFrame, size: tuple[int, int], tick: int) -> VideoFrame:
    made = fitted(picture, size, "yuv420p")
    if made is picture:  # it has the right size and format already, and is shared: set the time on a copy
        made = VideoFrame.from_numpy_buffer(picture.to_ndarray(), "yuv420p", size[0])
        for name in _COLOURS:
            setattr(made, name, getattr(picture, name))
    made.pts, made.time_base = tick, Fraction(1, _CLOCK)
    made.pict_type = PictureType.NONE  # otherwise x264 would make key frames where the source has them
    return made


def _set_colours(context: VideoCodecContext, made: VideoFrame, picture: VideoFrame) -> None:
    """Store the colour space in the stream: players guess it by the size, wrongly if a picture was scaled down."""
    for name in _COLOURS:
        setattr(context, name, getattr(made, name))
    context.color_range = ColorRange.MPEG
    if picture.format.is_rgb:
        context.colorspace = _SWSCALES_OWN


@contextmanager
def _encode_errors(size: tuple[int, int]) -> Generator[None]:
    try:
        yield
    except FFmpegError as error:
        raise EncodeError(f"H.264 at {size[0]}x{size[1]} failed: {error}") from error
