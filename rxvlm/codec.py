"""Codec: how the packets of one stream are decoded, and what is kept of it for a while."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from dataclasses import dataclass
from itertools import count
from typing import cast

import av
from av import CodecContext, VideoCodecContext, VideoFrame, VideoStream
from av import Packet as AvPacket
from av.error import FFmpegError

CACHE_BYTES = 32 * 2**20
PARKED_DECODERS = 2

_COPIED = (
    "extradata", "codec_tag", "width", "height", "pix_fmt", "bits_per_coded_sample",
    "color_range", "colorspace", "color_primaries", "color_trc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Packet:
    """One compressed picture.

    Attributes:
        data: Its bytes.
        pts: When it is shown, in microseconds of the stream's own time.
        keyframe: Whether its container calls it a key frame.
    """

    data: bytes
    pts: int
    keyframe: bool


class Codec:
    """What the groups of one stream share: how to make a decoder, and a few decoded pictures.

    Decoded pictures are kept up to `CACHE_BYTES`, decoders that stand in the middle
    of a group up to `PARKED_DECODERS`; both forget what was used longest ago. A decoder
    that nobody goes on with begins anew elsewhere: to make one costs as much as a tenth of a key frame.
    """

    def __init__(self, stream: VideoStream) -> None:
        given = stream.codec_context
        self.name = given.name
        self.like = _copied(stream) if self.name == "h264" else None  # of which packets alone make a clip
        self._codec = given.codec
        self._settings = {name: getattr(given, name) for name in _COPIED}
        self._lock = threading.Lock()
        self._numbers = count()
        self._pictures: OrderedDict[tuple[int, int], VideoFrame] = OrderedDict()
        self._bytes = 0
        self._parked: OrderedDict[tuple[int, bool], Cursor] = OrderedDict()
        self._spare: list[VideoCodecContext] = []

    def number(self) -> int:
        """Give the next group its number."""
        return next(self._numbers)

    def decoder(self) -> VideoCodecContext:
        """Give a decoder with the stream's own parameters, on one thread, that has decoded nothing."""
        with self._lock:
            spare = self._spare.pop() if self._spare else None
        if spare is None:
            return self._new()
        spare.flush_buffers()
        return spare

    def leave(self, cursor: Cursor) -> None:
        """Take a decoder that has come to the end of its packets."""
        with self._lock:
            self._put_by(cursor)

    def _put_by(self, cursor: Cursor) -> None:
        if len(self._spare) < PARKED_DECODERS:
            self._spare.append(cursor.decoder)

    def _new(self) -> VideoCodecContext:
        made = cast("VideoCodecContext", CodecContext.create(self._codec, "r"))
        if self._settings["extradata"]:
            made.extradata = self._settings["extradata"] + bytes(64)  # leaves zeros behind it
        for name, value in self._settings.items():
            setattr(made, name, value)
        made.thread_count = 1
        return made

    def kept(self, key: tuple[int, int]) -> VideoFrame | None:
        """Give a picture that was decoded a moment ago, if it is still there."""
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
            return self._pictures.get(key)

    def keep(self, key: tuple[int, int], picture: VideoFrame) -> None:
        """Remember a decoded picture for a while."""
        with self._lock:
            if key in self._pictures:
                return
            self._pictures[key] = picture
            self._bytes += _size(picture)
            while self._bytes > CACHE_BYTES and len(self._pictures) > 1:
                self._bytes -= _size(self._pictures.popitem(last=False)[1])

    def park(self, key: tuple[int, bool], cursor: Cursor) -> None:
        """Keep a decoder that can go on with its group."""
        with self._lock:
            self._parked[key] = cursor
            if len(self._parked) > PARKED_DECODERS:
                self._put_by(self._parked.popitem(last=False)[1])

    def unpark(self, key: tuple[int, bool]) -> Cursor | None:
        """Take a group's decoder back, if it is still there."""
        with self._lock:
            return self._parked.pop(key, None)


class Cursor:
    """A decoder on its way through packets; it numbers pictures by the packet they came in."""

    def __init__(self, decoder: VideoCodecContext, offset: int = 0) -> None:
        self.decoder = decoder
        self._given: set[int] = set()
        self.fed = offset

    def passed(self, number: int) -> bool:
        """Whether a picture has come out already, so that only a fresh start gives it again."""
        return number in self._given

    def feed(self, packet: Packet | None) -> list[tuple[int, VideoFrame]]:
        """Decode one packet more, None for the end; a broken packet gives nothing."""
        made = None
        if packet is not None:
            # Made by its size, a packet ends in the zeros that decoders read beyond its
            # data; made of bytes it ends in whatever lies there, and B-frames go wrong.
            made = AvPacket(len(packet.data))
            made.update(packet.data)
            made.pts = self.fed
            made.is_keyframe = packet.keyframe
            self.fed += 1
        try:
            decoded = self.decoder.decode(made)  # pyright: ignore[reportUnknownMemberType] - PyAV's types leave a packet's stream open
        except FFmpegError:
            return []
        pictures = [(cast("int", picture.pts), picture) for picture in decoded]
        self._given.update(number for number, _ in pictures)
        return pictures


def _copied(stream: VideoStream) -> VideoStream:
    """Give a stream of the same parameters that outlives its container: it belongs to one that is never written."""
    never = av.open(io.BytesIO(), "w", format="mp4")
    return never.add_stream_from_template(stream, opaque=True)  # pyright: ignore[reportUnknownMemberType] - PyAV leaves its keywords open


def _size(picture: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in picture.planes)
