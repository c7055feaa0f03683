"""Packed B-frames: MPEG-4 in AVI that puts two pictures into one packet, and an empty one into the next."""

from __future__ import annotations

import re
from typing import Any, cast

from av import Packet as AvPacket
from av import VideoStream
from av.bitstream import BitStreamFilterContext

_PACKED = re.compile(rb"\x00\x00\x01\xb2DivX\d+(?:Build|b)\d+p")


class Unpacker:
    """Divides the packets of an MPEG-4 stream so that each has one picture; those of most streams stay as they are.

    Args:
        stream: The open stream.

    Attributes:
        is_packed: Whether the stream says that it is packed; known from its first packet on.
    """

    def __init__(self, stream: VideoStream) -> None:
        header = stream.codec_context.extradata or b""
        self._stream = stream
        self._looks = True
        self._filter: BitStreamFilterContext | None = None
        self.is_packed = _PACKED.search(header) is not None

    def unpack(self, packet: AvPacket[VideoStream]) -> list[AvPacket[VideoStream]]:
        """Return the packets that the next packet contains: none, one or two."""
        if self._looks:
            self._looks = False
            self.is_packed = self.is_packed or _PACKED.search(bytes(packet)[:400]) is not None
        if not self.is_packed:
            return [packet]
        self._filter = self._filter or BitStreamFilterContext("mpeg4_unpack_bframes", self._stream)
        unpacked = cast("Any", self._filter).filter(packet)
        return [one for one in unpacked if one.size]
