"""Light, exposure and cuts of whole pictures."""

from __future__ import annotations

import numpy as np
import pytest

from rxvlm.models.vision.light import apply_exposure, find_cuts, fit_exposures
from rxvlm.models.vision.small import Plane


def scene(seed: int) -> Plane:
    """Draw something with contrast."""
    return np.random.default_rng(seed).integers(30, 200, (11, 20)).astype(np.uint8)


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (0.6, 5.0), (1.2, -10.0)])
def test_exposure_is_found(gain: float, offset: float) -> None:
    """The exposure of a picture is brought back, whatever stands in a part of it."""
    other = apply_exposure(scene(1), gain, offset)
    other[2:6, 3:8] = 250
    (fit,) = fit_exposures(other[None], scene(1))
    back = apply_exposure(other, *fit).astype(int)
    assert np.abs(back[:, 10:] - scene(1)[:, 10:]).max() <= 5


def test_cuts() -> None:
    """Another scene is a cut; the same in another light, or with something before it, is none."""
    dark, crowded = (scene(1) // 2).astype(np.uint8), scene(1)
    crowded[:, :7] = 10
    assert find_cuts(np.array([scene(1), dark, scene(1), crowded, scene(1), scene(2), scene(2)])) == [5]
