"""Decode the frames of a window for an encoder; damaged ones are left out."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from av import VideoFrame

from rxvlm.errors import DecodeError
from rxvlm.frame import Frame
from rxvlm.window import Window

_log = logging.getLogger("rxvlm")


def decode_frames(window: Window, *, exact: bool) -> Iterator[tuple[Frame, VideoFrame]]:
    """Decode a window's frames one after another, without the damaged ones.

    Args:
        window: The window.
        exact: Whether frames are decoded bit-exact; see `Frame.picture`.

    Raises:
        DecodeError: If none of them can be decoded.
    """
    any_decoded = False
    for frame in window.frames:
        if (picture := decode_frame(frame, exact=exact)) is not None:
            any_decoded = True
            yield frame, picture
    if not any_decoded:
        raise nothing_decoded(window)


def decode_frame(frame: Frame, *, exact: bool) -> VideoFrame | None:
    """Decode a frame; return None, and log it, if it is damaged."""
    try:
        return frame.picture(exact=exact)
    except DecodeError as error:
        _log.warning("%r is left out of its clip: %s", frame, error)
        return None


def nothing_decoded(window: Window) -> DecodeError:
    """Return the error for a window of which no frame can be decoded."""
    return DecodeError(f"none of the {len(window.frames)} frames of {window!r} can be decoded")
