from __future__ import annotations

import pytest

from rxvlm.media.bitstream import StartTest
from rxvlm.media.bitstream import start_test as any_start_test


def start_test(codec: str, extradata: bytes) -> StartTest:
    test = any_start_test(codec, extradata)
    assert test is not None
    return test


IDR = bytes([0x65, 0x88])
SLICE = bytes([0x41, 0x9A])
SPS = bytes([0x67, 0x64])


def recovery(frames: int) -> bytes:
    """Make an SEI unit with a recovery point after so many pictures, of one other message before it."""
    code = f"{'0' * ((frames + 1).bit_length() - 1)}{frames + 1:b}"
    bits = (code + "1000").ljust(16, "0")
    payload = int(bits, 2).to_bytes(2, "big")
    return bytes([0x06, 5, 1, 0xAA, 6, len(payload)]) + payload + b"\x80"


def annexb(*units: bytes) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)


def avcc(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


EXTRADATA = b"\x01\x64\x00\x0d\xff\xe1"


def test_an_idr_picture_is_a_start() -> None:
    """Decoding can start at an IDR picture, with length fields or start codes."""
    assert start_test("h264", b"")(annexb(SPS, IDR))
    assert start_test("h264", EXTRADATA)(avcc(SPS, IDR))


def test_a_recovery_point_at_once_is_a_start() -> None:
    """Decoding can start at a recovery point of 0 pictures: the key frame of an open GOP."""
    assert start_test("h264", b"")(annexb(recovery(0), SLICE))
    assert start_test("h264", EXTRADATA)(avcc(recovery(0), SLICE))


def test_a_recovery_point_later_is_none() -> None:
    """Decoding cannot start at a recovery point of several pictures: it is intra refresh."""
    for frames in (1, 5, 23, 255):
        assert not start_test("h264", b"")(annexb(recovery(frames), SLICE))
        assert not start_test("h264", EXTRADATA)(avcc(recovery(frames), SLICE))


def test_a_plain_slice_is_none() -> None:
    """A key frame flag alone is not enough for H.264."""
    assert not start_test("h264", b"")(annexb(SPS, SLICE))


def test_h265_starts_at_random_access_points() -> None:
    """For H.265 the type of the picture decides: IDR and CRA are starts, trailing pictures are not."""
    starts = start_test("hevc", b"")
    for kind in (16, 19, 20, 21):
        assert starts(annexb(bytes([kind << 1, 1, 0xAF])))
    for kind in (0, 1, 8, 9):
        assert not starts(annexb(bytes([kind << 1, 1, 0xAF])))


@pytest.mark.parametrize(
    ("codec", "start", "other"),
    [
        ("mpeg2video", "000001b3 00000100 000fffff", "00000100 0017ffff"),
        ("mpeg4", "000001b6 10c0", "000001b6 50c0"),
        ("msmpeg4v1", "00000100 0000", "00000100 0200"),
        ("msmpeg4v3", "3f", "7f"),
        ("wmv1", "20", "60"),
        ("wmv2", "7f", "ff"),
        ("flv1", "0000801580", "00008015a0"),
        ("h263", "0000801608", "000080160a"),
        ("vp6f", "40", "c0"),
        ("vp8", "30", "31"),
        ("vp9", "824983", "864983"),
        ("theora", "00", "40"),
        ("av1", "0a0100 320110", "320130"),
        ("av1", "0a0100 320110", "0a0100 320130"),
        ("av1", "0a0100 320110", "320110"),
        ("mjpeg", "ffd8 ffdb000400 ffda", "ffd8 ffc0000400 ffda"),
    ],
)
def test_the_kind_of_a_picture_is_read(codec: str, start: str, other: str) -> None:
    """Of each codec that says it, a whole picture is a start, and one that depends on another is none."""
    starts = start_test(codec, b"")
    assert starts(bytes.fromhex(start).ljust(16, b"\0"))
    assert not starts(bytes.fromhex(other).ljust(16, b"\0"))


def test_of_a_codec_that_is_not_known_nothing_is_believed() -> None:
    """Of a codec whose bytes are not read, no packet is called a start."""
    assert any_start_test("cinepak", b"") is None


def test_damaged_bytes_do_no_harm() -> None:
    """Wrong length fields and truncated packets are not starts, and not errors."""
    for data in (b"", b"\x00", b"\x00\x00\x00\xff\x65", b"\x00\x00\x01", annexb(b"\x06\x06"), annexb(b"\x06\xff\xff")):
        assert not start_test("h264", b"")(data)
        start_test("h264", EXTRADATA)(data)
        start_test("hevc", b"\x01" * 30)(data)
