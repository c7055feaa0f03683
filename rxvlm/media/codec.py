"""Codec: the decoders of one stream, and a cache of its decoded pictures."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import cast

import av
from av import CodecContext, VideoCodecContext, VideoFrame, VideoStream
from av.video.frame import PictureType

from rxvlm.media.cursor import Cursor, Packet
from rxvlm.media.setup import Setup

CACHE_BYTES = 4 * 2**20
PARKED_DECODERS = 2
_PLAYED = "yuv420p", "yuvj420p"
_MOST_UNEVEN = 10  # no picture has pixels that are more times as wide as high, or as high as wide
_APART = 2**32  # difference between the numbers of packets that do not follow each other

_COPIED = (
    "codec_tag", "width", "height", "pix_fmt", "bits_per_coded_sample",
    "color_range", "colorspace", "color_primaries", "color_trc", "reorder_depth",
)  # fmt: skip


class Codec:
    """What the groups of one stream share: decoders, and a cache of decoded pictures.

    The cache holds up to `CACHE_BYTES`, or the pictures that one step decoded if these are more. Up to
    `PARKED_DECODERS` decoders that are not in use are kept, too. The least recently used goes first. A decoder
    continues where it stopped, or is restarted elsewhere: a new one costs a tenth of decoding a key frame.

    Args:
        stream: The open stream; only its parameters are read.
        on_damage: Called for each picture that turns out to be damaged when it is decoded, by any thread.
    """

    def __init__(self, stream: VideoStream, on_damage: Callable[[], None] | None = None) -> None:
        given = stream.codec_context
        self.on_damage = on_damage or (lambda: None)
        self.name, self.pixels = given.codec.canonical_name, given.pix_fmt or ""
        self.setup = Setup(given.extradata or b"")
        self.aspect = _sample_aspect(stream)
        self.all_intra = given.codec.intra_only
        # H.264 that browsers can play is remuxed into clips without decoding; `like` is the template for that.
        self.like = _copied(stream) if self.name == "h264" and self.pixels in _PLAYED else None
        self._codec = given.codec
        settings = {name: getattr(given, name, None) for name in _COPIED}
        self._settings = {name: value for name, value in settings.items() if value is not None}
        self._lock = threading.Lock()
        self._number = 0
        self._pictures: OrderedDict[tuple[int, bool], VideoFrame] = OrderedDict()
        self._bytes = 0
        self._parked: list[Cursor] = []

    def number(self, before: int) -> int:
        """Return the number of the first packet of the next group: after those of the group before, or far from all.

        Args:
            before: Number of packets of the group before, if the new group starts where it ended; else 0.
        """
        self._number += before or _APART
        return self._number

    def decoder(self, *, exact: bool = True) -> VideoCodecContext:
        """Make a single-threaded decoder with the parameters of the stream; if not exact, without deblocking filter."""
        made = cast("VideoCodecContext", CodecContext.create(self._codec, "r"))
        if self.setup.header:
            # Decoders read on beyond the end: the zeros stay there when the shorter header takes their place.
            made.extradata = self.setup.header + bytes(64)
            made.extradata = self.setup.header
        for name, value in self._settings.items():
            setattr(made, name, value)
        made.thread_count = 1
        if not exact:
            made.options = {"skip_loop_filter": "all"}
        return made

    def cached(self, number: int, *, exact: bool) -> VideoFrame | None:
        """Return a picture from the cache, or None; an exact one is returned if exactness is not needed, too."""
        with self._lock:
            for key in ((number, True), (number, False))[: 1 if exact else 2]:
                if key in self._pictures:
                    self._pictures.move_to_end(key)
                    return self._pictures[key]
        return None

    def cache(self, pictures: Mapping[int, VideoFrame], *, exact: bool) -> None:
        """Put pictures that were decoded together into the cache; older ones are removed if they exceed the bound."""
        with self._lock:
            new = {(number, exact): one for number, one in pictures.items() if (number, exact) not in self._pictures}
            self._pictures.update(new)
            self._bytes += sum(map(_size, new.values()))
            while self._bytes > CACHE_BYTES and len(self._pictures) > len(new):
                self._bytes -= _size(self._pictures.popitem(last=False)[1])

    def cursor(self, start: int, wanted: int, *, exact: bool) -> Cursor:
        """Return a decoder that will reach a picture when it is fed further packets.

        Args:
            start: Number of the key frame from which it must have decoded.
            wanted: Number of the picture.
            exact: Whether the picture must be exact to the bit.
        """
        with self._lock:
            alike = [cursor for cursor in self._parked if cursor.exact == exact]
            going = [cursor for cursor in alike if cursor.reaches(wanted, start)]
            left = [cursor for cursor in alike if cursor.fed <= start]  # its group has been read to the end
            found = max(going or left, key=lambda cursor: cursor.fed, default=None)
            if found is None and len(self._parked) >= PARKED_DECODERS:
                found = next(iter(alike), None)
            if found is not None:
                self._parked.remove(found)
        if found is None:
            return self.new_cursor(start, exact=exact)
        if not going:
            found.restart(start)
        return found

    def new_cursor(self, start: int = 0, *, exact: bool = True) -> Cursor:
        """Make a decoder that starts at a packet, by its number."""
        return Cursor(self.decoder(exact=exact), self.setup, start, exact=exact)

    def starts(self, packet: Packet) -> bool:
        """Decode a packet alone, and return whether it contains a whole picture that depends on no other."""
        trial = self.new_cursor()
        pictures = [*trial.feed(packet), *trial.feed(None)]
        return len(pictures) == 1 and pictures[0][1].key_frame and pictures[0][1].pict_type == PictureType.I

    def park(self, cursor: Cursor) -> None:
        """Put a decoder back, to be used again."""
        with self._lock:
            self._parked.append(cursor)
            del self._parked[:-PARKED_DECODERS]


def _sample_aspect(stream: VideoStream) -> Fraction:
    """Return the width of a stream's pixels, as a multiple of their height; 1 if what it says cannot be."""
    ratio = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)
    return ratio if 1 / _MOST_UNEVEN <= ratio <= _MOST_UNEVEN else Fraction(1)


def _copied(stream: VideoStream) -> VideoStream:
    """Return a stream of the same parameters that does not need its container: it is in one that is never written."""
    never = av.open(io.BytesIO(), "w", format="mp4")
    return never.add_stream_from_template(stream, opaque=True)  # pyright: ignore[reportUnknownMemberType] - PyAV leaves its keywords open


def _size(picture: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in picture.planes)
