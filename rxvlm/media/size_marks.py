"""Marks of a picture's size: bytes of a key frame that change whenever its size does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from rxvlm.media.bits import Bits
from rxvlm.media.bitstream import obus
from rxvlm.media.jpeg_segments import segments

SizeMark: TypeAlias = Callable[[bytes], bytes]
_AV1_SEQUENCE = 1
_VP9_RESERVED, _VP9_RGB = 3, 7  # the profile with a reserved bit, and the colour space without subsampling
_FRAMES = range(0xC0, 0xD0)  # JPEG: the markers of frame headers, and three others
_NO_FRAMES = (0xC4, 0xC8, 0xCC)


def size_mark(codec: str) -> SizeMark:
    """Return the function that reads, from a key frame of a codec, the bytes that its size is written in.

    Where parameter sets contain the size, and for codecs whose size never changes, it returns b"".
    """
    return _MARKS.get(codec, lambda _: b"")


def _flv1(data: bytes) -> bytes:
    bits = Bits(data)
    bits.read(17 + 5 + 8)
    kind = bits.read(3)
    return bytes([kind]) + bits.read({0: 16, 1: 32}.get(kind, 0)).to_bytes(4, "big")


def _vp9(data: bytes) -> bytes:
    bits = Bits(data)
    bits.read(2)
    profile = bits.read(1) + 2 * bits.read(1)
    bits.read((profile == _VP9_RESERVED) + 1 + 1 + 1 + 1 + 24)
    bits.read(profile > 1)
    is_rgb = bits.read(3) == _VP9_RGB
    bits.read((profile & 1) if is_rgb else 1 + 3 * (profile & 1))
    return bits.read(32).to_bytes(4, "big")


def _jpeg(data: bytes) -> bytes:
    for marker, body in segments(data):
        if marker in _FRAMES and marker not in _NO_FRAMES:
            return bytes(body[1:5])
    return b""


_MARKS: Mapping[str, SizeMark] = {
    "vp8": lambda data: data[6:10],
    "vp9": _vp9,
    "av1": lambda data: b"".join(body for kind, body in obus(data) if kind == _AV1_SEQUENCE),
    "flv1": _flv1,
    "mjpeg": _jpeg,
    "png": lambda data: data[16:24],
    "prores": lambda data: data[16:20],
    "dnxhd": lambda data: data[24:28],
    "bmp": lambda data: data[18:26],
    "vp6": lambda data: data[:8],
    "vp6f": lambda data: data[:8],
}
