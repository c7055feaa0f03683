"""Groups of pictures (GOPs) as packets, copied out of the demuxer, and the decoding of their pictures.

A frame of a file or a camera holds no decoded pixels. It refers to a `Group`: the
packets from one key frame up to the next, which are what a decoder needs for any
picture among them.
"""

from __future__ import annotations

import threading

from av import VideoFrame

from rxvlm.errors import DecodeError
from rxvlm.media.bitstream import is_bidirectional
from rxvlm.media.codec import Codec, Packet
from rxvlm.media.damage import Damage, DamagedError
from rxvlm.media.jpeg_segments import is_plain
from rxvlm.media.picture import Image, bgr


class Group:
    """The packets from one key frame up to the next, and how their pictures are decoded.

    It grows while the stream is read, and pictures may be decoded meanwhile. Pictures that
    are presented before the key frame but sent after it (leading pictures of an open GOP) need the
    packets of the group before; the group keeps these, and no older ones.
    """

    def __init__(self, codec: Codec, before: Group | None = None) -> None:
        self.codec = codec
        self._before = () if before is None else tuple(before.packets)
        self._first = codec.number(len(self._before))
        self.damage = Damage()
        self._damage_before = Damage() if before is None else before.damage
        self._reported: set[int] = set()
        self._lock = threading.Lock()
        self.packets: list[Packet] = []
        self.bytes = 0
        self._leading = 0

    def append(self, packet: Packet) -> Lazy:
        """Add the next packet, in decoding order, and return its pixels."""
        at = len(self.packets)
        if at and self._is_leading(packet, at):
            self._leading = at
        elif at > self._leading == 0:
            self._before = ()
        self.packets.append(packet)
        self.bytes += len(packet.data)
        return Lazy(self, at)

    def _is_leading(self, packet: Packet, at: int) -> bool:
        """Whether a picture is presented before the key frame; timestamps of MPEG program streams do not show it."""
        if packet.pts < self.packets[0].pts:
            return True
        return at == self._leading + 1 and is_bidirectional(self.codec.name, packet.data)

    def needed(self, first: int, last: int) -> list[Packet]:
        """Return the packets, in decoding order, that are needed to decode the pictures between two positions."""
        before = self._before if 0 < first <= self._leading else ()
        return [*before, *self.packets[: last + 1]]

    def decode(self, at: int, *, exact: bool = True) -> VideoFrame:
        """Decode the picture of the packet at a position.

        Reading forward, the decoder continues where it stopped; reading back, it starts
        at the key frame again.

        Args:
            at: Position of the packet in the group, from 0.
            exact: Whether the picture must equal that of a full decode to the bit. If not, the deblocking filter of
                H.264 and H.265 is left out, a fifth of the work; errors then add up along the group.

        Raises:
            DecodeError: If the picture cannot be decoded from the packets.
            DamagedError: If it is damaged, or a picture before it in the group is, from which it may be made.
        """
        with self._lock:
            picture, is_damaged = self._found(at, exact=exact)
            # A packet that the demuxer calls corrupt may be whole, at the seam of two recordings: the decoder decides.
            is_news = (is_damaged or self.packets[at].corrupt) and at not in self._reported
            self._reported.update((at,) if is_news else ())
        if is_news:
            self.codec.on_damage()
        if picture is None:
            raise DecodeError(f"picture {at} of its group of {len(self.packets)} cannot be decoded")
        if is_damaged:
            raise DamagedError(f"picture {at} of its group of {len(self.packets)} is damaged", picture)
        return picture

    def is_whole(self, at: int) -> bool:
        """Decode the picture at a position, and return whether it is whole; it is not reported if it is not."""
        with self._lock:
            return not self._found(at, exact=True)[1]

    def _found(self, at: int, *, exact: bool) -> tuple[VideoFrame | None, bool]:
        """Return a picture, None if it cannot be decoded, and whether it is damaged."""
        picture = self.codec.cached(self._first + at, exact=exact) or self._run(at, exact=exact)
        return picture, picture is None or self._is_damaged(at)

    def _is_damaged(self, at: int) -> bool:
        last = self._first + at
        if self.damage.lies_between(self._first, last):
            return True
        return 0 < at <= self._leading and self._damage_before.lies_between(self._first - len(self._before), last)

    def _run(self, at: int, *, exact: bool) -> VideoFrame | None:
        leading = 0 < at <= self._leading
        wanted, end = self._first + at, self._first + len(self.packets)
        start = self._first - len(self._before) if leading else self._first
        cursor = self.codec.cursor(start, wanted, exact=exact)
        found: VideoFrame | None = None
        while found is None and cursor.fed < end:
            place = cursor.fed - self._first
            if 0 < place <= self._leading and cursor.start == self._first and not leading:
                cursor.fed = (
                    self._first + self._leading + 1
                )  # leading pictures would be broken without the group before
                continue
            packet = self._before[place] if place < 0 else self.packets[place]
            found = self._take(cursor.feed(packet, wanted), wanted, exact=exact)
            if cursor.failed:
                self._mark(self._first + place)
        if found is None:
            found = self._take(cursor.feed(None), wanted, exact=exact)
        self.codec.park(cursor)
        return found

    def _take(self, pictures: list[tuple[int, VideoFrame]], wanted: int, *, exact: bool) -> VideoFrame | None:
        for number, picture in pictures:
            if picture.is_corrupt:
                self._mark(number)
        own = {number: picture for number, picture in pictures if number >= self._first}
        self.codec.cache(own, exact=exact)
        return own.get(wanted)

    def _mark(self, number: int) -> None:
        (self.damage if number >= self._first else self._damage_before).add(number)


class Lazy:
    """The pixels of one packet of a group, decoded when they are asked for.

    Attributes:
        group: The group.
        at: Position of the packet in the group, from 0.
    """

    __slots__ = ("at", "group")

    def __init__(self, group: Group, at: int) -> None:
        self.group = group
        self.at = at

    @property
    def packet(self) -> Packet:
        """The packet."""
        return self.group.packets[self.at]

    @property
    def is_start(self) -> bool:
        """Whether a decoder can start with this packet."""
        return self.at == 0

    @property
    def is_whole(self) -> bool:
        """Whether the picture can be decoded, and is not damaged; it is decoded to find out."""
        return self.group.is_whole(self.at)

    def picture(self) -> VideoFrame:
        """Decode the picture; see `Group.decode`."""
        return self.group.decode(self.at)

    def rough(self) -> VideoFrame:
        """Decode the picture faster, not exact to the bit; see `Group.decode`."""
        return self.group.decode(self.at, exact=False)

    def jpeg(self) -> bytes | None:
        """Return the packet, if it is a JPEG that any program can read, and not known to be damaged; else None."""
        packet = self.packet
        is_jpeg = self.group.codec.name == "mjpeg" and not packet.corrupt and is_plain(packet.data)
        return packet.data if is_jpeg else None

    def image(self) -> Image:
        """Decode the picture and convert it to BGR ``uint8`` (height, width, 3)."""
        return bgr(self.picture())
