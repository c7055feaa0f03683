"""Video files: they are only demuxed; a picture is decoded when its pixels are needed."""

from __future__ import annotations

import stat
from collections.abc import Generator
from pathlib import Path
from typing import Final

from av import VideoStream
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError

from rxvlm.errors import NoVideoError, SourceError, SourceNotFoundError
from rxvlm.frame import Frame
from rxvlm.sources.film import film_in, frames_of_film
from rxvlm.sources.opening import open_container
from rxvlm.sources.picture_size import ANIMATED_WEBP, is_animated_webp
from rxvlm.sources.playlist import check_playlist
from rxvlm.sources.running.capture import Session
from rxvlm.ticks import to_seconds
from rxvlm.uri import safe_address

RESYNC: Final = {"resync_size": str(2**31 - 1)}  # bytes of MPEG-TS that are searched for where it goes on after a hole
# Only files: a playlist in place of a video must not make FFmpeg connect to the network.
_OPTIONS: Final = {"protocol_whitelist": "file,crypto,data", **RESYNC}


def frames_of_file(path: Path, name: str, width: int | None, session: Session) -> Generator[Frame]:
    """Read a file's frames, as fast as they are taken.

    Raises:
        SourceNotFoundError: If the path does not exist.
        NoVideoError: If it is not a file, is empty, or has no video in it.
        SourceError: If it cannot be read.
        SourceBrokenError: If the file ends too early.
    """
    container, stream = open_file(path)
    with container:
        yield from frames_of_film(stream, str(path), name=name, width=width, session=session)


def facts_of_file(path: Path) -> dict[str, str]:
    """Return what a file says of itself, by name: its length, frames a second and codec.

    Raises:
        SourceError: If it cannot be read; a subclass says why.
    """
    container, stream = open_file(path)
    with container:
        length, rate = container.duration, stream.average_rate
        return {
            "length": f"{to_seconds(length):.1f} s" if length else "",
            "frames a second": f"{float(rate):.4g}" if rate else "",
            "codec": stream.codec_context.name,
        }


def check_there(path: Path) -> int:
    """Return the size in bytes of a file, which may be empty.

    Raises:
        SourceNotFoundError: If the path does not exist.
        NoVideoError: If it is not a file.
        SourceError: If the system refuses it.
    """
    where = safe_address(str(path))  # what does not exist may be the address of a camera, without its scheme
    try:
        found = path.stat()
    except FileNotFoundError:
        found = SourceNotFoundError(f"{where} does not exist", where)
    except OSError as error:
        found = SourceError(f"{where} cannot be opened: {error.strerror}", where)
    if isinstance(found, SourceError):  # raised here, so that it does not refer to the system's, which has the path
        raise found
    where = str(path)
    if not stat.S_ISREG(found.st_mode):
        raise NoVideoError(f"{where} is not a video file, but a folder, a pipe or a device", where)
    return found.st_size


def _check_head(path: Path) -> None:
    """Raise for what FFmpeg would open, and should not, or cannot decode."""
    try:
        check_playlist(path)
        with path.open("rb") as file:
            is_webp = is_animated_webp(file.read(64))
    except OSError as error:
        raise SourceError(f"{path} cannot be opened: {error.strerror}", str(path)) from None
    if is_webp:
        raise NoVideoError(f"{path} cannot be read: {ANIMATED_WEBP}", str(path))


def open_file(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a video file; return its container and its video stream.

    Raises:
        SourceError: If it cannot be read; a subclass says why.
    """
    where = str(path)
    if not check_there(path):
        raise NoVideoError(f"{where} is empty", where)
    _check_head(path)
    try:
        container = open_container(f"file:{where}", options=_OPTIONS)
    except FFmpegError as error:
        raise _unreadable(where, error) from error
    except OSError as error:
        raise SourceError(f"{where} cannot be opened: {error.strerror}", where) from error
    return container, film_in(container, where)


def _unreadable(where: str, error: FFmpegError) -> SourceError:
    hint = " (is it a video, and complete?)" if isinstance(error, InvalidDataError) else ""
    return SourceError(f"{where} cannot be read: {error.strerror}{hint}", where)
