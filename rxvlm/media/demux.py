"""A stream's packets, in decoding order, become its pictures, in the order of showing.

Nothing is decoded, as long as the stream has key frames to start at. Where none
comes within `GROUP_BYTES` and `GROUP_SECONDS`, or the container does not say when
its pictures are shown, pictures are decoded as they arrive.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import count

from av import Packet as AvPacket
from av import VideoFrame, VideoStream

from rxvlm.errors import DecodeError
from rxvlm.media.bitstream import parameter_sets, start_test
from rxvlm.media.codec import Codec, Cursor, Packet
from rxvlm.media.packets import Group
from rxvlm.media.picture import Decoded, Pixels, shrunk
from rxvlm.media.reorderer import Reorderer
from rxvlm.media.timed_picture import TimedPicture
from rxvlm.ticks import TICKS_PER_SECOND, to_ticks

GROUP_BYTES = 64 * 2**20
GROUP_SECONDS = 60.0
_NEVER = -(2**62)
_RAW = ("h264", "hevc", "m4v", "mpegvideo")  # bare streams: no times at all
_HELD_BACK = 64  # pictures that a decoder may owe; no codec reorders more


class Demux:
    """Cuts a stream into groups and puts its pictures in order.

    Args:
        stream: The open stream, asked for its parameters only.
        width: Pixels across at most of pictures that must be decoded as they arrive; None: as they are.
    """

    def __init__(self, stream: VideoStream, width: int | None = None) -> None:
        context = stream.codec_context
        self._codec = Codec(stream)
        self._starts = start_test(context.name, context.extradata or b"")
        self._width = width
        unit = TICKS_PER_SECOND * (stream.time_base or Fraction(1))
        self._scale, self._divisor = unit.numerator, unit.denominator  # Fractions are slow, packets many
        self._reorders = bool(context.has_b_frames)
        self._hides = context.name == "vp8"
        self._raw = stream.container.format.name in _RAW
        self._invents = stream.container.format.name == "avi" and context.name in ("h264", "hevc")
        self._picture_ticks = round(TICKS_PER_SECOND / (stream.average_rate or stream.guessed_rate or 25))
        self._reorderer: Reorderer | None = None
        self._group: Group | None = None
        self._decoding: Cursor | None = None
        self._held_back: dict[int, TimedPicture] = {}
        self._pending: list[TimedPicture] = []
        self._order = count()
        self._started = 0
        self._newest = 0
        self._sent = _NEVER
        self._sets_of = parameter_sets(context.name, context.extradata or b"")
        self._sets = b""
        self._shape = (context.height, context.width, 3)
        self._shift = 0
        self._gap = 0

    def push(self, packet: AvPacket[VideoStream]) -> Iterator[TimedPicture]:
        """Take the next packet, and give the pictures whose turn has come."""
        if not packet.size:
            return
        if self._reorderer or (self._reorders and self._tells_no_order(packet)):
            yield from self._push_in_sent_order(packet)
            return
        pts, dts = self._times(packet)
        kept = Packet(bytes(packet), pts, packet.is_keyframe)
        # Where two share a moment, the one sent last was meant for before the other.
        order = next(self._order) * (-1 if self._reorders else 1)
        shown = TimedPicture(pts, order, kept.keyframe, len(kept.data), None)
        self._place(kept, shown)
        hidden = packet.is_discard or (self._hides and not kept.data[0] & 0x10)
        if not hidden:
            heapq.heappush(self._pending, shown)
        yield from self._due(dts)

    def flush(self) -> Iterator[TimedPicture]:
        """Give what is left, at the stream's end."""
        self._stop_decoding()
        yield from self._due(None)
        if self._reorderer is not None:
            yield from self._reorderer.flush()

    def _tells_no_order(self, packet: AvPacket[VideoStream]) -> bool:
        """Whether pts are absent; of H.264 in AVI, FFmpeg makes up wrong ones."""
        return self._invents or (packet.pts is None and (self._raw or packet.dts is not None))

    def _push_in_sent_order(self, packet: AvPacket[VideoStream]) -> Iterator[TimedPicture]:
        """Take a packet of a stream that reorders its pictures and does not say when they are shown."""
        self._reorderer = self._reorderer or Reorderer(Cursor(self._codec.decoder()), self._width)
        time = next(self._order) * self._picture_ticks if packet.dts is None else self._ticks(packet.dts)
        yield from self._reorderer.push(Packet(bytes(packet), time, packet.is_keyframe))

    def _times(self, packet: AvPacket[VideoStream]) -> tuple[int, int]:
        """Give (pts, due) in microseconds; pictures up to ``due`` can be shown."""
        length = self._ticks(packet.duration or 0)
        dts = packet.dts if packet.dts is not None else packet.pts
        pts = packet.pts if packet.pts is not None else dts
        if pts is None or dts is None:  # as RTSP's first packet has, and its first one after a stall
            if self._sent != _NEVER or self._raw:
                self._newest += length or self._gap or (self._picture_ticks if self._raw else 0)
            self._sent = max(self._sent, 0)
            return self._newest, self._newest
        # Of a reordering stream's first packets FFmpeg may not know the dts: then none is due.
        due = self._ticks(dts) if packet.dts is not None or not self._reorders else _NEVER
        if due != _NEVER and due + self._shift + TICKS_PER_SECOND < self._sent:
            self._shift = self._newest + length - self._ticks(pts)  # its clock was set back
        self._sent = max(self._sent, due + self._shift)
        before, self._newest = self._newest, max(self._newest, self._ticks(pts) + self._shift)
        self._gap = (self._newest - before) or self._gap
        return self._ticks(pts) + self._shift, due + self._shift

    def _ticks(self, value: int) -> int:
        return (value * self._scale + self._divisor // 2) // self._divisor

    def _place(self, packet: Packet, shown: TimedPicture) -> None:
        """Put a packet into its group, or decode it where there is none to start at."""
        if packet.keyframe and self._starts(packet.data):
            self._stop_decoding()
            before = self._group.packets if self._group else ()
            self._group = Group(self._codec, before)
            self._started = packet.pts
        elif self._decoding is None and self._too_long(packet.pts):
            self._decoding = self._catch_up()
        if self._group is not None:
            shown.pixels = self._group.append(packet)
            self._look_at_size(packet, shown.pixels)
            shown.shape = self._shape
        if self._decoding is not None:
            self._held_back[self._decoding.fed] = shown
            self._fill(self._decoding.feed(packet))

    def _look_at_size(self, packet: Packet, pixels: Pixels) -> None:
        """Decode a key frame whose parameter sets are new: a camera may change its size in mid stream."""
        sets = self._sets_of(packet.data) if packet.keyframe else b""
        if sets and sets != self._sets:
            if self._sets:
                with suppress(DecodeError):
                    picture = pixels.picture()
                    self._shape = (picture.height, picture.width, 3)
            self._sets = sets

    def _too_long(self, pts: int) -> bool:
        group = self._group
        if group is None:
            return True
        return group.bytes > GROUP_BYTES or pts - self._started > to_ticks(GROUP_SECONDS)

    def _catch_up(self) -> Cursor:
        """Bring a decoder to where the group has grown too long, and let go of the group."""
        cursor = Cursor(self._codec.decoder())
        for packet in self._group.packets if self._group else ():
            cursor.feed(packet)
        self._group = None
        return cursor

    def _stop_decoding(self) -> None:
        if self._decoding is not None:
            self._fill(self._decoding.feed(None))
            self._decoding = None
        self._held_back.clear()

    def _fill(self, pictures: list[tuple[int, VideoFrame]]) -> None:
        for number, picture in pictures:
            if (shown := self._held_back.pop(number, None)) is not None:
                small = shrunk(picture, self._width)
                shown.pixels, shown.shape = Decoded(small), (small.height, small.width, 3)
                # Pictures come out in the order of showing: those before it will not come any more.
                left = {waits: one for waits, one in self._held_back.items() if one.pts > shown.pts}
                self._held_back = left
        while len(self._held_back) > _HELD_BACK:
            del self._held_back[next(iter(self._held_back))]

    def _due(self, dts: int | None) -> Iterator[TimedPicture]:
        """Give pending pictures that nothing can come before: all of them, if ``dts`` is None."""
        while self._pending and (dts is None or self._pending[0].pts <= dts):
            first = self._pending[0]
            if first.pixels is None and dts is not None and first.order in self._awaited():
                return
            heapq.heappop(self._pending)
            if first.pixels is not None:
                yield first

    def _awaited(self) -> set[int]:
        return {shown.order for shown in self._held_back.values()}
