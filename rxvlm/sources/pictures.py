"""Folders of pictures, as films."""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import av
from av import VideoFrame
from av.error import FFmpegError

from rxvlm import jpeg
from rxvlm.errors import NoVideoError
from rxvlm.frame import Frame
from rxvlm.picture import Image, read_only
from rxvlm.sources.capture import Session

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
PER_SECOND = 1.0
_log = logging.getLogger("rxvlm")


@dataclass(frozen=True, slots=True)
class PictureFile:
    """The pixels of a picture on disk, read when somebody looks."""

    path: Path

    def picture(self) -> VideoFrame:
        """Read the picture, as a PyAV frame."""
        return VideoFrame.from_ndarray(self.image(), format="bgr24")

    def image(self) -> Image:
        """Read the picture, as BGR ``uint8`` (height, width, 3)."""
        return read_only(jpeg.decode(self.path.read_bytes()))


def frames_of_pictures(folder: Path, name: str, session: Session) -> Generator[Frame]:
    """Give the pictures of a folder in the order of their names, one a second.

    What is no picture is passed over, and logged.

    Raises:
        NoVideoError: If there is not one picture.
    """
    index = 0
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES):
        if (shape := _shape(path)) is not None:
            session.state("playing")
            yield Frame(
                PictureFile(path), index / PER_SECOND, shape, name, index, keyframe=True, size=path.stat().st_size
            )
            index += 1
    if not index:
        raise NoVideoError(
            f"{folder} is a folder without pictures; give a video file, or a folder of JPEG or PNG", str(folder)
        )


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
