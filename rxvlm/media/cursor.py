"""Cursor: a decoder, and its position in the packets of a stream."""

from __future__ import annotations

from typing import NamedTuple, cast

from av import Packet as AvPacket
from av import VideoCodecContext, VideoFrame
from av.error import FFmpegError
from av.stream import Stream

from rxvlm.media.setup import NOTHING, Setup

_DEEPEST = 4  # levels of B-frames that refer to B-frames


class Packet(NamedTuple):
    """One compressed picture.

    Attributes:
        data: The compressed bytes.
        pts: Presentation timestamp in ticks (microseconds of the stream's own time).
        keyframe: Whether a decoder may start at it.
        setup: What a decoder must know before it starts at it.
        flagged: Whether the container flags it as a key frame, rightly or not.
        corrupt: Whether the demuxer knows that it is damaged, or that something before it was lost.
    """

    data: bytes
    pts: int
    keyframe: bool
    setup: Setup = NOTHING
    flagged: bool = False
    corrupt: bool = False


class Cursor:
    """A decoder and its position in the packets of a stream; a picture has the number of its packet.

    Attributes:
        exact: Whether its pictures equal those of a full decode to the bit.
        start: Number of the key frame at which it started.
        fed: Number of the packet that it is fed next.
        failed: Whether the decoder refused the last packet.
    """

    def __init__(self, decoder: VideoCodecContext, setup: Setup, start: int = 0, *, exact: bool = True) -> None:
        self._decoder = decoder
        self._setup = setup
        self._depth = None if decoder.name != "h264" else getattr(decoder, "reorder_depth", _DEEPEST)
        self._owed: set[int] = set()
        self._drained = False
        self.exact = exact
        self.failed = False
        self.start = self.fed = start

    def restart(self, start: int) -> None:
        """Reset the decoder, and start at another key frame."""
        self._decoder.flush_buffers()
        self._owed.clear()
        self._drained = False
        self.start = self.fed = start

    def reaches(self, wanted: int, start: int) -> bool:
        """Return whether it reaches a picture by continuing, and has decoded all from ``start`` on."""
        begun = self.start == start < self.fed or self.start < start <= self.fed
        return begun and not self._drained and (wanted >= self.fed or wanted in self._owed)

    def feed(self, packet: Packet | None, wanted: int | None = None) -> list[tuple[int, VideoFrame]]:
        """Decode one more packet, and return the pictures that come out, with their numbers; none if it is broken.

        Args:
            packet: The packet; None at the end, for the pictures that the decoder still holds.
            wanted: Number of the picture that is needed: earlier pictures to which no other refers are
                skipped. None: decode all.
        """
        made = None
        if packet is not None:
            made = self._made(packet)
            if not self._skip(wanted):
                self._owed.add(self.fed)
            self.fed += 1
        self._drained = packet is None
        self.failed = False
        try:
            decoded = self._decoder.decode(made)  # pyright: ignore[reportUnknownMemberType] - PyAV's types leave a packet's stream open
        except FFmpegError:
            self.failed = True
            return []
        pictures = [(cast("int", picture.pts), picture) for picture in decoded]
        self._owed.difference_update(number for number, _ in pictures)
        return pictures

    def _made(self, packet: Packet) -> AvPacket[Stream]:
        """Return a packet of PyAV, with the setup that the decoder needs before it and does not have yet."""
        data = packet.data
        if self.fed == self.start:
            data = packet.setup.missing(data) + data
        # A packet that is created by its size ends in zeros, which decoders read beyond its data;
        # one that is created from bytes ends in arbitrary memory, and B-frames come out wrong.
        made = AvPacket(len(data))
        made.update(data)
        made.pts = self.fed
        made.is_keyframe = packet.keyframe or packet.flagged  # some decoders decide by it
        packet.setup.attach(made, self._setup)
        self._setup = packet.setup
        return made

    def _skip(self, wanted: int | None) -> bool:
        """Set whether the decoder skips the next picture; only H.264 flags reliably to which pictures others refer."""
        if self._depth is None or wanted is None:
            return False
        near = 1 << min(self._depth, _DEEPEST)  # these may be presented after the wanted one, and be asked for next
        skip = self.fed + near < wanted
        self._decoder.skip_frame = "NONREF" if skip else "DEFAULT"
        return skip
