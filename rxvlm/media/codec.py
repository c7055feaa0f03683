"""Codec: how the packets of one stream are decoded, and what is kept of it for a while."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import av
from av import CodecContext, VideoCodecContext, VideoFrame, VideoStream
from av import Packet as AvPacket
from av.error import FFmpegError

CACHE_BYTES = 4 * 2**20
PARKED_DECODERS = 2
_PLAYED = "yuv420p", "yuvj420p"
_DEEPEST = 4  # that B-frames are made of B-frames
_APART = 2**32  # between the numbers of packets that do not follow each other

_COPIED = (
    "extradata", "codec_tag", "width", "height", "pix_fmt", "bits_per_coded_sample",
    "color_range", "colorspace", "color_primaries", "color_trc", "reorder_depth",
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
    """What the groups of one stream share: decoders, and a few decoded pictures.

    Decoded pictures are kept up to `CACHE_BYTES`, or what came out at once if that is more; decoders
    that nobody uses at the moment up to `PARKED_DECODERS`. Both forget what was used longest ago. A decoder goes on
    from where it stands, or begins anew elsewhere: to make one costs as much as a tenth of a key frame.
    """

    def __init__(self, stream: VideoStream) -> None:
        given = stream.codec_context
        self.name, self.pixels = given.name, given.pix_fmt or ""
        # Of H.264 as browsers play it the packets alone make a clip.
        self.like = _copied(stream) if self.name == "h264" and self.pixels in _PLAYED else None
        self._codec = given.codec
        self._settings = {name: getattr(given, name) for name in _COPIED if hasattr(given, name)}
        self._lock = threading.Lock()
        self._number = 0
        self._pictures: OrderedDict[tuple[int, bool], VideoFrame] = OrderedDict()
        self._bytes = 0
        self._parked: list[Cursor] = []

    def number(self, before: int) -> int:
        """Give the next group's first packet its number: next to those of the group before, or far from all.

        Args:
            before: Packets of the group before, if this one begins where that ended; else 0.
        """
        self._number += before or _APART
        return self._number

    def decoder(self, *, exact: bool = True) -> VideoCodecContext:
        """Make a decoder with the stream's own parameters, on one thread; one that is not exact leaves edges in."""
        made = cast("VideoCodecContext", CodecContext.create(self._codec, "r"))
        if self._settings["extradata"]:
            made.extradata = self._settings["extradata"] + bytes(64)  # leaves zeros behind it
        for name, value in self._settings.items():
            setattr(made, name, value)
        made.thread_count = 1
        if not exact:
            made.options = {"skip_loop_filter": "all"}
        return made

    def kept(self, number: int, *, exact: bool) -> VideoFrame | None:
        """Give a picture that was decoded a moment ago, if it is still there; an exact one serves all."""
        with self._lock:
            for key in ((number, True), (number, False))[: 1 if exact else 2]:
                if key in self._pictures:
                    self._pictures.move_to_end(key)
                    return self._pictures[key]
        return None

    def keep(self, pictures: Mapping[int, VideoFrame], *, exact: bool) -> None:
        """Remember pictures that were decoded together: these for certain, those before them within the bound."""
        with self._lock:
            new = {(number, exact): one for number, one in pictures.items() if (number, exact) not in self._pictures}
            self._pictures.update(new)
            self._bytes += sum(map(_size, new.values()))
            while self._bytes > CACHE_BYTES and len(self._pictures) > len(new):
                self._bytes -= _size(self._pictures.popitem(last=False)[1])

    def cursor(self, start: int, wanted: int, *, exact: bool) -> Cursor:
        """Give a decoder on its way to a picture.

        Args:
            start: Number of the key frame from which on it must have decoded.
            wanted: Number of the picture.
            exact: Whether every bit counts.
        """
        with self._lock:
            alike = [cursor for cursor in self._parked if cursor.exact == exact]
            going = [cursor for cursor in alike if cursor.leads_to(wanted, start)]
            left = [cursor for cursor in alike if cursor.fed <= start]  # its group has been read
            found = max(going or left, key=lambda cursor: cursor.fed, default=None)
            if found is None and len(self._parked) >= PARKED_DECODERS:
                found = next(iter(alike), None)
            if found is not None:
                self._parked.remove(found)
        if found is None:
            return Cursor(self.decoder(exact=exact), start, exact=exact)
        if not going:
            found.restart(start)
        return found

    def park(self, cursor: Cursor) -> None:
        """Take a decoder back."""
        with self._lock:
            self._parked.append(cursor)
            del self._parked[:-PARKED_DECODERS]


class Cursor:
    """A decoder on its way through packets; it numbers pictures by the packet they came in.

    Attributes:
        exact: Whether its pictures are those of a full decode to the bit.
        start: Number of the key frame that it began with.
        fed: Number of the packet that comes next.
    """

    def __init__(self, decoder: VideoCodecContext, start: int = 0, *, exact: bool = True) -> None:
        self._decoder = decoder
        self._depth = None if decoder.name != "h264" else getattr(decoder, "reorder_depth", _DEEPEST)
        self._owed: set[int] = set()
        self._drained = False
        self.exact = exact
        self.start = self.fed = start

    def restart(self, start: int) -> None:
        """Forget everything, and begin anew with another key frame."""
        self._decoder.flush_buffers()
        self._owed.clear()
        self._drained = False
        self.start = self.fed = start

    def leads_to(self, wanted: int, start: int) -> bool:
        """Whether it comes to a picture by going on, everything decoded from a key frame on; see `Codec.cursor`."""
        begun = self.start == start < self.fed or self.start < start <= self.fed
        return begun and not self._drained and (wanted >= self.fed or wanted in self._owed)

    def feed(self, packet: Packet | None, wanted: int | None = None) -> list[tuple[int, VideoFrame]]:
        """Decode one packet more, None for the end; a broken packet gives nothing.

        Args:
            packet: The packet.
            wanted: Number of the picture for which that is done: those well before it, of which no other is
                made, are left out. None for all.
        """
        made = None
        if packet is not None:
            # Made by its size, a packet ends in the zeros that decoders read beyond its
            # data; made of bytes it ends in whatever lies there, and B-frames go wrong.
            made = AvPacket(len(packet.data))
            made.update(packet.data)
            made.pts = self.fed
            made.is_keyframe = packet.keyframe
            if not self._skip(wanted):
                self._owed.add(self.fed)
            self.fed += 1
        self._drained = packet is None
        try:
            decoded = self._decoder.decode(made)  # pyright: ignore[reportUnknownMemberType] - PyAV's types leave a packet's stream open
        except FFmpegError:
            return []
        pictures = [(cast("int", picture.pts), picture) for picture in decoded]
        self._owed.difference_update(number for number, _ in pictures)
        return pictures

    def _skip(self, wanted: int | None) -> bool:
        """Tell the decoder whether the next picture may be left out: H.264 alone says truly whether one is needed."""
        if self._depth is None or wanted is None:
            return False
        near = 1 << min(self._depth, _DEEPEST)  # these may be shown after the one wanted, and be asked for next
        skip = self.fed + near < wanted
        self._decoder.skip_frame = "NONREF" if skip else "DEFAULT"
        return skip


def _copied(stream: VideoStream) -> VideoStream:
    """Give a stream of the same parameters that outlives its container: it belongs to one that is never written."""
    never = av.open(io.BytesIO(), "w", format="mp4")
    return never.add_stream_from_template(stream, opaque=True)  # pyright: ignore[reportUnknownMemberType] - PyAV leaves its keywords open


def _size(picture: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in picture.planes)
