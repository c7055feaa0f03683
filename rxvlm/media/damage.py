"""Damaged pictures: the error that has them, and which packets of a group are damaged."""

from __future__ import annotations

from av import VideoFrame

from rxvlm.errors import DecodeError


class DamagedError(DecodeError):
    """Raised when a picture could only be decoded in part, or depends on one that could.

    Attributes:
        picture: What FFmpeg made of it: parts are missing, smeared, or taken from another picture.
    """

    def __init__(self, message: str, picture: VideoFrame | None = None) -> None:
        super().__init__(message)
        self.picture = picture

    def __reduce__(self) -> tuple[type[DamagedError], tuple[str]]:
        return DamagedError, (str(self),)  # a picture cannot be pickled


class Damage:
    """The numbers of the packets of a group that are damaged: those that are known so far."""

    def __init__(self) -> None:
        self._numbers: set[int] = set()

    def add(self, number: int) -> None:
        """Mark a packet as damaged."""
        self._numbers.add(number)

    def lies_between(self, first: int, last: int) -> bool:
        """Whether a packet with one of these numbers, both included, is damaged."""
        return any(first <= number <= last for number in self._numbers)
