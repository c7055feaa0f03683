"""Ask with a video, and once more with pictures if it is refused."""

from __future__ import annotations

from collections.abc import Callable, Generator
from time import monotonic
from typing import TypeAlias

from rxvlm.errors import ModelError, NoVideoInputError
from rxvlm.models.wire.video_refusal import PicturesInstead
from rxvlm.vlm import Piece

_REFUSED = 400  # of DashScope's own servers the words are known: no other refusal leads to pictures
Ask: TypeAlias = Callable[[], Generator[Piece, None, None]]
"""Asks when it is called, and yields the pieces of the answer."""


def video_or_pictures(video: Ask, pictures: Ask, memory: PicturesInstead, name: str) -> Generator[Piece, None, None]:
    """Yield the answer about a video; if the video is refused, that about pictures.

    Args:
        video: Asks with the video.
        pictures: Asks with pictures.
        memory: What the server has shown before.
        name: The model's name, for the log.
    """
    if memory.refuses_video.is_set():
        yield from pictures()
        return
    refused = yield from _until_refused(video(), memory)
    if refused is None:
        return
    pieces = pictures()
    try:
        first = next(pieces)
    except ModelError as error:
        memory.failed(monotonic())
        failed = memory.error_of(refused, error)
    else:
        yield first
        yield from pieces
        memory.answered(name, refused)
        return
    raise failed


def _until_refused(
    pieces: Generator[Piece, None, None], memory: PicturesInstead
) -> Generator[Piece, None, ModelError | None]:
    """Yield an answer; return the refusal in its place if pictures may help."""
    try:
        first = next(pieces)
    except NoVideoInputError as error:
        if not memory.may_help(error, _REFUSED, monotonic()):
            raise
        return error.with_traceback(None)
    yield first
    yield from pieces
    return None
