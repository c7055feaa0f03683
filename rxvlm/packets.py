"""Groups of compressed pictures, copied out of the demuxer, and how their pictures are made.

A frame of a file or a camera holds no pixels. It points into a `Group`: the
packets from one key frame to the next, which is what a decoder needs to make any
picture of it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from av import VideoFrame

from rxvlm.codec import Codec, Cursor, Packet
from rxvlm.errors import DecodeError
from rxvlm.picture import Image, bgr


class Group:
    """The packets from one key frame up to the next, and how to make their pictures.

    It grows while its stream is read, and may be decoded meanwhile. Pictures that
    are shown before the key frame but sent after it (an open group) need the
    packets of the group before; those are kept, and no more than those.
    """

    def __init__(self, codec: Codec, before: Sequence[Packet] = ()) -> None:
        self.codec = codec
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

    def needed(self, first: int, last: int) -> list[Packet]:
        """Give the packets, in decoding order, without which pictures from one position to another cannot be made."""
        before = self._before if 0 < first <= self._leading else ()
        return [*before, *self.packets[: last + 1]]

    def decode(self, at: int) -> VideoFrame:
        """Decode the picture of the packet at a position.

        Reading forward goes on where the last reading ended; reading back starts
        at the key frame again.

        Raises:
            DecodeError: If the packets do not give that picture.
        """
        key = (self._number, at)
        with self._lock:
            picture = self.codec.kept(key) or self._run(at)
        if picture is None:
            raise DecodeError(f"picture {at} of its group of {len(self.packets)} cannot be decoded")
        return picture

    def _run(self, at: int) -> VideoFrame | None:
        leading = 0 < at <= self._leading
        before = self._before if leading else ()
        name = (self._number, leading)
        cursor = self.codec.unpark(name)
        if cursor is not None and cursor.passed(at):
            self.codec.leave(cursor)
            cursor = None
        if cursor is None:
            cursor = Cursor(self.codec.decoder(), -len(before))
        found: VideoFrame | None = None
        packets = len(self.packets)
        while found is None and cursor.fed < packets:
            if not leading and 0 < cursor.fed <= self._leading:
                cursor.fed = self._leading + 1  # without the group before they would be broken
                continue
            packet = before[cursor.fed] if cursor.fed < 0 else self.packets[cursor.fed]
            found = self._take(cursor.feed(packet), at, leading=leading)
        if found is not None:
            self.codec.park(name, cursor)
            return found
        last = self._take(cursor.feed(None), at, leading=leading)
        self.codec.leave(cursor)
        return last

    def _take(self, pictures: list[tuple[int, VideoFrame]], at: int, *, leading: bool) -> VideoFrame | None:
        found = None
        for number, picture in pictures:
            if number >= 0 and (leading or not 0 < number <= self._leading):
                self.codec.keep((self._number, number), picture)
            if number == at:
                found = picture
        return found


class Lazy:
    """The pixels of one packet of a group, decoded when somebody looks.

    Attributes:
        group: The group.
        at: The packet's position in it.
    """

    __slots__ = ("at", "group")

    def __init__(self, group: Group, at: int) -> None:
        self.group = group
        self.at = at

    @property
    def packet(self) -> Packet:
        """The packet itself."""
        return self.group.packets[self.at]

    @property
    def is_start(self) -> bool:
        """Whether a decoder can begin with it."""
        return self.at == 0

    def picture(self) -> VideoFrame:
        """Decode the picture; see `Group.decode`."""
        return self.group.decode(self.at)

    def image(self) -> Image:
        """Decode the picture and convert it to BGR ``uint8`` (height, width, 3)."""
        return bgr(self.picture())
