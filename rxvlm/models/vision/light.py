"""The light of whole pictures: mean brightness, exposure, and cuts between scenes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

from rxvlm.models.vision.small import Plane, Planes, shrink

LightLevel = Literal["dark", "dim", "normal", "bright"]
LightTrend = Literal["brighter", "darker", "steady"]
Floats: TypeAlias = npt.NDArray[np.float32]

_LEVELS: tuple[tuple[float, LightLevel], ...] = ((40, "dark"), (80, "dim"), (190, "normal"), (256, "bright"))
_TREND = 0.1  # of the mean light: a smaller change is ignored
_TREND_LEVELS = 4.0  # levels of 255: the same for pictures with little light
_BLACK, _RANGE = 16, 219  # lowest level and range of a video's luma
_TINY = 20  # pixels across a thumbnail, approximately
_CUT_SHARE = 0.3  # of the picture that is different after a cut, at least
_CUT_LEVELS = 25  # levels by which it is different: well above the noise of a thumbnail
_CUT_LIKENESS = 0.5  # correlation of the edges before and after a cut, at most
_FLAT = 6.0  # standard deviation in levels below which a picture has no contrast to compare
_DARK = 8.0  # levels added to both, so that the ratio of two dark levels is not noise
_EXPOSED = 1.0  # levels by which half of a picture may differ at equal exposure
_GAINS = (0.4, 2.5)  # smallest and largest gain between two exposures


def thumbnail(luma: Plane) -> Plane:
    """Shrink a small picture to about 20 pixels across."""
    return shrink(luma, max(1, luma.shape[1] // _TINY))


def brightness(thumbnails: Planes) -> list[float]:
    """Return the mean light of each picture, 0 to 255.

    Args:
        thumbnails: From `thumbnail`.
    """
    means = ((cv2.mean(picture)[0] - _BLACK) * 255 / _RANGE for picture in thumbnails)
    return [min(255.0, max(0.0, mean)) for mean in means]


def light_level(mean: float) -> LightLevel:
    """Return the word for a mean light, 0 to 255.

    >>> light_level(20), light_level(120)
    ('dark', 'normal')
    """
    return next(word for top, word in _LEVELS if mean < top)


def light_trend(before: float, after: float) -> LightTrend:
    """Compare two mean lights, 0 to 255.

    >>> light_trend(100, 104), light_trend(100, 120)
    ('steady', 'brighter')
    """
    if abs(after - before) < max(_TREND_LEVELS, _TREND * before):
        return "steady"
    return "brighter" if after > before else "darker"


def overall_trend(lights: Sequence[float]) -> LightTrend:
    """Compare the last third of a series of mean lights with its first third; a passing shadow is not a trend.

    >>> overall_trend([100, 101, 60, 101, 100, 100])
    'steady'
    """
    third = len(lights) // 3
    ways: set[LightTrend] = {
        light_trend(before, after) for before in lights[:third] for after in lights[len(lights) - third :]
    }
    return ways.pop() if len(ways) == 1 else "steady"


def find_cuts(thumbnails: Planes) -> list[int]:
    """Return the indices of the pictures that show another scene than the picture before.

    Something that fills the view and a camera that turns are found as cuts, too.

    Args:
        thumbnails: From `thumbnail`.
    """
    seen = thumbnails.astype(np.float32)
    edges = np.concatenate([np.diff(seen, axis=axis).reshape(len(seen), -1) for axis in (1, 2)], axis=1)
    strengths = np.sqrt(np.einsum("ij,ij->i", edges, edges))
    alike = np.einsum("ij,ij->i", edges[1:], edges[:-1]) / (strengths[1:] * strengths[:-1] + 1)
    doubtful = np.flatnonzero(alike <= _CUT_LIKENESS) + 1
    return [int(at) for at in doubtful if _show_different_scenes(thumbnails[at - 1], thumbnails[at])]


def fit_exposures(thumbnails: Planes, like: Plane) -> list[tuple[float, float]]:
    """Return for each picture the gain and offset that bring it to the exposure of another.

    The fit uses only the pixels that agree, so that a thing in one of the pictures does not disturb it.

    Args:
        thumbnails: From `thumbnail`.
        like: The thumbnail with the wanted exposure.
    """
    given = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    wanted = like.ravel().astype(np.float32)
    if _median(np.abs(given - wanted)).max() <= _EXPOSED:
        return [(1.0, 0.0)] * len(given)
    gain = _median(np.divide(wanted + _DARK, given + _DARK, dtype=np.float32))  # more light multiplies all levels
    misfit = np.abs(given * gain - wanted)
    agree = (misfit <= 2 * _median(misfit) + 2).astype(np.float32)
    agree /= np.maximum(agree.sum(axis=1, keepdims=True), 1)
    x, y = _dot(agree, given), _dot(agree, wanted[None])
    off: Floats = given - x
    weighed: Floats = agree * off
    spread, together = _dot(weighed, off), _dot(weighed, wanted - y)
    gain = np.where(spread > _FLAT**2, together / np.maximum(spread, 1), gain).clip(*_GAINS)
    offset = y - gain * x
    return [(float(gain), float(offset)) for gain, offset in zip(gain[:, 0], offset[:, 0], strict=True)]


def apply_exposure(luma: Plane, gain: float, offset: float) -> Plane:
    """Return a picture with another exposure; the same array if gain is 1 and offset 0."""
    return luma if (gain, offset) == (1, 0) else cast("Plane", cv2.addWeighted(luma, gain, luma, 0, offset))


def _show_different_scenes(one: Plane, other: Plane) -> bool:
    """Check whether a large part of two pictures differs, independent of exposure."""
    if not _differ_widely(one, other):
        return False
    (fit,) = fit_exposures(other[None], one)
    return _differ_widely(one, apply_exposure(other, *fit))


def _differ_widely(one: Plane, other: Plane) -> bool:
    off = cast("Plane", cv2.absdiff(one, other))
    return bool(np.count_nonzero(off > _CUT_LEVELS) > _CUT_SHARE * off.size)


def _median(values: Floats) -> Floats:
    """Return the median of each row, of shape (rows, 1)."""
    half = values.shape[1] // 2
    return np.partition(values, half, axis=1)[:, half : half + 1]


def _dot(one: Floats, other: Floats) -> Floats:
    return (one * other).sum(axis=1, keepdims=True)
