"""A camera that trembles."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from rxvlm.models.vision.alignment import align_pictures, apply_shift, find_shift, is_shaking
from rxvlm.models.vision.small import Plane


def view(across: int = 0, down: int = 0) -> Plane:
    """Look at a scene, so many pixels aside."""
    fields = np.random.default_rng(5).integers(20, 220, (14, 22)).astype(np.uint8)
    scene = np.asarray(cv2.resize(fields, (176, 106), interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.ascontiguousarray(scene[8 + down : 98 + down, 8 + across : 168 + across])


@pytest.mark.parametrize(("across", "down"), [(3, 0), (0, -4), (-2, 5)])
def test_laid_on(across: int, down: int) -> None:
    """A picture from a little aside is laid on the other, rims included."""
    laid = apply_shift(view(across, down), find_shift(view(across, down), view()), view())
    assert np.abs(laid.astype(int) - view()).mean() < 3


def test_stilled() -> None:
    """All are laid on the one in the middle."""
    pictures = np.array([view(3, 1), view(), view(-2, 2)])
    assert np.abs(align_pictures(pictures).astype(int) - view()).mean() < 3


def test_another_scene_is_not_laid_on() -> None:
    """Where it cannot be told how far a camera came, nothing is moved."""
    assert find_shift(view()[::-1, ::-1].copy(), view()) == (0, 0)


def test_trembles_everywhere() -> None:
    """What changes most of the picture time and again may be a tremble; what does so once, or in one part, is none."""
    changes = np.zeros((4, 90, 160), np.uint8)
    changes[:, :, :50] = 255
    changes[0, ::9, ::9] = 255
    assert not is_shaking(changes)
    changes[2, ::9, ::9] = 255
    assert is_shaking(changes)
