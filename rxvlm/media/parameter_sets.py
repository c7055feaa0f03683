"""Parameter sets: what a codec says once and means for all pictures after it, found in the stream itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from rxvlm.media.bits import START_CODE, Bits, ended, length_bytes, unescaped, units
from rxvlm.media.bitstream import AVCC_LENGTH, HVCC_LENGTH

Sets: TypeAlias = Mapping[tuple[int, int], bytes]
"""Parameter sets, by kind and number, each as it stands in a packet."""

_H264_SETS = range(7, 9)
_H264_PICTURES = range(1, 6)
_H265_SETS = range(32, 35)
_H265_PICTURES = range(32)
_VPS, _SPS, _PPS = 32, 33, 34
_PROFILE_BITS, _LEVEL_BITS = 88, 8
_MPEG2_SEQUENCE = START_CODE + b"\xb3"
_HEAD = (0, 0)


def parameter_sets(codec: str, extradata: bytes) -> Callable[[bytes], Sets]:
    """Return the function that finds the parameter sets at the beginning of a packet.

    Args:
        codec: The FFmpeg name of the codec.
        extradata: The codec header of the container.

    Returns:
        A function of the bytes of a packet; of codecs that have none in their packets, it finds none.
    """
    if codec == "h264":
        prefix = length_bytes(extradata, AVCC_LENGTH)
        return lambda data: _h264(data, prefix)
    if codec == "hevc":
        prefix = length_bytes(extradata, HVCC_LENGTH)
        return lambda data: _h265(data, prefix)
    if codec in ("mpeg1video", "mpeg2video"):
        return lambda data: _head(data, _MPEG2_SEQUENCE, (0xB8, 0x00))
    if codec == "mpeg4":
        return lambda data: _head(data, START_CODE, (0xB3, 0xB6)) if _has_layer(data) else {}
    return lambda _: {}


def _first_byte(data: bytes, prefix: int) -> int:
    """Return the first byte of a packet's first unit; -1 if it is empty, or there is none."""
    at = prefix or data.find(START_CODE) + len(START_CODE)
    is_there = any(data[:prefix]) if prefix else at >= len(START_CODE)
    return data[at] if is_there and at < len(data) else -1


def _h264(data: bytes, prefix: int) -> Sets:
    if _first_byte(data, prefix) & 0x1F in _H264_PICTURES:
        return {}  # nearly every packet: it begins with the picture
    found: dict[tuple[int, int], bytes] = {}
    for unit in units(data, prefix):
        kind = unit[0] & 0x1F
        if kind in _H264_PICTURES:
            break
        if kind in _H264_SETS:
            body = unit if prefix else ended(unit)
            skip = 1 if kind > _H264_SETS[0] else 4  # a sequence's profile and level come before its number
            found[kind, Bits(unescaped(bytes(body[skip:80]))).exp_golomb()] = _written(bytes(body), prefix)
    return found


def _h265(data: bytes, prefix: int) -> Sets:
    if (_first_byte(data, prefix) >> 1) & 0x3F in _H265_PICTURES:
        return {}
    found: dict[tuple[int, int], bytes] = {}
    for unit in units(data, prefix):
        kind = (unit[0] >> 1) & 0x3F
        if kind in _H265_PICTURES:
            break
        if kind in _H265_SETS:
            body = bytes(unit) if prefix else ended(unit)
            found[kind, _h265_number(kind, unescaped(body[2:80]))] = _written(body, prefix)
    return found


def _h265_number(kind: int, body: bytes) -> int:
    bits = Bits(body)
    if kind == _PPS:
        return bits.exp_golomb()
    number = bits.read(4)
    if kind == _VPS:
        return number
    layers = bits.read(3)
    bits.read(1 + _PROFILE_BITS + _LEVEL_BITS)
    present = [(bits.read(1), bits.read(1)) for _ in range(layers)]
    bits.read(2 * (8 - layers) if layers else 0)
    for has_profile, has_level in present:
        bits.read(_PROFILE_BITS * has_profile + _LEVEL_BITS * has_level)
    return bits.exp_golomb()


def _written(unit: bytes, prefix: int) -> bytes:
    return (len(unit).to_bytes(prefix, "big") if prefix else b"\x00" + START_CODE) + unit


def _has_layer(data: bytes) -> bool:
    """Whether an MPEG-4 packet begins with the header of a video object layer."""
    for unit in units(data, 0):
        if unit[0] >> 4 == 2:  # noqa: PLR2004 - 0x20 to 0x2F
            return True
        if unit[0] in (0xB3, 0xB6):
            break
    return False


def _head(data: bytes, begins: bytes, ends: tuple[int, int]) -> Sets:
    """Return the header that stands before the first picture or group of pictures, as one set."""
    start = data.find(begins)
    if start < 0:
        return {}
    found = [at for end in ends if (at := data.find(START_CODE + bytes([end]), start)) >= 0]
    return {_HEAD: data[start : min(found)]} if found else {}
