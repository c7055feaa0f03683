"""Where a decoder may start: a look into the first bytes of a compressed picture.

Containers and parsers flag more pictures as key frames than a decoder can start
at: a recovery point of an intra-refresh stream gives a whole picture only many
pictures later. H.264 and H.265 say in their own bytes which kind it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

StartTest = Callable[[bytes], bool]
"""Whether a decoder that is given this packet first shows it, and all after it, whole."""

_START_CODE = b"\x00\x00\x01"
_SLICE, _IDR, _SEI = 1, 5, 6
_RECOVERY_POINT = 6
_AVCC_LENGTH, _HVCC_LENGTH = 4, 21  # the byte of an MP4's codec header that says how long lengths are
_H264_SPS, _H265_SPS = 7, 33
_IRAP = range(16, 24)  # H.265: the pictures at which decoding may begin


def start_test(codec: str, extradata: bytes) -> StartTest:
    """Give the test for a codec's key frames.

    Args:
        codec: The decoder's name, as FFmpeg has it: ``"h264"``, ``"hevc"``, ...
        extradata: The container's codec header, which tells how its packets are cut.

    Returns:
        A function of a key frame's bytes. Of other codecs than H.264 and H.265
        every key frame is a start.
    """
    if codec == "h264":
        prefix = _length_bytes(extradata, _AVCC_LENGTH)
        return lambda data: _h264_starts(data, prefix)
    if codec == "hevc":
        prefix = _length_bytes(extradata, _HVCC_LENGTH)
        return lambda data: any((unit[0] >> 1) & 0x3F in _IRAP for unit in _units(data, prefix))
    return lambda _: True


def parameter_sets(codec: str, extradata: bytes) -> Callable[[bytes], bytes]:
    """Give the function that reads a key frame's parameter sets, which tell the size of the pictures.

    Args:
        codec: The decoder's name, as FFmpeg has it.
        extradata: The container's codec header.

    Returns:
        A function of a key frame's bytes; it gives b"" where the sets are not sent along.
    """
    if codec == "h264":
        prefix = _length_bytes(extradata, _AVCC_LENGTH)
        return lambda data: b"".join(unit for unit in _units(data, prefix) if unit[0] & 0x1F == _H264_SPS)
    if codec == "hevc":
        prefix = _length_bytes(extradata, _HVCC_LENGTH)
        return lambda data: b"".join(unit for unit in _units(data, prefix) if (unit[0] >> 1) & 0x3F == _H265_SPS)
    return lambda _: b""


def _length_bytes(extradata: bytes, at: int) -> int:
    """Bytes of the length before each NAL unit; 0 where units are parted by start codes."""
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
    """Cut a packet into its NAL units: by lengths of ``prefix`` bytes, or by start codes if 0."""
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
    """Pictures until the picture is whole, as a recovery point message says; None without one."""
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
        if payload[at - 1] != 0xFF:  # noqa: PLR2004 - the standard's "more follows"
            break
    return value, at


def _exp_golomb(data: bytes) -> int:
    bits = f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}"
    zeros = len(bits) - len(bits.lstrip("0"))
    return int(bits[zeros : 2 * zeros + 1] or "1", 2) - 1
