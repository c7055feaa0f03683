"""The light of whole pictures: how much of it there is, its exposure, and where one scene gives way to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

from rxvlm.models.vision.small import Plane, Planes, reduced

Level = Literal["dark", "dim", "normal", "bright"]
Trend = Literal["brighter", "darker", "steady"]
Floats: TypeAlias = npt.NDArray[np.float32]

_LEVELS: tuple[tuple[float, Level], ...] = ((40, "dark"), (80, "dim"), (190, "normal"), (256, "bright"))
_TREND = 0.1  # of the light: a smaller change is none
_TREND_LEVELS = 4.0  # of 255, the same where there is little light
_BLACK, _RANGE = 16, 219  # of a video's luma
_TINY = 20  # pixels across, more or less, of what light and cuts are told from
_CUT_SHARE = 0.3  # of the picture that is different after a cut
_CUT_LEVELS = 25  # by which it is different, well above noise in so small a picture
_CUT_LIKENESS = 0.5  # correlation of edges over a cut, at most
_FLAT = 6.0  # deviation in levels under which a picture has no contrast to compare
_DARK = 8.0  # levels added to both, so that the ratio of two near blacks is not noise
_EXPOSED = 1.0  # levels by which most of a picture may be off: then its exposure is right
_GAINS = (0.4, 2.5)  # of one exposure over another


def tiny(luma: Plane) -> Plane:
    """Shrink a small picture to some 20 pixels across."""
    return reduced(luma, max(1, luma.shape[1] // _TINY))


def brightness(tinies: Planes) -> list[float]:
    """Give the mean light of pictures, 0 to 255.

    Args:
        tinies: As `tiny` gives them.
    """
    means = ((cv2.mean(picture)[0] - _BLACK) * 255 / _RANGE for picture in tinies)
    return [min(255.0, max(0.0, mean)) for mean in means]


def level(mean: float) -> Level:
    """Put a mean light, 0 to 255, into a word.

    >>> level(20), level(120)
    ('dark', 'normal')
    """
    return next(word for top, word in _LEVELS if mean < top)


def trend(before: float, after: float) -> Trend:
    """Compare two mean lights, 0 to 255.

    >>> trend(100, 104), trend(100, 120)
    ('steady', 'brighter')
    """
    if abs(after - before) < max(_TREND_LEVELS, _TREND * before):
        return "steady"
    return "brighter" if after > before else "darker"


def trend_of(lights: Sequence[float]) -> Trend:
    """Compare the end of a series of mean lights with its beginning: a passing shadow is none.

    >>> trend_of([100, 101, 60, 101, 100, 100])
    'steady'
    """
    third = len(lights) // 3
    ways: set[Trend] = {trend(before, after) for before in lights[:third] for after in lights[len(lights) - third :]}
    return ways.pop() if len(ways) == 1 else "steady"


def cuts(tinies: Planes) -> list[int]:
    """Give the indices of the pictures that show another scene than the one before.

    Something that fills the view, and a camera that turns, look the same.

    Args:
        tinies: As `tiny` gives them.
    """
    seen = tinies.astype(np.float32)
    edges = np.concatenate([np.diff(seen, axis=axis).reshape(len(seen), -1) for axis in (1, 2)], axis=1)
    strengths = np.sqrt(np.einsum("ij,ij->i", edges, edges))
    alike = np.einsum("ij,ij->i", edges[1:], edges[:-1]) / (strengths[1:] * strengths[:-1] + 1)
    doubtful = np.flatnonzero(alike <= _CUT_LIKENESS) + 1
    return [int(at) for at in doubtful if _differ(tinies[at - 1], tinies[at])]


def exposures(tinies: Planes, like: Plane) -> list[tuple[float, float]]:
    """Give each picture's gain and offset to the exposure of another, judged by the pixels that agree.

    Args:
        tinies: As `tiny` gives them.
        like: One, of the exposure that is wanted.
    """
    given = tinies.reshape(len(tinies), -1).astype(np.float32)
    wanted = like.ravel().astype(np.float32)
    if _median(np.abs(given - wanted)).max() <= _EXPOSED:
        return [(1.0, 0.0)] * len(given)
    gain = _median(np.divide(wanted + _DARK, given + _DARK, dtype=np.float32))  # what more light does
    misfit = np.abs(given * gain - wanted)
    agree = (misfit <= 2 * _median(misfit) + 2).astype(np.float32)
    agree /= np.maximum(agree.sum(axis=1, keepdims=True), 1)
    x, y = _dot(agree, given), _dot(agree, wanted[None])
    off, weighed = given - x, agree * (given - x)
    spread, together = _dot(weighed, off), _dot(weighed, wanted - y)
    gain = np.where(spread > _FLAT**2, together / np.maximum(spread, 1), gain).clip(*_GAINS)
    offset = y - gain * x
    return [(float(gain), float(offset)) for gain, offset in zip(gain[:, 0], offset[:, 0], strict=True)]


def exposed(luma: Plane, gain: float, offset: float) -> Plane:
    """Give a picture another exposure; the same picture, where there is nothing to do."""
    return luma if (gain, offset) == (1, 0) else cast("Plane", cv2.addWeighted(luma, gain, luma, 0, offset))


def _differ(one: Plane, other: Plane) -> bool:
    """Tell whether much of two pictures differs, whatever their exposure."""
    if not _apart(one, other):
        return False
    (fit,) = exposures(other[None], one)
    return _apart(one, exposed(other, *fit))


def _apart(one: Plane, other: Plane) -> bool:
    off = cast("Plane", cv2.absdiff(one, other))
    return bool(np.count_nonzero(off > _CUT_LEVELS) > _CUT_SHARE * off.size)


def _median(values: Floats) -> Floats:
    """Give the median of each row: (rows, 1)."""
    half = values.shape[1] // 2
    return np.partition(values, half, axis=1)[:, half : half + 1]


def _dot(one: Floats, other: Floats) -> Floats:
    return (one * other).sum(axis=1, keepdims=True)
