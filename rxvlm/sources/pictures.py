"""Folders of pictures, played as films."""

from __future__ import annotations

import logging
from collections.abc import Generator
from functools import partial
from pathlib import Path

import av
from av.error import FFmpegError

from rxvlm.errors import NoVideoError
from rxvlm.frame import Frame
from rxvlm.media import jpeg
from rxvlm.media.picture import Image, Made
from rxvlm.sources.running.capture import Session

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
PER_SECOND = 1.0
_log = logging.getLogger("rxvlm")


def frames_of_pictures(folder: Path, name: str, session: Session) -> Generator[Frame]:
    """Read the pictures of a folder in the order of their names, one a second.

    A file that is not a picture is skipped, with a warning in the log.

    Raises:
        NoVideoError: If there is no picture in the folder.
    """
    index = 0
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES):
        if (shape := _shape(path)) is not None:
            session.state("playing")
            yield Frame(
                Made(partial(_read, path)),
                index / PER_SECOND,
                shape,
                name,
                index,
                keyframe=True,
                size=path.stat().st_size,
            )
            index += 1
    if not index:
        raise NoVideoError(
            f"{folder} is a folder without pictures; give a video file, or a folder of JPEG or PNG", str(folder)
        )


def _read(path: Path) -> Image:
    return jpeg.decode(path.read_bytes())


def _shape(path: Path) -> tuple[int, int, int] | None:
    """Read a picture's size from its header."""
    try:
        with av.open(str(path), "r") as container:
            context = container.streams.video[0].codec_context
            width, height = context.width, context.height
    except (FFmpegError, IndexError, OSError) as error:
        _log.warning("%s is passed over: %s", path, error)
        return None
    if not width or not height:
        _log.warning("%s is passed over: it is no picture", path)
        return None
    return (height, width, 3)
