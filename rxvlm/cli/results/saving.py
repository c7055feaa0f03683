"""The clip of an answer or event, and its frames, as files: the same bytes that were sent to the model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rxvlm.store.stored import Stored


def save_frames(found: Stored, folder: Path) -> list[Path]:
    """Save a clip and its frames, and return the paths: ``17.mp4``, ``17.0.jpg``, ``17.1.jpg``.

    A clip that was sent as JPEGs is its frames. A frame of a film is decoded and encoded as a JPEG.

    Args:
        found: An answer or an event.
        folder: It is made if it does not exist.

    Raises:
        ClipGoneError: If the clip is not kept.
        OSError: If one cannot be written, or another file has the name.
    """
    files = _files(found)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, data in files.items():
        _write(folder / name, data)
    return [folder / name for name in files]


def _files(found: Stored) -> Mapping[str, bytes]:
    clip = found.clip()
    contents = clip.contents
    film = {f"{found.id}.mp4": contents} if isinstance(contents, bytes) else {}
    pictures = clip.jpegs().contents if isinstance(contents, bytes) else contents
    return {
        **film,
        **{f"{found.id}.{at}.jpg": picture for at, picture in enumerate(pictures) if isinstance(picture, bytes)},
    }


def _write(path: Path, data: bytes) -> None:
    """Write a file for this user alone; one that has the same bytes already stays."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.read_bytes() == data:
            return
        raise OSError(f"{path} is another file; choose another folder") from None
    with os.fdopen(file, "wb") as opened:
        opened.write(data)
