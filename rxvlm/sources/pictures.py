"""Folders of pictures, played as films."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

from rxvlm.errors import DecodeError, NoVideoError
from rxvlm.frame import Frame
from rxvlm.media import jpeg
from rxvlm.media.picture import Image, Made
from rxvlm.sources.picture_size import shape_of
from rxvlm.sources.running.capture import Session

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
PER_SECOND = 1.0
_FILMS = (".mp4", ".mkv", ".avi", ".mov", ".ts", ".m4v", ".webm", ".flv", ".mpg", ".mpeg", ".wmv", ".m2ts", ".3gp")
_SHOWN = 5  # names of files that are left out
_log = logging.getLogger("rxvlm")


def frames_of_pictures(folder: Path, name: str, max_pixels: int, session: Session) -> Generator[Frame]:
    """Read the pictures of a folder in the order of their names, one a second.

    A file that is not a picture, or has more than ``max_pixels``, is skipped, with a warning in the log.

    Raises:
        NoVideoError: If there is no picture in the folder.
    """
    index = 0
    there = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    pictures = [path for path in there if path.suffix.lower() in SUFFIXES]
    if pictures and len(pictures) < len(there):
        others = [path.name for path in there if path not in pictures]
        shown = ", ".join(others[:_SHOWN]) + (", ..." if len(others) > _SHOWN else "")
        _log.warning("%s is watched for its pictures; left out, by their names no pictures: %s", folder, shown)
    session.lasts(len(pictures) / PER_SECOND)
    for path in pictures:
        if (shape := _shape(path, max_pixels)) is not None:
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
        raise NoVideoError(f"{folder} is a folder {_what_it_has(folder, there)}", str(folder))


def _what_it_has(folder: Path, there: Sequence[Path]) -> str:
    """Return what to write instead of a folder without pictures."""
    films = sorted({path.suffix for path in there if path.suffix.lower() in _FILMS})
    if not films:
        return "without pictures; give a video file, or a folder of JPEG or PNG"
    each = " ".join(str(folder / f"*{suffix}") for suffix in films)
    return f"of films, and not of pictures; watch each film by itself: rxvlm watch {each}"


def _read(path: Path) -> Image:
    return jpeg.decode(path.read_bytes())


def _shape(path: Path, max_pixels: int) -> tuple[int, int, int] | None:
    try:
        return shape_of(path.read_bytes(), max_pixels)
    except (DecodeError, OSError) as error:
        _log.warning("%s is left out: %s", path, error)
        return None
