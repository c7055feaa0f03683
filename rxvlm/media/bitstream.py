"""Where a decoder may start, read from the first bytes of a compressed picture.

Containers and parsers flag more pictures as key frames than a decoder can start
at: an AVI without its index flags all of them, and after a recovery point of an intra-refresh
stream, pictures are complete only many pictures later. The bytes themselves say which kind a picture is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rxvlm.media.bits import START_CODE, Bits, ended, length_bytes, unescaped, units
from rxvlm.media.jpeg_segments import has_tables

StartTest = Callable[[bytes], bool]
"""Returns whether a decoder that starts with this packet decodes it, and all after it, completely."""

AVCC_LENGTH, HVCC_LENGTH = 4, 21  # position in an MP4's codec header of the byte with the size of length fields
_SLICE, _IDR, _SEI = 1, 5, 6
_RECOVERY_POINT = 6
_IRAP = range(16, 24)  # H.265: types of pictures at which decoding may start
_MPEG2_PICTURE, _MPEG4_PICTURE = START_CODE + b"\x00", START_CODE + b"\xb6"
_I_PICTURE, _B_PICTURE = 1, 3  # of MPEG-1 and MPEG-2
_I_OBJECT, _B_OBJECT = 0, 2  # of MPEG-4
_AV1_SEQUENCE, _AV1_FRAME_HEADER, _AV1_FRAME = 1, 3, 6


def start_test(codec: str, extradata: bytes) -> StartTest | None:
    """Return the test whether a decoder may start at a key frame of a codec.

    Args:
        codec: The FFmpeg name of the codec: ``"h264"``, ``"hevc"``, ...
        extradata: The codec header of the container, which says how packets are divided into NAL units.

    Returns:
        A function of the bytes of a packet that is flagged as a key frame; None if the kind of a picture
        cannot be read from the bytes of this codec.
    """
    if codec == "h264":
        prefix = length_bytes(extradata, AVCC_LENGTH)
        return lambda data: _h264_starts(data, prefix)
    if codec == "hevc":
        prefix = length_bytes(extradata, HVCC_LENGTH)
        return lambda data: any((unit[0] >> 1) & 0x3F in _IRAP for unit in units(data, prefix))
    return _TESTS.get(codec)


def is_bidirectional(codec: str, data: bytes) -> bool:
    """Whether a picture of MPEG-1, MPEG-2 or MPEG-4 is a B-frame; of other codecs it is not known, and False."""
    if codec in ("mpeg1video", "mpeg2video"):
        return _mpeg2_kind(data) == _B_PICTURE
    return codec == "mpeg4" and _mpeg4_kind(data) == _B_OBJECT


def _h264_starts(data: bytes, prefix: int) -> bool:
    for unit in units(data, prefix):
        kind = unit[0] & 0x1F
        if kind == _IDR:
            return True
        if kind == _SEI and (frames := _recovery_frames(ended(unit)[1:])) is not None:
            return frames == 0
        if kind == _SLICE:
            break
    return False


def _recovery_frames(sei: bytes) -> int | None:
    """Return after how many pictures they are complete, by the recovery point message; None without one."""
    payload = unescaped(sei)
    at = 0
    while at + 2 < len(payload):
        kind, at = _varying(payload, at)
        size, at = _varying(payload, at)
        if kind == _RECOVERY_POINT:
            return Bits(payload[at : at + size]).exp_golomb()
        at += size
    return None


def _varying(payload: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(payload):
        value, at = value + payload[at], at + 1
        if payload[at - 1] != 0xFF:  # noqa: PLR2004 - the standard's mark for "more bytes follow"
            break
    return value, at


def _mpeg2_kind(data: bytes) -> int | None:
    at = data.find(_MPEG2_PICTURE)
    return (data[at + 5] >> 3) & 7 if 0 <= at < len(data) - 5 else None


def _mpeg4_kind(data: bytes) -> int | None:
    at = data.find(_MPEG4_PICTURE)
    return data[at + 4] >> 6 if 0 <= at < len(data) - 4 else None


def _flv1(data: bytes) -> bool:
    """Sorenson's H.263: a start code, the format, the number and the size come before the kind."""
    bits = Bits(data)
    bits.read(17 + 5 + 8)
    bits.read({0: 16, 1: 32}.get(bits.read(3), 0))
    return bits.read(2) == 0


def _h263(data: bytes) -> bool:
    bits = Bits(data)
    bits.read(22 + 8 + 5)
    return bits.read(3) != 7 and not bits.read(1)  # noqa: PLR2004 - 7: an extended header, which is not read here


def _vp9(data: bytes) -> bool:
    bits = Bits(data)
    if bits.read(2) != 2:  # noqa: PLR2004 - the standard's frame marker
        return False
    if bits.read(1) + 2 * bits.read(1) == 3:  # noqa: PLR2004 - a profile with a reserved bit
        bits.read(1)
    shows_another, is_inter = bits.read(1), bits.read(1)
    return not shows_another and not is_inter


def _av1(data: bytes) -> bool:
    """AV1: a sequence header, and then a key frame that is shown."""
    has_sequence = False
    for kind, body in obus(data):
        has_sequence = has_sequence or kind == _AV1_SEQUENCE
        if kind in (_AV1_FRAME, _AV1_FRAME_HEADER):
            bits = Bits(body)
            shows_another, frame_type, is_shown = bits.read(1), bits.read(2), bits.read(1)
            return has_sequence and not shows_another and frame_type == 0 and bool(is_shown)
    return False


def obus(data: bytes) -> list[tuple[int, bytes]]:
    """Return the type and the first bytes of each unit (OBU) of an AV1 packet, in order."""
    found, at = list[tuple[int, bytes]](), 0
    while at < len(data):
        head, at = data[at], at + 1 + (data[at] >> 2 & 1)
        size, shift = 0, 0
        while head & 2 and at < len(data):  # LEB128
            byte, at = data[at], at + 1
            size, shift = size | (byte & 0x7F) << shift, shift + 7
            if not byte & 0x80:
                break
        end = at + size if head & 2 else len(data)
        found.append(((head >> 3) & 15, data[at : min(end, at + 64)]))
        at = end
    return found


_TESTS: Mapping[str, StartTest] = {
    "mpeg1video": lambda data: _mpeg2_kind(data) == _I_PICTURE,
    "mpeg2video": lambda data: _mpeg2_kind(data) == _I_PICTURE,
    "mpeg4": lambda data: _mpeg4_kind(data) == _I_OBJECT,
    "msmpeg4v1": lambda data: data[:4] == b"\x00\x00\x01\x00" and Bits(data[4:5]).read(7) & 3 == 0,
    "msmpeg4v2": lambda data: data[0] >> 6 == 0,
    "msmpeg4v3": lambda data: data[0] >> 6 == 0,
    "wmv1": lambda data: data[0] >> 6 == 0,
    "wmv2": lambda data: data[0] >> 7 == 0,
    "flv1": _flv1,
    "h263": _h263,
    "vp6": lambda data: data[0] >> 7 == 0,
    "vp6f": lambda data: data[0] >> 7 == 0,
    "vp8": lambda data: data[0] & 1 == 0,
    "vp9": _vp9,
    "av1": _av1,
    "theora": lambda data: data[0] >> 6 == 0,
    "mjpeg": has_tables,
    "png": lambda _: True,
}
