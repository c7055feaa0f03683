"""A file that another program still writes: it is read like a pipe, on to where it no longer grows."""

from __future__ import annotations

import io
import time
from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final, cast

from av.error import FFmpegError

from rxvlm.errors import NoVideoError, SourceError
from rxvlm.frame import Frame
from rxvlm.sources.file import RESYNC, check_there, frames_of_file
from rxvlm.sources.film import film_in, frames_of_film
from rxvlm.sources.opening import attempt, open_container
from rxvlm.sources.running.capture import Session

IDLE_SECONDS: Final = 10.0  # without a byte more, after which a file is complete: recorders write every few seconds
_LOOK_SECONDS: Final = 0.2  # between two looks at whether it has grown
_OPTIONS: Final = {"protocol_whitelist": "data", **RESYNC}  # a playlist opens nothing: it has an end, or is a camera's


def frames_of_growing(path: Path, name: str, width: int | None, session: Session) -> Generator[Frame]:
    """Read a file's frames, and those that another program adds, until it has not grown for `IDLE_SECONDS`.

    A file that cannot be read from start to end, as an MP4 with its index at the end, is complete: it is read as any
    other.

    Raises:
        SourceNotFoundError: If the path does not exist.
        NoVideoError: If it is not a file, or there is no video in it.
        SourceError: If it cannot be read; a subclass says why.
    """
    check_there(path)
    begun = False
    try:
        for frame in _frames_of(path, name, width, session):
            begun = True
            yield frame
    except SourceError:
        if begun and not session.ending:
            raise
    if not begun and not session.ending:
        yield from frames_of_file(path, name, width, session)


def _frames_of(path: Path, name: str, width: int | None, session: Session) -> Generator[Frame]:
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise SourceError(f"{path} cannot be opened: {error.strerror}", str(path)) from None
    with closing(file):
        container = attempt(partial(open_container, cast("str", _Reader(file, session)), options=_OPTIONS))
        if isinstance(container, FFmpegError):
            raise NoVideoError(f"{path} has no video in it", str(path))
        with container:
            yield from frames_of_film(film_in(container, str(path)), str(path), name=name, width=width, session=session)


class _Reader:
    """Gives bytes to FFmpeg as they come. It cannot seek, because the file still grows."""

    def __init__(self, file: io.FileIO, session: Session) -> None:
        self._file, self._session = file, session
        self._ended = False  # FFmpeg reads on after the end, a few times, which must not wait again

    def read(self, size: int = io.DEFAULT_BUFFER_SIZE) -> bytes:
        """Return some bytes, and wait for them; none at the end."""
        until = time.monotonic() + IDLE_SECONDS
        while not self._ended:
            if data := self._file.read(size):
                return data
            self._ended = time.monotonic() >= until or self._session.wait(_LOOK_SECONDS)
        return b""
