"""Presentation order for streams without presentation timestamps: they are decoded as they arrive."""

from __future__ import annotations

from collections import deque

from av import VideoFrame

from rxvlm.media.codec import Codec
from rxvlm.media.cursor import Packet
from rxvlm.media.picture import Decoded, shrunk
from rxvlm.media.timed_picture import TimedPicture


class Reorderer:
    """Puts the pictures of a stream into presentation order by decoding them.

    AVI and raw streams with B-frames have only the decoding order of their packets. The
    decoder returns pictures in presentation order; the k-th of them gets the k-th time.

    Args:
        codec: The decoders of the stream.
        width: Maximum width of pictures in pixels; None: as they are.
    """

    def __init__(self, codec: Codec, width: int | None = None) -> None:
        self._width = width
        self._codec = codec
        self._cursor = codec.new_cursor()
        self._times: deque[int] = deque()
        self._sent: dict[int, Packet] = {}

    def push(self, packet: Packet) -> list[TimedPicture]:
        """Decode the next packet, whose pts is the time of the next picture; return the pictures that come out."""
        self._times.append(packet.pts)
        self._sent[self._cursor.fed] = packet
        return self._out(self._cursor.feed(packet))

    def flush(self) -> list[TimedPicture]:
        """Return the remaining pictures, at the end of the stream."""
        return self._out(self._cursor.feed(None))

    def _out(self, pictures: list[tuple[int, VideoFrame]]) -> list[TimedPicture]:
        found = list[TimedPicture]()
        for number, picture in pictures:
            if (packet := self._sent.pop(number, None)) is None:
                continue  # a damaged packet became two pictures
            small = shrunk(picture, self._width)
            shape = (small.height, small.width, 3)
            is_damaged = picture.is_corrupt or packet.corrupt
            if is_damaged:
                self._codec.on_damage()
            pixels = Decoded(small, is_damaged=is_damaged)
            time, aspect = self._times.popleft(), self._codec.aspect
            found.append(TimedPicture(time, number, packet.keyframe, len(packet.data), pixels, shape, aspect))
        return found
