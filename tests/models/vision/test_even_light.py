"""Light that stands still: what goes slowly is light, what comes at once is not."""

from __future__ import annotations

import numpy as np

from rxvlm.models.vision.even_light import EvenedPictures, even_light
from rxvlm.models.vision.light import thumbnail
from rxvlm.models.vision.small import Planes


def scene(count: int) -> Planes:
    """Draw pictures of a wall and a floor with some grain."""
    grain = np.random.default_rng(3).normal(0, 1, (count, 90, 160))
    picture = np.full((90, 160), 120.0)
    picture[60:] = 70
    return (picture + grain).clip(0, 255).astype(np.uint8)


def steady(pictures: Planes) -> EvenedPictures:
    """Take the light out."""
    return even_light(pictures, np.array([thumbnail(picture) for picture in pictures]))


def apart(even: EvenedPictures) -> bool:
    """Check whether two neighbouring pictures differ by more than the tolerance."""
    pictures = even.pictures.astype(int)
    return bool((np.abs(np.diff(pictures, axis=0)) > even.tolerance).any())


def test_exposure_is_evened_out() -> None:
    """A camera that stops down for one picture is not told from one that does not."""
    pictures = scene(8)
    pictures[3] = (pictures[3] * 0.6).astype(np.uint8)
    assert not apart(steady(pictures))


def test_a_lamp_goes_on_slowly() -> None:
    """A window that lights up by steps higher than the slack, picture by picture, is taken for light."""
    pictures = scene(8)
    for at in range(8):
        pictures[at, 20:40, 100:130] += 17 * at
    assert apart(EvenedPictures(pictures, np.full((90, 160), 16, np.uint8), pictures[0], None))
    assert not apart(steady(pictures))


def test_what_comes_at_once_stays() -> None:
    """A thing that comes and stays, or passes, is left in the pictures."""
    for when in (slice(3, 8), slice(2, 4), slice(0, 3)):
        pictures = scene(8)
        pictures[when, 20:40, 100:130] = 230
        assert steady(pictures).shifts is None
        assert apart(steady(pictures))


def test_few_pictures_tell_no_drift() -> None:
    """Of three pictures it is not said what is light."""
    pictures = scene(3)
    for at in range(3):
        pictures[at, 20:40, 100:130] += 40 * at
    assert steady(pictures).shifts is None


def test_light_of_the_end() -> None:
    """What is seen in the one light is given in the last picture's, and what was seen before in the one light."""
    pictures = scene(8)
    for at in range(8):
        pictures[at, 20:40, 100:130] += 12 * at
    even = steady(pictures)
    lamp = (slice(25, 35), slice(105, 125))
    assert abs(even.in_last_light(even.pictures[4])[lamp].mean() - pictures[7][lamp].mean()) < 4
    earlier = pictures[0].copy()
    earlier[20:40, 100:130] -= 12
    (known,) = even.from_previous_clip([earlier])
    assert abs(known[lamp].mean() - even.pictures[0][lamp].mean()) < 4
