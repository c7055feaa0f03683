"""Small pictures straight from the decoder's planes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from models.vision.truth import clip_of

from rxvlm.clip import Clip
from rxvlm.media.picture import Image
from rxvlm.models.vision.small import shrink, small_pictures


def picture(size: tuple[int, int]) -> Image:
    """Draw a smooth picture with a red half."""
    fields = np.random.default_rng(1).integers(60, 180, (9, 16, 3)).astype(np.uint8)
    image = np.asarray(cv2.resize(fields, size), np.uint8)
    image[:, size[0] // 2 :] = (30, 30, 200)
    return image


@pytest.mark.parametrize("form", ["mp4", "jpeg"])
def test_luma_and_colour(form: str) -> None:
    """Of either form a clip's pictures are some 160 across, in the light and the colours of the clip."""
    image = picture((640, 360))
    clip: Clip = clip_of([image] * 2, [0.0, 1.0])
    (small, _) = small_pictures(clip if form == "mp4" else clip.jpegs())
    assert small.luma.shape == (90, 160)
    assert small.blue.shape == small.red.shape == (45, 80)
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (160, 90), interpolation=cv2.INTER_AREA)
    assert np.abs((small.luma.astype(float) - 16) * 255 / 219 - grey).mean() < 3
    assert small.red[:, 45:].mean() > 180
    assert small.lines.shape == (15, 640)


@pytest.mark.parametrize(
    ("width", "across"), [(100, 100), (320, 160), (480, 160), (768, 154), (1280, 160), (1918, 160)]
)
def test_width(width: int, across: int) -> None:
    """Whatever the width of a clip, its pictures are about as large."""
    (small,) = small_pictures(clip_of([picture((width, 180))], [0.0]))
    assert small.luma.shape[1] == pytest.approx(across, abs=1)


def test_reduced_averages() -> None:
    """A square of so many pixels a side becomes its mean, and a rest at the edge is left out."""
    plane = np.arange(7 * 6).reshape(7, 6).astype(np.uint8)
    assert np.array_equal(shrink(plane, 3), np.rint(plane[:6].reshape(2, 3, 2, 3).mean(axis=(1, 3))).astype(np.uint8))
