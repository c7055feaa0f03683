"""Decode the frames of a window for an encoder; those that cannot be decoded are left out."""

from __future__ import annotations

import logging

from av import VideoFrame

from rxvlm.errors import DecodeError
from rxvlm.frame import Frame
from rxvlm.media.damage import DamagedError
from rxvlm.window import Window

_log = logging.getLogger("rxvlm")


class Decoding:
    """Decodes the frames of a window, and counts those that are whole.

    A damaged picture goes into the clip, as long as most pictures of the clip are whole.

    Args:
        exact: Whether frames are decoded bit-exact; see `Frame.picture`.
    """

    def __init__(self, *, exact: bool) -> None:
        self._exact = exact
        self._seen = self._whole = 0

    def decode(self, frame: Frame) -> VideoFrame | None:
        """Decode a frame; return None, and log it, if that is not possible."""
        self._seen += 1
        try:
            picture = frame.picture(exact=self._exact)
        except DecodeError as error:
            damaged = error.picture if isinstance(error, DamagedError) else None
            if damaged is None:
                _log.warning("%r is left out of its clip: %s", frame, error)
            return damaged
        self._whole += 1
        return picture

    def skip(self) -> None:
        """Count a frame that need not be decoded."""
        self._seen += 1
        self._whole += 1

    def check(self, window: Window) -> None:
        """Check that at least half of the pictures were whole.

        Raises:
            DecodeError: If they were not.
        """
        if not self._whole:
            raise DecodeError(f"none of the {self._seen} frames of {window!r} can be decoded")
        if 2 * self._whole < self._seen:
            raise DecodeError(f"{self._seen - self._whole} of the {self._seen} frames of {window!r} are damaged")
