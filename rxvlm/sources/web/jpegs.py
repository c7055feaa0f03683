"""JPEGs cut out of a stream of bytes, with or without the headers of multipart around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

START: Final = b"\xff\xd8\xff"
END: Final = b"\xff\xd9"
LARGEST: Final = 64 * 2**20  # bytes of a picture
_LENGTH: Final = re.compile(rb"(?i)content-length:\s*(\d+)")
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a marker within a scan that ends it
_MOST_BETWEEN: Final = 16 * 1024  # bytes between two pictures that are kept: the headers of a part
_RESTARTS: Final = range(0xD0, 0xD8)
_SOI, _EOI, _SCAN, _FILL, _TEM, _FIRST = 0xD8, 0xD9, 0xDA, 0xFF, 0x01, 0xC0
_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # markers of a frame header


class JpegSplitter:
    """Cuts a stream of bytes into JPEGs.

    Cameras send multipart in many ways: no boundary before the first part, parts without a type or with a wrong
    length, or no multipart at all. So the pictures themselves say where they begin and end. A part's
    length is used where the picture does end there: then its bytes need not be looked at.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self.passed_over = 0  # bytes since the last picture

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes; yield the pictures that are complete."""
        self._bytes += data
        self.passed_over += len(data)
        while True:
            start = self._bytes.find(START)
            if start < 0:
                del self._bytes[:-_MOST_BETWEEN]
                return
            end = self._end(start)
            if end is None and len(self._bytes) - start <= LARGEST:
                return
            if end is None or end < 0:  # no picture after all
                del self._bytes[: start + len(START)]
                continue
            picture = bytes(self._bytes[start:end])
            del self._bytes[:end]
            self.passed_over = 0
            yield picture

    def _end(self, start: int) -> int | None:
        """Return where a picture ends; None if it is incomplete, -1 if it is not a picture."""
        lengths = _LENGTH.findall(self._bytes, max(0, start - _MOST_BETWEEN), start)
        if lengths and (end := start + int(lengths[-1])) <= start + LARGEST:
            if end > len(self._bytes):
                return end_of_jpeg(self._bytes, start) if self._next_begins(start) else None
            if self._bytes.startswith(END, end - 2):
                return end
        return end_of_jpeg(self._bytes, start)

    def _next_begins(self, start: int) -> bool:
        """Return whether another part begins, so that a part's length was wrong."""
        return _LENGTH.search(self._bytes, start) is not None


def end_of_jpeg(data: bytes | bytearray, start: int) -> int | None:
    """Return the end of the JPEG at a position; None if its end is missing, -1 if it is not a JPEG."""
    at = start + 2
    while at + 4 <= len(data) or data.startswith(END, at):
        if data[at] != 0xFF:  # noqa: PLR2004 - what every marker begins with
            return -1
        marker = data[at + 1]
        if marker == _EOI:
            return at + 2
        if marker == _SOI or (marker < _FIRST and marker != _TEM):
            return -1
        if marker == _FILL:
            at += 1
        elif marker in _RESTARTS or marker == _TEM:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if marker == _SCAN:
                found = _AFTER_SCAN.search(data, at)
                if found is None:
                    return None
                at = found.start()
    return None


def size_of_jpeg(data: bytes) -> tuple[int, int] | None:
    """Return the (width, height) of a JPEG from its header; None if there is none."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - as above
        marker = data[at + 1]
        if marker in _SIZES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 1 if marker == _FILL else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
