"""Clips on disk: what a model was shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip

_UNSAFE = re.compile(r"[^\w.-]+")


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

    def save(analysis: Analysis) -> None:
        analysis.clip.save(where / _name(analysis.clip))

    return save


def _name(clip: Clip) -> str:
    camera = _UNSAFE.sub("_", clip.source) or "camera"
    epoch = f"-{clip.epoch}" if clip.epoch else ""
    # The suffix is replaced in saving: without one, the decimals would be.
    return f"{camera}{epoch}-{clip.start:09.3f}.clip"
