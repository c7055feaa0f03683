"""StreamedBody: the body of a request whose clips are encoded as base64 while it is sent."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from typing import Final

_CHUNK: Final = 48 * 1024  # bytes that are encoded at a time, a multiple of 3


class StreamedBody:
    """A text with clips in base64 in the place of its marks. The encoded clips are never in memory as a whole.

    >>> body = StreamedBody(b'{"url": "data:image/jpeg;base64,<clip>"}', "<clip>", [b"abc"])
    >>> b"".join(body), len(body)
    (b'{"url": "data:image/jpeg;base64,YWJj"}', 38)

    Args:
        text: The body, with a mark for each clip.
        mark: What stands for a clip. It must be a word that no prompt can hold.
        clips: The clips, in the order of their marks.

    Raises:
        ValueError: If the number of clips is not that of the marks.
    """

    def __init__(self, text: bytes, mark: str, clips: Sequence[bytes]) -> None:
        *before, self._after = text.split(mark.encode())
        self._parts = list(zip(before, clips, strict=True))

    def __len__(self) -> int:
        return sum(len(before) + encoded_size(len(clip)) for before, clip in self._parts) + len(self._after)

    def __iter__(self) -> Iterator[bytes]:
        for before, clip in self._parts:
            yield before
            yield from _encoded(clip)
        yield self._after


def encoded_size(size: int) -> int:
    """Return how many bytes so many bytes become in base64."""
    return (size + 2) // 3 * 4


def _encoded(data: bytes) -> Iterator[bytes]:
    view = memoryview(data)
    for at in range(0, len(view), _CHUNK):
        yield b2a_base64(view[at : at + _CHUNK], newline=False)
