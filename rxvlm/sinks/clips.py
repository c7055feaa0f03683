"""Clips on disk: what a model was shown."""

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
        folder: Where to; made if it is not there. Files are called after camera,
            reconnects and seconds: ``yard-00010.000.mp4``, ``yard-1-00010.000.mp4``.

    Raises:
        OSError: If the folder cannot be made; the observer raises it if a file cannot be written.
    """
    where = Path(folder)
    where.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}  # of files, by camera: two may look alike when made fit for a file's name

    def save(analysis: Analysis) -> None:
        camera = analysis.clip.source
        if camera not in names:
            names[camera] = _free(_UNSAFE.sub("_", camera)[:_LONGEST] or "camera", names.values())
        analysis.clip.save(where / _name(names[camera], analysis.clip))

    return save


def _free(name: str, taken: Collection[str]) -> str:
    return next(free for free in chain([name], (f"{name}_{at}" for at in count(2))) if free not in taken)


def _name(camera: str, clip: Clip) -> str:
    epoch = f"-{clip.epoch}" if clip.epoch else ""
    # The suffix is replaced in saving: without one, the decimals would be.
    return f"{camera}{epoch}-{clip.start:09.3f}.clip"
