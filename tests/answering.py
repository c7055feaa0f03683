"""Answers for tests of what a notebook shows."""

from __future__ import annotations

import numpy as np

from rxvlm import Analysis, Clip, Usage
from rxvlm.media import jpeg

PICTURE = jpeg.encode(np.zeros((48, 64, 3), np.uint8))


def answer(camera: str = "gate", end: float = 5.0, *, age: float | None = None, size: int = 0) -> Analysis:
    """Make an answer to a window of five seconds; one with an age is of a camera."""
    captured = None if age is None else 1000.0 - age
    data = (PICTURE + bytes(size),)
    clip = Clip(data, "image/jpeg", (end - 5.0,), 64, 48, start=end - 5.0, end=end, captured=captured, source=camera)
    return Analysis(clip, "What?", "scripted", 999.0, 1000.0, text=f"a cat at {end:g}", usage=Usage(100, 3))
