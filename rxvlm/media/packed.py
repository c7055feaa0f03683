"""Packed B-frames: MPEG-4 in AVI that puts two pictures into one packet, and an empty one into the next."""

from __future__ import annotations

import re
from typing import Any, cast

from av import Packet as AvPacket
from av import VideoStream
from av.bitstream import BitStreamFilterContext

_PACKED = re.compile(rb"\x00\x00\x01\xb2DivX\d+(?:Build|b)\d+p")


class Unpacker:
    """Divides the packets of a stream so that each has one picture; those of most streams stay as they are.

    Args:
        stream: The open stream.
        codec: The FFmpeg name of its codec.

    Attributes:
        is_packed: Whether the stream says that it is packed; known from its first packet on.
    """

    def __init__(self, stream: VideoStream, codec: str) -> None:
        header = stream.codec_context.extradata or b""
        self._filter = BitStreamFilterContext("mpeg4_unpack_bframes", stream) if codec == "mpeg4" else None
        self.is_packed = _PACKED.search(header) is not None

    def unpack(self, packet: AvPacket[VideoStream]) -> list[AvPacket[VideoStream]]:
        """Return the packets that the next packet contains: none, one or two."""
        if self._filter is None:
            return [packet]
        self.is_packed = self.is_packed or _PACKED.search(bytes(packet)[:400]) is not None
        if not self.is_packed:
            self._filter = None
            return [packet]
        unpacked = cast("Any", self._filter).filter(packet)
        return [one for one in unpacked if one.size]
