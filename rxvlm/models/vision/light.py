"""How a picture looks as a whole: light, sharpness, colour; and where one scene gives way to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import cv2
import numpy as np

from rxvlm.models.vision.change import Mask, levelled
from rxvlm.picture import Image

Level = Literal["dark", "dim", "normal", "bright"]
Trend = Literal["brighter", "darker", "steady"]
Sharpness = Literal["sharp", "blurred", "plain"]

_LEVELS: tuple[tuple[float, Level], ...] = ((40, "dark"), (80, "dim"), (190, "normal"), (256, "bright"))
_TREND = 0.1  # of the light: a smaller change is none
_TREND_LEVELS = 4.0  # of 255, the same where there is little light
_GREY_SATURATION = 45  # of 255: below it a colour is none
_BLACK, _WHITE, _ORANGE_LIGHT = 45, 200, 150  # of 255
_HUES = ((8, "red"), (22, "orange"), (35, "yellow"), (85, "green"), (100, "cyan"), (130, "blue"), (150, "purple"))
_RED_AGAIN = 172  # of 180: red lies on both ends of the circle of hues
_TINY = (48, 32)  # pixels of the pictures in which cuts are looked for
_CUT_SHARE = 0.4  # of the picture that is different after a cut
_CUT_LEVELS = 25  # by which it is different, well above noise in so small a picture
_CUT_LIKENESS = 0.5  # correlation of outlines over a cut, at most
_PLAIN = 1.5  # levels from a pixel to the next in a picture without any detail
_OUTLINES = 50  # one pixel of so many lies on an outline, at least
_TOO_SMALL = 8  # pixels across or down, to judge detail by
_BLUR_RATIO = 0.75  # of a picture's detail that another blur leaves when it was blurred before


def brightness(picture: Image, ignore: Mask) -> float:
    """Give a picture's mean light, 0 to 255, leaving a mask out where that leaves anything."""
    kept = cast("Mask", cv2.bitwise_not(ignore))
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return cv2.mean(grey, kept if cv2.countNonZero(kept) > kept.size / 10 else None)[0]


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


def sharpness(picture: Image) -> Sharpness:
    """Tell whether a picture has fine detail: one that is blurred loses little by another blur."""
    grey = cast("Mask", cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    detail = _detail(grey)
    if detail < _PLAIN:
        return "plain"
    return "blurred" if _detail(cast("Mask", cv2.GaussianBlur(grey, (5, 5), 0))) > _BLUR_RATIO * detail else "sharp"


def colour(picture: Image) -> tuple[str, float]:
    """Give a picture's most frequent colour, in a word, and its share, 0 to 1."""
    hue, saturation, value = (plane[::4, ::4].ravel() for plane in cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)))
    tops = np.array([top for top, _ in _HUES])
    names = [name for _, name in _HUES] + ["pink", "red", "brown", "black", "grey", "white"]
    kind = np.searchsorted(tops, hue, side="right")
    kind[hue >= _RED_AGAIN] = names.index("red")
    kind[(kind == names.index("orange")) & (value < _ORANGE_LIGHT)] = names.index("brown")
    plain = saturation < _GREY_SATURATION
    kind[plain] = names.index("grey")
    kind[plain & (value >= _WHITE)] = names.index("white")
    kind[value < _BLACK] = names.index("black")
    most = int(np.bincount(kind).argmax())
    return names[most], float((kind == most).mean())


def cuts(pictures: Sequence[Image]) -> list[int]:
    """Give the indices of the pictures that show another scene than the one before.

    Something that fills the view, and a camera that turns, look the same.
    """
    tiny = [cast("Image", cv2.resize(picture, _TINY, interpolation=cv2.INTER_AREA)) for picture in pictures]
    return [at for at in range(1, len(tiny)) if _differ(tiny[at - 1], tiny[at])]


def other_scene(one: Image, other: Image) -> bool:
    """Tell whether two pictures show different scenes."""
    return bool(cuts([one, other]))


def _differ(one: Image, other: Image) -> bool:
    if _likeness(one, other) > _CUT_LIKENESS:
        return False
    off = cv2.absdiff(levelled(other, one, step=1), one).max(axis=2)
    return bool((off > _CUT_LEVELS).mean() > _CUT_SHARE)


def _likeness(one: Image, other: Image) -> float:
    """Correlate the outlines of two pictures, -1 to 1, whatever their light."""
    a, b = (_outlines(picture) for picture in (one, other))
    return float((a * b).sum() / (np.sqrt((a * a).sum() * (b * b).sum()) + 1))


def _outlines(picture: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return grey - cast("np.ndarray[tuple[int, ...], np.dtype[np.float32]]", cv2.GaussianBlur(grey, (9, 9), 0))


def _detail(grey: Mask) -> float:
    """Give the mean step from a pixel to the next, over the fiftieth of the picture with the most."""
    if min(grey.shape) < _TOO_SMALL:
        return 0.0
    across = np.abs(grey[:-1, 1:].astype(np.int16) - grey[:-1, :-1])
    down = np.abs(grey[1:, :-1].astype(np.int16) - grey[:-1, :-1])
    steps = np.maximum(across, down).ravel()
    most = max(1, steps.size // _OUTLINES)
    return float(np.partition(steps, -most)[-most:].mean())
