"""Bits and NAL units: how compressed pictures are read as far as their headers."""

from __future__ import annotations

from collections.abc import Iterator

START_CODE = b"\x00\x00\x01"
_READ = 64  # bytes of a header; what is read here stands near the beginning


class Bits:
    """Reads the first bits of a header, from the highest bit of each byte down.

    Args:
        data: The bytes; reading on beyond their end gives zeros.
    """

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:_READ].ljust(_READ, b"\0"), "big")
        self._left = 8 * _READ

    def read(self, count: int) -> int:
        """Return the next ``count`` bits as a number."""
        self._left -= count
        return (self._value >> max(0, self._left)) & ((1 << count) - 1) if self._left >= 0 else 0

    def exp_golomb(self) -> int:
        """Return the next number of variable length, as H.264 and H.265 write them: ``ue(v)``."""
        zeros = 0
        while self._left > 0 and not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)


def length_bytes(extradata: bytes, at: int) -> int:
    """Return the size in bytes of the length field before each NAL unit; 0 if start codes separate the units.

    Args:
        extradata: The codec header of the container.
        at: Position of the byte that contains it, in a header as MP4 has it.
    """
    return (extradata[at] & 3) + 1 if extradata[:1] == b"\x01" and len(extradata) > at else 0


def units(data: bytes, prefix: int) -> Iterator[memoryview]:
    """Yield the NAL units of a packet one after another; how long one is, is found when the next is asked for.

    Args:
        data: The packet.
        prefix: Size of the length field before each unit, in bytes; 0: start codes separate them.

    Yields:
        The unit up to the end of the packet, where start codes separate them: see `ended`.
    """
    view, at = memoryview(data), 0
    if not prefix:
        at = data.find(START_CODE)
        while 0 <= at < len(data) - 3:
            yield view[at + 3 :]
            at = data.find(START_CODE, at + 3)
        return
    while at + prefix < len(data):
        size = int.from_bytes(data[at : at + prefix], "big")
        if size:
            yield view[at + prefix : at + prefix + size]
        at += prefix + size


def ended(unit: memoryview) -> bytes:
    """Return the bytes of a unit, without those of the next one."""
    data = bytes(unit)
    end = data.find(START_CODE)
    return data if end < 0 else data[:end]


def unescaped(data: bytes) -> bytes:
    """Return the payload of a NAL unit without the bytes that keep start codes out of it."""
    return data.replace(b"\x00\x00\x03", b"\x00\x00")
