"""Where a decoder may start, read from the first bytes of a compressed picture.

Containers and parsers flag more pictures as key frames than a decoder can start
at: after a recovery point of an intra-refresh stream, pictures are complete only many
pictures later. The bytes of H.264 and H.265 themselves say which kind a picture is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

StartTest = Callable[[bytes], bool]
"""Returns whether a decoder that starts with this packet decodes it, and all after it, completely."""

_START_CODE = b"\x00\x00\x01"
_SLICE, _IDR, _SEI = 1, 5, 6
_RECOVERY_POINT = 6
_AVCC_LENGTH, _HVCC_LENGTH = 4, 21  # position in an MP4's codec header of the byte that tells the size of length fields
_H264_SPS, _H265_SPS = 7, 33
_IRAP = range(16, 24)  # H.265: types of pictures at which decoding may start


def start_test(codec: str, extradata: bytes) -> StartTest:
    """Return the test that tells whether a key frame of a codec is a point to start decoding at.

    Args:
        codec: The FFmpeg name of the decoder: ``"h264"``, ``"hevc"``, ...
        extradata: The codec header of the container, which tells how packets are divided into NAL units.

    Returns:
        A function of the bytes of a key frame. For codecs other than H.264 and H.265
        it is true for every key frame.
    """
    if codec == "h264":
        prefix = _length_bytes(extradata, _AVCC_LENGTH)
        return lambda data: _h264_starts(data, prefix)
    if codec == "hevc":
        prefix = _length_bytes(extradata, _HVCC_LENGTH)
        return lambda data: any((unit[0] >> 1) & 0x3F in _IRAP for unit in _units(data, prefix))
    return lambda _: True


def parameter_sets(codec: str, extradata: bytes) -> Callable[[bytes], bytes]:
    """Return the function that reads the parameter sets of a key frame, which contain the picture size.

    Args:
        codec: The FFmpeg name of the decoder.
        extradata: The codec header of the container.

    Returns:
        A function of the bytes of a key frame; it returns b"" if they contain no parameter sets.
    """
    if codec == "h264":
        prefix = _length_bytes(extradata, _AVCC_LENGTH)
        return lambda data: b"".join(unit for unit in _units(data, prefix) if unit[0] & 0x1F == _H264_SPS)
    if codec == "hevc":
        prefix = _length_bytes(extradata, _HVCC_LENGTH)
        return lambda data: b"".join(unit for unit in _units(data, prefix) if (unit[0] >> 1) & 0x3F == _H265_SPS)
    return lambda _: b""


def _length_bytes(extradata: bytes, at: int) -> int:
    """Return the size in bytes of the length field before each NAL unit; 0 if start codes separate the units."""
    return (extradata[at] & 3) + 1 if extradata[:1] == b"\x01" and len(extradata) > at else 0


def _h264_starts(data: bytes, prefix: int) -> bool:
    for unit in _units(data, prefix):
        kind = unit[0] & 0x1F
        if kind == _IDR:
            return True
        if kind == _SEI and (frames := _recovery_frames(unit[1:])) is not None:
            return frames == 0
        if kind == _SLICE:
            break
    return False


def _units(data: bytes, prefix: int) -> Iterator[bytes]:
    """Yield the NAL units of a packet, by length fields of ``prefix`` bytes, or by start codes if it is 0."""
    if not prefix:
        at = data.find(_START_CODE)
        while at >= 0:
            end = data.find(_START_CODE, at + 3)
            unit = data[at + 3 : end if end >= 0 else None]
            if unit:
                yield unit
            at = end
        return
    at = 0
    while at + prefix < len(data):
        size = int.from_bytes(data[at : at + prefix], "big")
        if unit := data[at + prefix : at + prefix + size]:
            yield unit
        at += prefix + size


def _recovery_frames(sei: bytes) -> int | None:
    """Return after how many pictures they are complete, by the recovery point message; None without one."""
    payload = sei.replace(b"\x00\x00\x03", b"\x00\x00")
    at = 0
    while at + 2 < len(payload):
        kind, at = _varying(payload, at)
        size, at = _varying(payload, at)
        if kind == _RECOVERY_POINT:
            return _exp_golomb(payload[at : at + size])
        at += size
    return None


def _varying(payload: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(payload):
        value, at = value + payload[at], at + 1
        if payload[at - 1] != 0xFF:  # noqa: PLR2004 - the standard's mark for "more bytes follow"
            break
    return value, at


def _exp_golomb(data: bytes) -> int:
    bits = f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}"
    zeros = len(bits) - len(bits.lstrip("0"))
    return int(bits[zeros : 2 * zeros + 1] or "1", 2) - 1
