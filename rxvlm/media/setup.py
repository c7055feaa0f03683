"""Setup: what a decoder must know before it starts at a packet, beside the packet itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from av import Packet as AvPacket
from av import VideoStream
from av.packet import PacketSideData, packet_sidedata_type_from_literal
from av.stream import Stream

from rxvlm.media.bitstream import StartTest, start_test
from rxvlm.media.parameter_sets import Sets, parameter_sets

_PADDING = bytes(64)  # decoders read on beyond the end of a header


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What is in force with a packet: a stream may change it at any packet, and says it once.

    Attributes:
        header: The codec header: that of the container, until a packet brings a new one.
        palette: The colours of a picture with a palette; b"" if none has come.
        sets: The parameter sets that packets brought.
    """

    header: bytes
    palette: bytes = b""
    sets: Sets = field(default_factory=dict[tuple[int, int], bytes])

    def attach(self, packet: AvPacket[Stream], known: Setup) -> None:
        """Attach to a packet what a decoder does not know yet, as the demuxer had attached it.

        Args:
            packet: The packet that the decoder gets next.
            known: The setup that the decoder knows.
        """
        if self.header and self.header != known.header:
            _attach(packet, "new_extradata", self.header + _PADDING)
        if self.palette != known.palette:
            _attach(packet, "palette", self.palette)

    def missing(self, data: bytes) -> bytes:
        """Return the parameter sets that a packet needs and does not contain itself."""
        return b"".join(self.sets[key] for key in sorted(self.sets) if self.sets[key] not in data)


NOTHING = Setup(b"")
"""The setup of a packet that needs none."""


class SetupReader:
    """Follows the setup of a stream from packet to packet.

    Args:
        codec: The FFmpeg name of the codec.
        header: The codec header of the container.

    Attributes:
        setup: What is in force with the last packet.
        starts: The test of where decoding may start; see `start_test`.
    """

    def __init__(self, codec: str, header: bytes) -> None:
        self._codec = codec
        self._use(header)
        self.setup = Setup(header)

    def read(self, packet: AvPacket[VideoStream], data: bytes) -> Setup:
        """Take the next packet, in decoding order, and return the setup that is in force with it."""
        for side in packet.iter_sidedata():
            self._take(side)
        found = self._sets_of(data)
        if found and any(self.setup.sets.get(key) != value for key, value in found.items()):
            self.setup = replace(self.setup, sets={**self.setup.sets, **found})
        return self.setup

    def _take(self, side: PacketSideData) -> None:
        if side.data_type == "new_extradata" and (header := bytes(side)) not in (b"", self.setup.header):
            self._use(header)
            self.setup = replace(self.setup, header=header, sets={})
        if side.data_type == "palette" and (palette := bytes(side)) not in (b"", self.setup.palette):
            self.setup = replace(self.setup, palette=palette)

    def _use(self, header: bytes) -> None:
        self.starts: StartTest | None = start_test(self._codec, header)
        self._sets_of = parameter_sets(self._codec, header)


def _attach(packet: AvPacket[Stream], kind: Literal["new_extradata", "palette"], data: bytes) -> None:
    made = cast("Any", PacketSideData)  # PyAV's types leave its arguments out
    side = made(packet_sidedata_type_from_literal(kind), len(data))
    memoryview(side)[:] = data
    side.to_packet(packet, move=True)
