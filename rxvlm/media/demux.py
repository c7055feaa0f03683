"""From the packets of a stream, in decoding order, to its pictures, in presentation order.

Nothing is decoded as long as the stream has key frames at which decoding can start. If none
comes within `GROUP_BYTES` and `GROUP_SECONDS`, or the container has no presentation
timestamps, pictures are decoded as they arrive.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from fractions import Fraction
from itertools import count

from av import Packet as AvPacket
from av import VideoFrame, VideoStream

from rxvlm.media.codec import Codec, Cursor, Packet
from rxvlm.media.jpeg_segments import has_tables
from rxvlm.media.packed import Unpacker
from rxvlm.media.packets import Group
from rxvlm.media.picture import Decoded, shrunk
from rxvlm.media.reorderer import Reorderer
from rxvlm.media.setup import SetupReader
from rxvlm.media.shapes import Shapes
from rxvlm.media.timed_picture import TimedPicture
from rxvlm.ticks import TICKS_PER_SECOND, to_ticks

GROUP_BYTES = 64 * 2**20
GROUP_SECONDS = 60.0
_NEVER = -(2**62)
_FOREVER = 2**62
_RAW = ("h264", "hevc", "m4v", "mpegvideo")  # raw streams without a container: no timestamps at all
# Codecs of which the kind of a picture is not read from its bytes, but by decoding it alone.
_TRIED = ("wmv3", "vc1", "rv10", "rv20", "rv30", "rv40", "svq1", "svq3", "vp5", "ffv1")
_MOST_UNDECODED = 64  # pictures that a decoder may delay; no codec reorders more


class Demux:
    """Divides the packets of a stream into groups, and puts its pictures into presentation order.

    Args:
        stream: The open stream; only its parameters are read.
        width: Maximum width in pixels of pictures that must be decoded as they arrive; None: as they are.
        on_damage: Called for each picture that turns out to be damaged when it is decoded, by any thread.
        longest_gap: Seconds without a picture; if timestamps leap ahead by more, the clock was set, and time goes on
            by the usual distance of pictures. None: they are believed.

    Attributes:
        seams: How many times the clock of the stream was set, back or ahead.
    """

    def __init__(
        self,
        stream: VideoStream,
        width: int | None = None,
        on_damage: Callable[[], None] | None = None,
        *,
        longest_gap: float | None = None,
    ) -> None:
        context = stream.codec_context
        self._codec = Codec(stream, on_damage)
        self._setup = SetupReader(self._codec.name, context.extradata or b"")
        self._unpacker = Unpacker(stream) if self._codec.name == "mpeg4" else None
        self._shapes = Shapes(self._codec.name, (context.height, context.width, 3))
        self._width = width
        unit = TICKS_PER_SECOND * (stream.time_base or Fraction(1))
        self._scale, self._divisor = (
            unit.numerator,
            unit.denominator,
        )  # Fractions are slow, and packets are many
        self._reorders = bool(context.has_b_frames)
        self._has_hidden = self._codec.name == "vp8"
        self._raw = stream.container.format.name in _RAW
        self._has_invented_pts = stream.container.format.name == "avi" and context.name in ("h264", "hevc")
        self._picture_ticks = round(TICKS_PER_SECOND / (stream.average_rate or stream.guessed_rate or 25))
        self._reorderer: Reorderer | None = None
        self._group: Group | None = None
        self._decoding: Cursor | None = None
        self._undecoded: dict[int, TimedPicture] = {}
        self._pending: list[TimedPicture] = []
        self._order = count()
        self._group_start = 0
        self._newest: int = 0  # highest pts so far, in ticks
        self._sent = _NEVER  # highest dts so far, in ticks
        self.seams = 0
        self._longest_gap = _FOREVER if longest_gap is None else to_ticks(longest_gap)
        self._longest_group = to_ticks(GROUP_SECONDS)
        self._shift: int = 0  # ticks added to timestamps since the camera's clock was set back
        self._gap: int = 0  # ticks between the last two pictures

    def push(self, packet: AvPacket[VideoStream]) -> list[TimedPicture]:
        """Take the next packet; return the pictures that can be presented now."""
        if not packet.size:
            return []
        if self._unpacker is None:
            return self._push(packet)
        return [shown for one in self._unpacker.unpack(packet) for shown in self._push(one)]

    def _push(self, packet: AvPacket[VideoStream]) -> list[TimedPicture]:
        if (
            self._reorderer
            or (self._unpacker and self._unpacker.is_packed)
            or (self._reorders and self._lacks_pts(packet))
        ):
            return self._push_in_sent_order(packet)
        pts, due = self._times(packet)
        kept = self._kept(packet, pts)
        # Of two pictures with the same pts, the one sent later is presented first, if the stream reorders.
        order = next(self._order) * (-1 if self._reorders else 1)
        shown = TimedPicture(pts, order, kept.keyframe, len(kept.data), None, aspect=self._codec.aspect)
        self._place(kept, shown)
        if not (packet.is_discard or (self._has_hidden and not kept.data[0] & 0x10)):
            heapq.heappush(self._pending, shown)
        return self._due(due)

    def flush(self) -> list[TimedPicture]:
        """Return the remaining pictures, at the end of the stream."""
        self._stop_decoding()
        return [*self._due(_FOREVER), *(self._reorderer.flush() if self._reorderer else ())]

    def _lacks_pts(self, packet: AvPacket[VideoStream]) -> bool:
        """Return whether the packet has no valid pts; for H.264 in AVI, FFmpeg invents wrong ones."""
        return self._has_invented_pts or (packet.pts is None and (self._raw or packet.dts is not None))

    def _push_in_sent_order(self, packet: AvPacket[VideoStream]) -> list[TimedPicture]:
        """Take a packet of a stream that reorders its pictures and has no presentation timestamps."""
        self._reorderer = self._reorderer or Reorderer(self._codec, self._width)
        time = next(self._order) * self._picture_ticks if packet.dts is None else self._ticks(packet.dts)
        return self._reorderer.push(self._kept(packet, time))

    def _kept(self, packet: AvPacket[VideoStream], pts: int) -> Packet:
        """Copy a packet out of the demuxer; it is a key frame only if a decoder may start at it."""
        data, flagged = bytes(packet), packet.is_keyframe
        kept = Packet(data, pts, False, self._setup.read(packet, data), flagged, packet.is_corrupt)  # noqa: FBT003 - by name it takes twice the time
        return kept._replace(keyframe=True) if flagged and self._may_start(kept) else kept

    def _may_start(self, packet: Packet) -> bool:
        if self._codec.all_intra:
            return self._codec.name != "mjpeg" or has_tables(packet.data)
        if self._setup.starts is not None:
            return self._setup.starts(packet.data)
        return self._codec.name in _TRIED and self._codec.starts(packet)

    def _times(self, packet: AvPacket[VideoStream]) -> tuple[int, int]:
        """Return (pts, due) in ticks; pictures up to ``due`` can be presented, because no later packet comes before."""
        sent, shown = packet.dts, packet.pts
        presented = sent if shown is None else shown
        if presented is None:
            return self._guessed(packet)
        pts = self._ticks(presented) + self._shift
        if sent is None:  # FFmpeg may not know the dts of the first packets of a reordering stream: no picture is due
            due = _NEVER if self._reorders else pts
        else:
            due = pts if sent == shown else self._ticks(sent) + self._shift
        if _NEVER not in (due, self._sent) and self._is_seam(due):
            moved = self._newest + (self._ticks(packet.duration or 0) or self._gap) - pts
            self._shift, pts, due = self._shift + moved, pts + moved, due + moved
            self.seams += 1
        self._sent = max(self._sent, due)
        if pts > self._newest:
            self._gap, self._newest = pts - self._newest, pts
        return pts, due

    def _guessed(self, packet: AvPacket[VideoStream]) -> tuple[int, int]:
        """Return (pts, due) of a packet without times, as the first one of RTSP, and the first one after a stall."""
        if self._sent != _NEVER or self._raw:
            length = self._ticks(packet.duration or 0)
            self._newest += length or self._gap or (self._picture_ticks if self._raw else 0)
        self._sent = max(self._sent, 0)
        return self._newest, self._newest

    def _is_seam(self, due: int) -> bool:
        """Whether the clock of the stream was set: it goes back, or leaps ahead."""
        return not self._sent - TICKS_PER_SECOND <= due <= self._sent + self._longest_gap

    def _ticks(self, value: int) -> int:
        return (value * self._scale + self._divisor // 2) // self._divisor

    def _place(self, packet: Packet, shown: TimedPicture) -> None:
        """Add a packet to its group, or decode it at once if there is no key frame to start at."""
        if packet.keyframe:
            self._stop_decoding()
            self._group = Group(self._codec, self._group)
            self._group_start = packet.pts
        elif self._decoding is None and self._too_long(packet.pts):
            self._decoding = self._decode_group()
        if self._group is not None:
            shown.pixels = self._group.append(packet)
            shown.shape = self._shapes.of(packet, shown.pixels)
        if self._decoding is not None:
            self._undecoded[self._decoding.fed] = shown
            self._fill(self._decoding.feed(packet))
            if self._decoding.failed:
                self._codec.on_damage()

    def _too_long(self, pts: int) -> bool:
        group = self._group
        if group is None:
            return True
        return group.bytes > GROUP_BYTES or pts - self._group_start > self._longest_group

    def _decode_group(self) -> Cursor:
        """Return a decoder that has decoded all of the group that has become too long, and drop the group."""
        cursor = self._codec.new_cursor()
        for packet in self._group.packets if self._group else ():
            cursor.feed(packet)
        self._group = None
        return cursor

    def _stop_decoding(self) -> None:
        if self._decoding is not None:
            self._fill(self._decoding.feed(None))
            self._decoding = None
        self._undecoded.clear()

    def _fill(self, pictures: list[tuple[int, VideoFrame]]) -> None:
        for number, picture in pictures:
            if (shown := self._undecoded.pop(number, None)) is not None:
                small = shrunk(picture, self._width)
                shown.pixels = Decoded(small, is_damaged=picture.is_corrupt)
                shown.shape = (small.height, small.width, 3)
                if picture.is_corrupt:
                    self._codec.on_damage()
                # Decoders return pictures in presentation order: earlier ones will not come any more.
                left = {waits: one for waits, one in self._undecoded.items() if one.pts > shown.pts}
                self._undecoded = left
        while len(self._undecoded) > _MOST_UNDECODED:
            del self._undecoded[next(iter(self._undecoded))]

    def _due(self, due: int) -> list[TimedPicture]:
        """Return pending pictures that no later packet can precede."""
        pending, found = self._pending, list[TimedPicture]()
        while pending and pending[0].pts <= due:
            first = pending[0]
            if first.pixels is None and due != _FOREVER and first.order in self._undecoded_orders():
                break
            heapq.heappop(pending)
            if first.pixels is not None:
                found.append(first)
        return found

    def _undecoded_orders(self) -> set[int]:
        return {shown.order for shown in self._undecoded.values()}
