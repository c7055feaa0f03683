"""save_clips: the clips that a model saw, as files."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import chain, count
from pathlib import Path

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 60


def save_clips(folder: str | Path) -> Callable[[Analysis], None]:
    """Make an observer that saves the clip of each analysis.

    Args:
        folder: The folder to save in; it is made if it does not exist. A file is named after its camera,
            the number of reconnects if there were any, and the seconds:
            ``yard-00010.000.mp4``, ``yard-1-00010.000.mp4``.

    Raises:
        OSError: If the folder cannot be made; the observer raises it if a file cannot be written.
    """
    where = Path(folder)
    where.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}  # start of file names, by camera; two cameras may get the same name when it is cleaned

    def save(analysis: Analysis) -> None:
        camera = analysis.clip.source
        if camera not in names:
            names[camera] = _unused(_UNSAFE.sub("_", camera)[:_LONGEST] or "camera", names.values())
        analysis.clip.save(where / _name(names[camera], analysis.clip))

    return save


def _unused(name: str, taken: Collection[str]) -> str:
    return next(free for free in chain([name], (f"{name}_{at}" for at in count(2))) if free not in taken)


def _name(camera: str, clip: Clip) -> str:
    epoch = f"-{clip.epoch}" if clip.epoch else ""
    # Clip.save replaces the suffix; without this one it would replace the decimals.
    return f"{camera}{epoch}-{clip.start:09.3f}.clip"
