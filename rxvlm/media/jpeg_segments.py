"""The segments of a JPEG, up to its compressed data."""

from __future__ import annotations

from collections.abc import Iterator

START, END = b"\xff\xd8", b"\xff\xd9"
_MARKER, _FILL = 0xFF, 0xFF
_SCAN, _EXIF = 0xDA, 0xE1
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive: what browsers show


def segments(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield the marker and the body of each segment before the compressed data.

    >>> [hex(marker) for marker, _ in segments(bytes.fromhex("ffd8 ffdb 0003 00 ffda 0002"))]
    ['0xdb', '0xda']
    """
    view, at = memoryview(data), 2
    while at + 4 <= len(data) and data[at] == _MARKER:
        if data[at + 1] == _FILL:
            at += 1
            continue
        size = int.from_bytes(view[at + 2 : at + 4], "big")
        yield data[at + 1], view[at + 4 : at + 2 + size]
        if data[at + 1] == _SCAN:
            return
        at += 2 + size


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return the (width, height) in pixels of a JPEG; None if its head does not say."""
    for marker, body in segments(data):
        if marker in _FRAMES and len(body) >= 5:  # noqa: PLR2004 - precision, height and width
            return int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
    return None


def has_tables(data: bytes) -> bool:
    """Whether a JPEG has quantisation tables of its own, so that it can be decoded without any other."""
    return data.startswith(START) and any(marker == 0xDB for marker, _ in segments(data))  # noqa: PLR2004 - DQT


def is_plain(data: bytes) -> bool:
    """Whether the bytes are a whole JPEG file that any program can read.

    Cameras leave out the usual Huffman tables, which programs that read files need. A picture with Exif data may be
    turned by them, and is not plain either.
    """
    whole = data.startswith(START) and data.rstrip(b"\x00").endswith(END)
    markers = {marker for marker, _ in segments(data)} if whole else set[int]()
    return {0xDB, 0xC4, _SCAN} <= markers and _EXIF not in markers
