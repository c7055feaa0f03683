"""Compressed pictures and their groups, copied out of the demuxer, and their decoder.

A frame of a file or a camera holds no pixels. It points into a `Group`: the
packets from one key frame to the next, which is what a decoder needs to make any
picture of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import cast

from av import CodecContext, VideoCodecContext, VideoFrame, VideoStream
from av import Packet as AvPacket
from av.error import FFmpegError

from rxvlm.errors import DecodeError
from rxvlm.picture import Image, bgr

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
        pts: When it is shown, in units of the stream's time base.
        keyframe: Whether its container calls it a key frame.
    """

    data: bytes
    pts: int
    keyframe: bool


class Codec:
    """What the groups of one stream share: how to make a decoder, and a few decoded pictures.

    Decoded pictures are kept up to `CACHE_BYTES`, decoders that stand in the middle
    of a group up to `PARKED_DECODERS`; both forget what was used longest ago.
    """

    def __init__(self, stream: VideoStream) -> None:
        given = stream.codec_context
        self._codec = given.codec
        self._settings = {name: getattr(given, name) for name in _COPIED}
        self._lock = threading.Lock()
        self._numbers = count()
        self._pictures: OrderedDict[tuple[int, int], VideoFrame] = OrderedDict()
        self._bytes = 0
        self._parked: OrderedDict[tuple[int, bool], Cursor] = OrderedDict()

    def number(self) -> int:
        """Give the next group its number."""
        return next(self._numbers)

    def decoder(self) -> VideoCodecContext:
        """Make a decoder with the stream's own parameters, on one thread."""
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
                self._parked.popitem(last=False)

    def unpark(self, key: tuple[int, bool]) -> Cursor | None:
        """Take a group's decoder back, if it is still there."""
        with self._lock:
            return self._parked.pop(key, None)


class Cursor:
    """A decoder on its way through packets; it numbers pictures by the packet they came in."""

    def __init__(self, decoder: VideoCodecContext, offset: int = 0) -> None:
        self._decoder = decoder
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
            decoded = self._decoder.decode(made)  # pyright: ignore[reportUnknownMemberType] - PyAV's types leave a packet's stream open
        except FFmpegError:
            return []
        pictures = [(cast("int", picture.pts), picture) for picture in decoded]
        self._given.update(number for number, _ in pictures)
        return pictures


class Group:
    """The packets from one key frame up to the next, and how to make their pictures.

    It grows while its stream is read, and may be decoded meanwhile. Pictures that
    are shown before the key frame but sent after it (an open group) need the
    packets of the group before; those are kept, and no more than those.
    """

    def __init__(self, codec: Codec, before: Sequence[Packet] = ()) -> None:
        self._codec = codec
        self._number = codec.number()
        self._before = tuple(before)
        self._lock = threading.Lock()
        self.packets: list[Packet] = []
        self.bytes = 0
        self._leading = 0

    def append(self, packet: Packet) -> Lazy:
        """Add the next packet, in decoding order, and give its picture."""
        at = len(self.packets)
        if at and packet.pts < self.packets[0].pts:
            self._leading = at
        elif at > self._leading == 0:
            self._before = ()
        self.packets.append(packet)
        self.bytes += len(packet.data)
        return Lazy(self, at)

    def decode(self, at: int) -> VideoFrame:
        """Decode the picture of the packet at a position.

        Reading forward goes on where the last reading ended; reading back starts
        at the key frame again.

        Raises:
            DecodeError: If the packets do not give that picture.
        """
        key = (self._number, at)
        with self._lock:
            picture = self._codec.kept(key) or self._run(at)
        if picture is None:
            raise DecodeError(f"picture {at} of its group of {len(self.packets)} cannot be decoded")
        return picture

    def _run(self, at: int) -> VideoFrame | None:
        leading = 0 < at <= self._leading
        before = self._before if leading else ()
        name = (self._number, leading)
        cursor = self._codec.unpark(name)
        if cursor is None or cursor.passed(at):
            cursor = Cursor(self._codec.decoder(), -len(before))
        found: VideoFrame | None = None
        packets = len(self.packets)
        while found is None and cursor.fed < packets:
            if not leading and 0 < cursor.fed <= self._leading:
                cursor.fed = self._leading + 1  # without the group before they would be broken
                continue
            packet = before[cursor.fed] if cursor.fed < 0 else self.packets[cursor.fed]
            found = self._take(cursor.feed(packet), at, leading=leading)
        if found is not None:
            self._codec.park(name, cursor)
            return found
        return self._take(cursor.feed(None), at, leading=leading)

    def _take(self, pictures: list[tuple[int, VideoFrame]], at: int, *, leading: bool) -> VideoFrame | None:
        found = None
        for number, picture in pictures:
            if number >= 0 and (leading or not 0 < number <= self._leading):
                self._codec.keep((self._number, number), picture)
            if number == at:
                found = picture
        return found


class Lazy:
    """The pixels of one packet of a group, decoded when somebody looks."""

    __slots__ = ("_at", "_group")

    def __init__(self, group: Group, at: int) -> None:
        self._group = group
        self._at = at

    @property
    def is_start(self) -> bool:
        """Whether a decoder can begin with it."""
        return self._at == 0

    def picture(self) -> VideoFrame:
        """Decode the picture; see `Group.decode`."""
        return self._group.decode(self._at)

    def image(self) -> Image:
        """Decode the picture and convert it to BGR ``uint8`` (height, width, 3)."""
        return bgr(self.picture())


def _size(picture: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in picture.planes)
